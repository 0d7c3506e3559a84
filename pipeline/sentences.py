"""The answer's text as it streams in, cut into chunks that a voice can speak.

The first chunk ends at the first clause, or within a long one at a phrase, because the ear waits for it; later ones end
at sentences, because a voice sounds best when it sees a whole one. A first chunk of a word or two ("Sure!") is over
before a long sentence behind it is made, so the next one is short as well. A cut needs the character after it: "3.5"
and "e.g." are not ends, and whether a full stop ends a sentence is only known when a space follows. Again the first
chunk is not kept waiting: a plain word and a full stop or a comma are its end as they arrive, and full stops that still
follow are left unsaid.

Text for the ear has no markdown and no emoji; the caption shows what is spoken.
"""

import re

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
_CLOSERS = "\"'\u201d\u2019\u00bb)]\u300f\u300d"
# A full stop after one of these, or after a single letter, ends nothing.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"])(?:[A-HJ-Za-zÀ-ÿ]|Mr|Mrs|Ms|Dr|Prof|Sr|Sra|St|vs|etc|e\.g|i\.e|p\.ex|z\.B|bzw|usw|Nr|No|approx|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.$"
)
_NUMBERED = re.compile(r"\n\s*\d+\.$")  # an entry of a list
_ORDINAL = re.compile(r"(?:^|\s)\d{1,2}\.$")
_ORDINAL_LANGUAGES = frozenset(
    ("cs", "da", "de", "et", "fi", "hr", "hu", "is", "lv", "nb", "nn", "no", "pl", "sk", "sl")
)
"""Where "12. Mai" is the twelfth."""
_OPEN_LINK = re.compile(r"\[[^\]]*$")
_PLAIN_END = re.compile(r"(?:^|\s)[^\W\d_]{3,}[.!?]$")
_PLAIN_COMMA = re.compile(r"[^\W\d_]{2}[,;]$")
_QUOTED = re.compile("[\"\u201c\u201d\u201e\u201a\u2018\u00ab\u00bb(\\[\u300c\u300e]|(?:^|\\s)'")
_MARKUP = re.compile(r"[*_`#~|<>]+|\[([^\]]*)\]\([^)]*\)")
_BULLET = re.compile(r"\n\s*(?:[-•‣]\s+|\d+[.)]\s+)")
# Pictographs, dingbats, symbols, flags, skin tones, joiners and variation selectors: nothing a voice could say.
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2300-\u23ff\u2b00-\u2bff\ufe00-\ufe0f\u200d\u20e3]+")


class SentenceSplitter:
    """Feed it deltas; it gives back the chunks that became complete, in order, ready to be spoken."""

    def __init__(self, language: str = "") -> None:
        """language: ISO 639-1, of the text; without it a long first clause is not taken apart."""
        self._language = language
        self._text = "\n"  # the answer begins a line; what is left after a cut does so only where it has a line's end
        self._said = 0  # words
        self._ended = False  # by a full stop behind which nothing had come yet

    def push(self, delta: str) -> list[str]:
        self._text += delta
        if self._ended:
            self._text = self._text.lstrip(_STOPS)
            self._ended = not self._text
        chunks = []
        while (cut := self._cut()) is not None:
            chunk, self._text = self._text[:cut], self._text[cut:]
            if spoken := self._spoken(chunk):
                chunks.append(spoken)
        return chunks

    def finish(self) -> list[str]:
        """The rest, when the text has ended."""
        rest, self._text = self._text, ""
        return [spoken] if (spoken := self._spoken(rest)) else []

    def _spoken(self, chunk: str) -> str:
        text = speakable(chunk)
        self._said += _words(text)
        return text

    def _cut(self) -> int | None:
        """Where the present text can be cut, None if it cannot yet."""
        text = self._text
        for at, char in enumerate(text[:-1]):
            end = at + 1
            while end < len(text) - 1 and text[end] in _CLOSERS + _STOPS:
                end += 1
            follows = text[end]
            if char == "\n" and text[:at].strip():
                return at
            over = (char in _WIDE or follows.isspace()) and not _OPEN_LINK.search(text[:end])
            if over and char in _STOPS and not self._ends_nothing(text[:end]):
                return end
            if over and char in _COMMAS and self._clause_long_enough(text[:end]):
                return end
        if self._hasty and (early := self._early_end()):
            return early
        if len(text) > HARD_CHARS and (space := text.rfind(" ", 1, HARD_CHARS)) > 0:
            return space + 1
        return None

    def _early_end(self) -> int | None:
        """Where a chunk ends that has neither a clause nor a sentence that is surely over."""
        text = self._text
        if not self._said and not _QUOTED.search(text):
            if _PLAIN_END.search(text) and not self._ends_nothing(text):
                self._ended = True
                return len(text)
            if _PLAIN_COMMA.search(text) and _words(text) >= FIRST_WORDS:
                return len(text)
        return phrase_end(text, self._language)

    def _ends_nothing(self, text: str) -> bool:
        """The full stop at its end is part of an abbreviation, or of a number that counts something."""
        ordinal = self._language in _ORDINAL_LANGUAGES and _ORDINAL.search(text)
        return bool(ordinal or _ABBREVIATION.search(text) or _NUMBERED.search(text))

    def _clause_long_enough(self, clause: str) -> bool:
        return _words(clause) >= FIRST_WORDS if self._hasty else len(clause) > CLAUSE_CHARS

    @property
    def _hasty(self) -> bool:
        """The ear waits, or will soon."""
        return self._said < RUNWAY_WORDS


def _words(text: str) -> int:
    wide = sum(ord(char) > 0x2E80 for char in text)  # scripts without spaces: four characters make about a word
    return len(text.split()) + wide // 4


def speakable(text: str) -> str:
    """`text` without markdown, bullets and emoji, its white space joined. A line begins behind a line's end only."""
    text = _BULLET.sub("\n", text)
    text = _MARKUP.sub(lambda match: match.group(1) or "", text)
    return " ".join(_EMOJI.sub(" ", text).split())
