"""When each word was said, and how sure each token of it is.

Whisper's attention follows the sound, and dynamic time warping reads from it where each token begins. The method is
that of openai/whisper, timing.py; CTranslate2's `align` does the calculation.
"""

import math
from collections.abc import Sequence
from typing import Any

from models.whisper_model import STEP_S
from pipeline.engines import Token, Word

HALF = "\N{REPLACEMENT CHARACTER}"
"""What a part of a character decodes to."""
LEAST = 1e-10
"""Probability of a token that has none, so that its logarithm is a number."""


def words(tokenizer: Any, tokens: Sequence[int], starts: Sequence[int], seconds: float) -> tuple[Word, ...]:
    """The words that `tokens` spell; they join to the text without the space around it.

    tokenizer: faster-whisper's. starts: see `Whisper.align`. seconds: length of the audio; no word ends behind it.
    """
    made: list[Word] = []
    at = 0
    for text, own in zip(*tokenizer.split_to_word_tokens(list(tokens)), strict=True):
        start = min(seconds, starts[at] * STEP_S)
        at += len(own)
        end = min(seconds, starts[at] * STEP_S)
        if made and not _spoken(text):
            made[-1] = Word(made[-1].text + text, made[-1].start, made[-1].end)  # a mark takes no time
        elif made and not _spoken(made[-1].text):
            made[-1] = Word(made[-1].text + text, start, end)
        else:
            made.append(Word(text, start, end))
    if made:
        made[0] = Word(made[0].text.lstrip(), made[0].start, made[0].end)
        made[-1] = Word(made[-1].text.rstrip(), made[-1].start, made[-1].end)
    return tuple(made)


def spelled(tokenizer: Any, tokens: Sequence[int], probabilities: Sequence[float]) -> tuple[Token, ...]:
    """The tokens as text, which joins to that of the utterance without the space around it.

    probabilities: see `Whisper.align`. Tokens that are each but a part of a character are told as one.
    """
    made: list[Token] = []
    open_ids: list[int] = []
    logprob = 0.0
    for token, probability in zip(tokens, probabilities, strict=True):
        open_ids.append(token)
        logprob += math.log(max(probability, LEAST))
        if (text := tokenizer.decode(open_ids)) and HALF not in text:
            made.append(Token(text, logprob))
            open_ids, logprob = [], 0.0
    if made:
        made[0] = Token(made[0].text.lstrip(), made[0].logprob)
        made[-1] = Token(made[-1].text.rstrip(), made[-1].logprob)
    return tuple(made)


def _spoken(text: str) -> bool:
    return any(char.isalnum() for char in text)
