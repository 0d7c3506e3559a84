"""A transcript that starts from what earlier hypotheses have agreed on.

CTranslate2 works through a forced beginning token by token, as slowly as it decodes, so forcing gains nothing. What
comes before the start of a transcript is worked through at once, though. So the known words are given as something said
earlier, and the decoder is shown only the sound behind them; but for the last few, which are forced and whose sound is
shown, so that the decoder is in the middle of the sentence and not at an odd new beginning. One pass of the alignment
tells where the sound is to be cut, and whether it agrees with the words.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models import whisper_rules as rules
from models.whisper_model import STEP_S, Encoded, Whisper, part

OVERLAP_WORDS = 3
"""Known words that are forced. With one, every second transcript was damaged at the seam; with three, none was."""
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
    tokens: list[int] = tokenizer.encode(" " + known.strip())
    _, words = tokenizer.split_to_word_tokens(tokens)
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
        suppress_blank=False,  # it forbids the end of the text as the first token: but here it may be all known
    )
    # The forced tokens are part of the result; to its score, a sum divided by their number, they add nothing.
    found = result.sequences_ids[0]
    score = result.scores[0] * len(found)
    fresh = len(found) - len(forced) + 1  # and the one that ends the text
    if len(found) >= limit or score / fresh < LEAST_LOGPROB:
        return None
    total = sum(math.log(value) for value in probabilities) + score
    return Continued([*tokens[:skipped], *found], total / (len(tokens) + fresh))
