"""A transcript that starts from what earlier hypotheses have agreed on.

CTranslate2 works through a forced beginning token by token, as slowly as it decodes, so forcing gains nothing. What
comes before the start of a transcript is worked through at once, though. So the known words are given as something said
earlier, and the decoder is shown only the sound behind them. One pass of the alignment tells where that begins, and
whether the sound agrees with the words.

The last known word is left for the decoder to say again: when it says anything else, sound and words do not fit
together, and everything has to be decoded anew.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from models import whisper_rules as rules
from models.whisper_model import STEP_S, Encoded, Whisper, part

WORTHWHILE_TOKENS = 4
"""The alignment takes as long as decoding two or three tokens; with fewer known there is nothing to gain."""
LEAST_PROBABILITY = 0.05
"""A known token that is less probable than this was not said."""
LEAST_LOGPROB = -0.6
"""What was decoded is less probable than this, in the mean, when the cut went through a word."""
LEAD = 3
"""Positions of the encoder that are shown in front of the last known word."""


@dataclass(frozen=True, slots=True)
class Continued:
    """tokens: all of the utterance. logprob: mean natural-log probability of them and the one that ends them."""

    tokens: Sequence[int]
    logprob: float


def continued(
    model: Whisper, encoded: Encoded, seconds: float, language: str, known: str, prompt: str
) -> Continued | None:
    """The words in one utterance, of which `known` is the beginning; None when it is not, or too little to gain by."""
    tokenizer = model.tokenizer(language)
    tokens = tokenizer.encode(" " + known.strip())
    words, spelled = tokenizer.split_to_word_tokens(tokens)
    last = _last_word(words)
    kept = sum(len(word) for word in spelled[:last])
    if kept < WORTHWHILE_TOKENS:
        return None
    probabilities, starts = model.align(encoded, language, tokens, seconds)
    if min(probabilities[:kept]) < LEAST_PROBABILITY:
        return None
    start = max(0, starts[kept] - LEAD)
    (result,) = model.generate(
        part(encoded, 0, start),
        [model.prompt(language, prompt, tokens[:kept])],
        rules.token_limit(seconds - start * STEP_S),
        suppress_blank=False,  # of a first token that ends the text it would make any other
    )
    rest = result.sequences_ids[0]
    score = result.scores[0] * len(rest)  # CTranslate2 divides by the number of tokens without the one that ends them
    if score / (len(rest) + 1) < LEAST_LOGPROB or not _begins(tokenizer.decode(rest), words[last]):
        return None
    logprob = (sum(math.log(value) for value in probabilities[:kept]) + score) / (kept + len(rest) + 1)
    return Continued([*tokens[:kept], *rest], logprob)


def _last_word(words: Sequence[str]) -> int:
    """Index of the last of `words` that is more than a mark; 0 when there is none."""
    return next((at for at in reversed(range(len(words))) if _plain(words[at])), 0)


def _begins(text: str, word: str) -> bool:
    """Whether `word` is the first one of `text`, whatever its case and the marks behind it."""
    return re.match(re.escape(_plain(word)) + r"(?!\w)", _plain(text)) is not None


def _plain(text: str) -> str:
    return re.sub(r"^\W+|\W+$", "", text).casefold()
