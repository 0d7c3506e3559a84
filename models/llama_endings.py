"""Could a text end here? llama.cpp says how likely a full stop, a line's end or the message's end is as the next token.

The sampled token is of no interest, but the server tells no probabilities when that token is part of a character, as it
mostly is in Chinese (llama.cpp, server: `incomplete` text is held back). So a full stop is always sampled; what is told
of the tokens is not changed by that.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pipeline.errors import EngineError

STOPS: Final = (".", "?", "!", "\u2026", "\n", "\u3002", "\uff1f", "\uff01", "<|im_end|>", "<|endoftext|>")
"""A token that begins with one of these, spaces and quotes aside, ends the text."""
PUNCTUATION: Final = " .?!,;:-\u2013\u2014\u2026\"'\u3002\uff1f\uff01\uff0c\u3001"
"""The recognizer's, which is taken off the end: it is what is asked."""
ASKED: Final[Mapping[str, Any]] = {"n_predict": 1, "n_probs": 60, "logit_bias": [[".", 1000.0]], "temperature": 0}
"""Fields of a completion. Of the likeliest next tokens sixty are told; the rest are rarer than one in a thousand."""

SCALE: Final = 0.8
LIFT: Final = 2.0
"""A chat model's log-odds are taken by these to what `pipeline.endpoint` weighs: after most words much may follow, so
that a few hundredths are already much. Picked on the tuning half of `voicegw bench endings`."""
RAREST: Final = 0.0005
"""No probability is taken for smaller."""


def bare(words: str) -> str:
    """Without the marks at its end."""
    return words.rstrip(PUNCTUATION)


def stopping(page: bytes) -> float:
    """P(the text ends here), from the server's answer. Raises EngineError."""
    try:
        answer = msgspec.json.decode(page, type=_Answer)
    except msgspec.MsgspecError as error:
        raise EngineError(f"The model of sentences gave an answer that cannot be read: {error}") from error
    if not answer.completion_probabilities:
        raise EngineError("The model of sentences gave no probabilities.")
    guesses = answer.completion_probabilities[0].top_logprobs
    return min(1.0, sum(math.exp(guess.logprob) for guess in guesses if guess.stops))


def calibrated(ends: float) -> float:
    """P(a sentence may end here), from a chat model's P(the message ends here)."""
    believed = min(1 - RAREST, max(RAREST, ends))
    return 1 / (1 + math.exp(-(SCALE * math.log(believed / (1 - believed)) + LIFT)))


class _Guess(msgspec.Struct):
    """bytes: of the token; it has none when it is a mark of the template, like the message's end."""

    token: str
    logprob: float
    bytes: list[int] = []

    @property
    def stops(self) -> bool:
        return not self.bytes or self.token.strip(" \"'").startswith(STOPS)


class _Place(msgspec.Struct):
    top_logprobs: list[_Guess]


class _Answer(msgspec.Struct):
    completion_probabilities: list[_Place] = []
