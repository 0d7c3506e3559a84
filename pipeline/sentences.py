"""The answer's text as it streams in, cut into chunks that a voice can speak.

The first chunk ends at the first clause, or within a long one at a phrase, because the ear waits for it; later ones end
at sentences, because a voice sounds best when it sees a whole one. A first chunk of a word or two ("Sure!") is over
before a long sentence behind it is made, so the next one is short as well. A cut needs the character after it: "3.5"
and "e.g." are not ends, and whether a full stop ends a sentence is only known when a space follows. Again the first
chunk is not kept waiting: a plain word and a full stop or a comma are its end as they arrive, and full stops that still
follow are left unsaid.

Text for the ear has no marks of markdown and no emoji; captions and history show the same. How it is said ("$500") is
the voice's matter.
"""

import asyncio
import re
from collections.abc import AsyncGenerator

from pipeline.abbreviations import Abbreviations, FullStop
from pipeline.markdown import Markdown, Reading
from pipeline.phrases import LEAST_WORDS, phrase_end

FIRST_WORDS = 3
"""Fewest words of a first chunk that ends at a comma: a shorter one sounds cut off."""
RUNWAY_WORDS = LEAST_WORDS
"""With so many said the ear is busy for a while, and whole sentences can be made."""
CLAUSE_CHARS = 140
"""A later chunk longer than this may also end at a clause: the ear must not wait for an endless sentence."""
HARD_CHARS = 320
"""A chunk never grows longer than this; without any punctuation it is cut at a space."""

_WIDE_STOPS = "\u3002\uff01\uff1f\uff61"  # Chinese and Japanese: no space follows them
_WIDE_COMMAS = "\uff0c\u3001\uff1b\uff1a"
_WIDE = _WIDE_STOPS + _WIDE_COMMAS
_STOPS = ".!?\u2026" + _WIDE_STOPS
_COMMAS = ",;:\u2014\u2013\u060c" + _WIDE_COMMAS
_CLOSERS = "\"'\u201d\u2019\u00bb)]\u300f\u300d*_`~"
_ENDS = frozenset(_STOPS + _COMMAS)
_FOLLOW = frozenset(_CLOSERS + _STOPS)
_NUMBERED = re.compile(r"\n\s*\d{1,3}\.$")  # an entry of a list
_PLAIN_END = re.compile(r"(?:^|\s)[^\W\d_]{3,}[.!?]$")
_PLAIN_COMMA = re.compile(r"[^\W\d_]{2}[,;]$")
_QUOTED = re.compile("[\"\u201c\u201d\u201e\u201a\u2018\u00ab\u00bb(\\[\u300c\u300e]|(?:^|\\s)'")
# Pictographs, dingbats, symbols, flags, skin tones, joiners and variation selectors: nothing a voice could say.
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2300-\u23ff\u2b00-\u2bff\ufe00-\ufe0f\u200d\u20e3]+")
PIECE_CHARS = 80
_PIECE = re.compile(rf"(?s).{{1,{PIECE_CHARS}}}(?=\s)|.{{1,{PIECE_CHARS}}}")
SEEN = 2 * HARD_CHARS
"""Characters that are looked at for an end: more than the longest chunk, so that the work for each is bounded."""


def in_pieces(text: str) -> list[str]:
    """A text that came at once, a line or so at a time: no more is held then than can be looked at, and whoever feeds
    a splitter can let others work in between."""
    return [text] if len(text) <= PIECE_CHARS else _PIECE.findall(text)


class SentenceSplitter:
    """Feed it deltas; it gives back the chunks that became complete, in order, ready to be spoken."""

    def __init__(self, language: str = "") -> None:
        """language: ISO 639-1, of the text; without it a long first clause is not taken apart."""
        self._language = language
        self._abbreviations = Abbreviations(language)
        self._markdown = Markdown()
        self._text = "\n"  # the answer begins a line; what is left after a cut does so only where it has a line's end
        self._said = 0  # words
        self._cased = False  # it is written with capital letters, so a sentence begins with one
        self._ended = False  # by a full stop behind which nothing had come yet

    @property
    def language(self) -> str:
        """May turn out while the text is being written."""
        return self._language

    @language.setter
    def language(self, language: str) -> None:
        if language != self._language:
            self._language, self._abbreviations = language, Abbreviations(language)

    def push(self, delta: str) -> list[str]:
        return [chunk for piece in in_pieces(delta) for chunk in self._push(piece)]

    def finish(self) -> list[str]:
        """The rest, when the text has ended."""
        chunks = []
        while (cut := self._cut(over=True)) is not None:
            chunks += self._take(cut)
        return chunks + self._take(len(self._text))

    def _push(self, delta: str) -> list[str]:
        self._text += delta
        if self._text.isspace():  # of many empty lines the last is enough
            self._text = self._text[max(0, self._text.rfind("\n")) :][:HARD_CHARS]
        if self._ended:
            self._text = self._text.lstrip(_STOPS)
            self._ended = not self._text
        chunks = []
        while (cut := self._cut()) is not None:
            chunks += self._take(cut)
        return chunks

    def _take(self, end: int) -> list[str]:
        chunk, self._text = self._text[:end], self._text[end:]
        self._cased = self._cased or any(char.isupper() for char in chunk)
        text = speakable(self._markdown.take(chunk))
        self._said += _words(text)
        return [text] if text else []

    def _cut(self, *, over: bool = False) -> int | None:
        """Where the present text can be cut, None if it cannot yet. over: nothing more will come."""
        text = self._text[:SEEN]
        reading = self._markdown.read(text, over=over)
        clause = 0  # words up to `counted`
        counted = 0
        begins = len(text) - len(text.lstrip())
        no_end = 0  # in front of this the marks in a row were looked at, and nothing ends with them
        for at, char in enumerate(text[:-1]):
            if char == "\n":
                if counted or at > begins:
                    return at
                continue
            if char not in _ENDS or (at < no_end and char not in _WIDE):
                continue
            end = at + 1
            while end < len(text) - 1 and text[end] in _FOLLOW:
                end += 1
            if not (char in _WIDE or text[end].isspace()) or not reading.cuts(end):
                no_end = end
                continue
            clause += _words(text[counted:end])
            counted = end
            if char in _STOPS:
                stop = self._stop(text, at, end, over=over)
                if stop is FullStop.ENDS:
                    return end
                if stop is FullStop.UNKNOWN and len(text) <= HARD_CHARS:
                    return None
            elif clause >= FIRST_WORDS if self._hasty else end > CLAUSE_CHARS:
                return end
        if self._hasty and not over and (early := self._early_end(reading)):
            return early
        if len(text) > HARD_CHARS:
            space = text.rfind(" ", 1, HARD_CHARS)
            return space + 1 if space > 0 else HARD_CHARS
        return None

    def _early_end(self, reading: Reading) -> int | None:
        """Where a chunk ends that has neither a clause nor a sentence that is surely over."""
        text = self._text
        if not self._said and not _QUOTED.search(text) and reading.cuts(len(text)):
            if _PLAIN_END.search(text[-HARD_CHARS:]) and not self._ends_nothing(text):
                self._ended = True
                return len(text)
            if _PLAIN_COMMA.search(text[-HARD_CHARS:]) and _words(text) >= FIRST_WORDS:
                return len(text)
        end = phrase_end(text, self._language)
        return end if end is not None and reading.cuts(end) else None

    def _stop(self, text: str, at: int, end: int, *, over: bool) -> FullStop:
        """What the stops [at, end) do. A full stop may belong to what stands before it, or to a number that counts."""
        if text[at] != "." or text[at:end].strip(_CLOSERS) != ".":
            return FullStop.ENDS
        if _NUMBERED.search(text[max(0, at - 8) : at + 1]):
            return FullStop.GOES_ON
        judged = self._abbreviations.judge(text[max(0, at - 32) : at], text[end:], over=over)
        if judged is not FullStop.ENDS:
            return judged
        follows = text[end:].lstrip(" \t")[:1]
        if not follows:
            return FullStop.ENDS if over else FullStop.UNKNOWN
        cased = self._cased or any(char.isupper() for char in text[:at])
        return FullStop.GOES_ON if cased and follows.islower() else FullStop.ENDS

    def _ends_nothing(self, text: str) -> bool:
        """The full stop at its end may be part of an abbreviation."""
        return text.endswith(".") and self._abbreviations.known(text[-33:-1])

    @property
    def _hasty(self) -> bool:
        """The ear waits, or will soon."""
        return self._said < RUNWAY_WORDS


async def sentences(text: str, language: str = "") -> AsyncGenerator[str, None]:
    """The chunks of a text that came as a whole. Others on the event loop get their turn between its lines."""
    splitter = SentenceSplitter(language)
    for piece in in_pieces(text):
        for chunk in splitter.push(piece):
            yield chunk
        await asyncio.sleep(0)
    for chunk in splitter.finish():
        yield chunk


def _words(text: str) -> int:
    wide = sum(ord(char) > 0x2E80 for char in text)  # scripts without spaces: four characters make about a word
    return len(text.split()) + wide // 4


def speakable(text: str) -> str:
    """`text` without emoji, its white space joined."""
    return " ".join(_EMOJI.sub(" ", text).split())
