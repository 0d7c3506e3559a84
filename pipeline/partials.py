"""The words of a turn while it is still being said.

A recognizer hears the growing turn again and again, and changes its mind about the newest words. A word is *agreed*
when so many hypotheses in a row have it at the same place; captions grow by agreed words only, because nothing shown is
taken back ("local agreement", Liu et al. 2020, arXiv:2005.11185, who ask for two). With two of them 12 of 66 turns of
`voicegw bench quality --quick` ended otherwise than shown, with three 4. The language model is given more: a wrong word
that was worked through in vain costs nothing but idle time.

Hearing costs time that other calls may need: after each hypothesis the recognizer rests for as long as that one took.

Pure: takes `now` in seconds of one monotonic clock, and sample counts of the caller's audio.
"""

import re
from collections import deque
from collections.abc import Sequence

from pipeline.audio import HEARING_RATE

NEW_S = 0.5
"""Least new audio that is worth another hypothesis in the middle of a word, where it may be cut in two."""
WORD_S = 0.2
"""And between two words, or behind the last one: then it has all of them, and no rest is kept."""
LEAST_S = 0.6
"""Least audio for a first one: with less, recognizers make words up."""
AGREE = 3
"""Hypotheses in a row that have a word."""
WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts written without spaces: each character counts as a word."""
_WORDS = re.compile(rf"\s*[{WIDE}]|\s*[^\s{WIDE}]+")
_EDGES = re.compile(r"^\W+|\W+$")
_TAIL = re.compile(r"[^\w\s]+$")


class Partials:
    """Hypotheses about one turn."""

    def __init__(self) -> None:
        self.agreed = ""
        self.twice = ""  # what two hypotheses in a row had
        self._last: deque[Sequence[str]] = deque(maxlen=AGREE - 1)  # hypotheses, the newest at the end
        self._language = ""
        self._agreed_in = ""
        self._asked_at = 0.0
        self.heard_until = 0
        self.took = 0.0
        self._rests_until = 0.0
        self._open = False

    def due(self, start: int, end: int, now: float, *, lull: bool) -> bool:
        """Whether the turn from sample `start` to `end` is worth another hypothesis, and there is time for it.

        lull: a word seems to have ended here.
        """
        if self._open or (end - start) / HEARING_RATE < LEAST_S:
            return False
        new = (end - max(start, self.heard_until)) / HEARING_RATE
        return new >= WORD_S if lull else new >= NEW_S and now >= self._rests_until

    def asked(self, end: int, now: float) -> None:
        """A hypothesis of the turn up to sample `end` is being made."""
        self._open, self.heard_until, self._asked_at = True, end, now

    def done(self, now: float) -> None:
        """It is made, or never will be."""
        self._open = False
        self.took = now - self._asked_at
        self._rests_until = now + self.took

    def heard(self, text: str, language: str) -> str:
        """A new hypothesis. Returns what became agreed by it, to be put behind what was agreed before.

        Where the language is left to the recognizer it may be wrong at first; words of two languages never agree.
        """
        heard = words(text)
        if language != self._language:
            self._last.clear()
        if again := _shared(self._last[-1], heard) if self._last else 0:
            self._agreed_in = language
        if again > len(words(self.twice)):
            self.twice = _TAIL.sub("", "".join(heard[:again])).strip()
        enough = len(self._last) == AGREE - 1
        shared = min(_shared(one, heard) for one in self._last) if enough else 0
        self._last.append(heard)
        self._language = language
        before = words(self.agreed)
        known = len(before)
        if shared <= known:
            return ""
        # Punctuation behind the last word is a guess until the next one is heard: then it is put in front of that.
        mark = _TAIL.search(heard[known - 1]) if known and plain(heard[known - 1]) == plain(before[-1]) else None
        grown = "".join(heard[known : shared - 1]) + _TAIL.sub("", heard[shared - 1])
        grown = (mark.group() if mark else "") + grown if self.agreed else grown.lstrip()
        self.agreed += grown
        return grown

    @property
    def likely(self) -> str:
        """The newest hypothesis, without the mark at its end. Its last word may be only half said: a guess like any."""
        return _TAIL.sub("", "".join(self._last[-1] if self._last else ())).strip()

    @property
    def language(self) -> str | None:
        """Of the newest words that two hypotheses had."""
        return self._agreed_in or None


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with, whatever their case and punctuation."""
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if plain(mine) != plain(yours):
            break
        count += 1
    return count


def words(text: str) -> list[str]:
    """The words of a text, each with the space in front of it and the marks behind it; they join to the text."""
    return _WORDS.findall(text)


def plain(word: str) -> str:
    """A word without case and punctuation."""
    return _EDGES.sub("", word).casefold()
