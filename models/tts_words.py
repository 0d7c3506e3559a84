"""Which phonemes of a text belong to which of its words.

eSpeak turns a text into phonemes as a whole: it draws words together ("of the"), spells numbers out, and lets a word
sound otherwise in company. So each word is also turned into phonemes alone, and the two rows are laid side by side.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.engines import Word

Samples: TypeAlias = npt.NDArray[np.int64]

STRESS = "ˈˌ"
_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana and ideographs: written without spaces, so each counts as a word."""
_WORD = re.compile(rf"\s*(?:[{_WIDE}]|[^\s{_WIDE}]+)[^\w\s]*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A word as it is written, with the space in front of it, and as it is said, likewise; or several that are said
    together: "£2 million", "two million pounds".
    """

    written: str
    said: str


@dataclass(frozen=True, slots=True)
class Place:
    """A word and its phonemes: [first, last) of the sentence with that index; none when the word has no sound."""

    text: str
    sentence: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Timing:
    """When a sentence says its phonemes. Counted in samples.

    edges: where each phoneme begins, and where the last one ends, from the sentence's own first sample. begins: where
    the sentence begins in what is sent of the text. lead: silence at its beginning that is not sent.
    """

    sentence: int
    edges: Samples
    begins: int
    lead: int

    def of(self, place: Place) -> tuple[int, int]:
        """Where the word begins and ends in what is sent of the text; for one of an earlier sentence, at the start."""
        if place.sentence < self.sentence:
            return self.begins, self.begins
        first, last = (max(0, int(self.edges[phoneme]) - self.lead) for phoneme in (place.first, place.last))
        return self.begins + first, self.begins + last


class Captions:
    """The words of a text on their way out, in order, timed from the first sample of the text.

    rate: samples per second.
    """

    def __init__(self, found: Iterable[Place], rate: int) -> None:
        self._left = deque(found)
        self._rate = rate

    def due(self, timing: Timing | None, until: int, *, last: bool) -> tuple[Word, ...] | None:
        """Words of the sentence, and of silent ones before it, that begin before sample `until`; when `last`, all.

        timing: None when it is not known, which leaves the whole text without words.
        """
        if timing is None:
            self._left.clear()
            return None
        words = []
        while self._left and self._left[0].sentence <= timing.sentence:
            start, end = timing.of(self._left[0])
            if start >= until and not last:
                break
            if last:
                start, end = min(start, until), min(end, until)
            words.append(Word(self._left.popleft().text, start / self._rate, end / self._rate))
        return tuple(words)

    def rest(self, at: int) -> tuple[Word, ...]:
        """What is left behind the last sound, which ends at sample `at`; nothing when there was no sound at all."""
        words = tuple(Word(place.text, at / self._rate, at / self._rate) for place in self._left) if at else ()
        self._left.clear()
        return words


def split(text: str) -> list[str]:
    """The words, each with the space in front of it; they join to the text."""
    words = _WORD.findall(text)
    if words:
        words[-1] += text[sum(map(len, words)) :]
    return words


def places(
    units: Sequence[Unit], sentences: Sequence[Sequence[str]], phonemes_of: Callable[[str], Sequence[str]]
) -> tuple[Place, ...]:
    """Where each word of a text is, in order, as it is written. sentences: the phonemes of what is said of the text;
    none without a phoneme.

    phonemes_of: of a word alone.
    """
    heard = [
        (phoneme, sentence, index)
        for sentence, phonemes in enumerate(sentences)
        for index, phoneme in enumerate(phonemes)
        if _sounds(phoneme)
    ]
    if not heard:
        return ()
    alone = [[phoneme for phoneme in phonemes_of(unit.said) if _sounds(phoneme)] for unit in units]
    starts = [*_starts(alone, [phoneme for phoneme, *_ in heard]), len(heard)]
    found = []
    for word, start, end in zip((unit.written for unit in units), starts, starts[1:], strict=False):
        if start == len(heard):
            found.append(Place(word, len(sentences) - 1, len(sentences[-1]), len(sentences[-1])))
            continue
        _, sentence, first = heard[start]
        while first and sentences[sentence][first - 1] in STRESS:
            first -= 1
        last = max((index + 1 for _, other, index in heard[start:end] if other == sentence), default=first)
        found.append(Place(word, sentence, first, last))
    return tuple(found)


def _starts(alone: Sequence[Sequence[str]], heard: Sequence[str]) -> list[int]:
    """For each word the index of its first phoneme in what is heard; it never goes back."""
    owners = [(word, offset) for word, phonemes in enumerate(alone) for offset in range(len(phonemes))]
    expected = [phoneme for phonemes in alone for phoneme in phonemes]
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for block in SequenceMatcher(None, expected, heard, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            word, offset = owners[block.a + step]
            first.setdefault(word, block.b + step - offset)  # what precedes in the word was changed, not left out
            last[word] = block.b + step
    starts, free = [], 0
    for word in range(len(alone)):
        starts.append(max(free, first.get(word, free)))
        free = last.get(word, free - 1) + 1
    return starts


def _sounds(phoneme: str) -> bool:
    return phoneme not in STRESS and unicodedata.category(phoneme[0])[0] not in "PZ"
