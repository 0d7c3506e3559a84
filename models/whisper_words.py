"""When each word was said.

Whisper's attention follows the sound, and dynamic time warping reads from it where each token begins. The method is
that of openai/whisper, timing.py; CTranslate2's `align` does the calculation.
"""

from collections.abc import Sequence
from typing import Any

from models.whisper_model import STEP_S
from pipeline.engines import Word


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


def _spoken(text: str) -> bool:
    return any(char.isalnum() for char in text)
