"""A transcript that starts from what earlier hypotheses have agreed on.

CTranslate2 works through a forced beginning token by token, as slowly as it decodes, so forcing gains nothing. What
comes before the start of a transcript is worked through at once, though. So the known words are given as something said
earlier, and the decoder is shown only the sound behind them; but for the last few, which are forced and whose sound is
shown, so that the decoder is in the middle of the sentence and not at an odd new beginning. One pass of the alignment
tells where the sound is to be cut, and whether it agrees with the words.

The last known word is decoded again: it may be half of one. So there is always something to be found.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models import whisper_rules as rules
from models.whisper_model import STEP_S, Encoded, Whisper, part

OVERLAP_WORDS = 3
"""Known words that are forced. With one or two the decoder often loses its way."""
WORTHWHILE_TOKENS = 4
"""The alignment takes as long as decoding two or three tokens; with fewer to be saved there is nothing to gain."""
LEAST_PROBABILITY = 0.05
"""A known token that is less probable than this was not said."""
LEAST_LOGPROB = -1.0
"""Words behind the known ones that are less probable than this, in the mean, are better decoded with all the sound."""
LEAD = 3
"""Positions of the encoder that are shown in front of the first forced word."""


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
    words = _sure(*tokenizer.split_to_word_tokens(tokenizer.encode(" " + known.strip())))
    tokens = [token for word in words for token in word]
    skipped = sum(len(word) for word in words[:-OVERLAP_WORDS])
    if skipped < WORTHWHILE_TOKENS:
        return None
    probabilities, starts = model.align(encoded, language, tokens, seconds)
    if min(probabilities) < LEAST_PROBABILITY:
        return None
    start = max(0, starts[skipped] - LEAD)
    limit = rules.token_limit(seconds - start * STEP_S)
    forced = tokens[skipped:]
    (result,) = model.generate(
        part(encoded, 0, start),
        [model.prompt(language, prompt, tokens[:skipped], forced)],
        limit,
    )
    # The forced tokens are part of the result; to its score, a sum divided by their number, they add nothing.
    found = result.sequences_ids[0]
    score = result.scores[0] * len(found)
    fresh = len(found) - len(forced) + 1  # and the one that ends the text
    if fresh == 1 or len(found) >= limit or score / fresh < LEAST_LOGPROB:
        return None
    total = sum(math.log(value) for value in probabilities) + score
    return Continued([*tokens[:skipped], *found], total / (len(tokens) + fresh))


def _sure(texts: Sequence[str], words: Sequence[list[int]]) -> Sequence[list[int]]:
    """The tokens of each word in front of the last that is more than a mark."""
    last = max((at for at, text in enumerate(texts) if any(char.isalnum() for char in text)), default=0)
    return words[:last]
