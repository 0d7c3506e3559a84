"""Is something being dictated: a name letter by letter, a number digit by digit?

Who dictates pauses behind every item, for longer than others pause behind a sentence, and no item ends anything. So the
items in a row that a text ends with are counted. Recognizers write "J-O-H-N", "j o h n", "J, O, H, N." or "JOHN", and
"5 5 5", "555", "five five five" as it comes; all of these count as what was said.
"""

import re
from collections.abc import Mapping, Sequence

_DIGITS = (
    "zero oh one two three four five six seven eight nine double triple "  # en
    "cero uno dos tres cuatro cinco seis siete ocho nueve doble "  # es
    "zéro un deux trois quatre cinq sept huit neuf "  # fr
    "null eins zwei zwo drei vier fünf sechs sieben acht neun "  # de
    "due tre quattro cinque sei sette otto nove doppia doppio "  # it
    "um dois três quatro sete oito meia "  # pt
    "nul een twee drie vijf zes zeven negen "  # nl
    "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć"  # pl
)
_LETTERS = (
    "aitch haitch jay kay zed zee double-u double-you "
    "jota ache equis ele eme ene eñe erre ese zeta uve "
    "ypsilon zett eszett "
    "acca effe elle emme enne esse "
    "cê agá xis zê"
)
"""Names of letters that are hardly words. The others are known once a recognizer writes the letter."""
_SPELLING = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett juliette kilo lima mike november "
    "oscar papa quebec romeo sierra tango uniform victor whiskey whisky x-ray xray yankee zulu"
)
"""The spelling alphabet (ICAO Annex 10)."""
_BETWEEN = (
    "at dot dash hyphen underscore slash plus point arroba punto guion guión arobase tiret chiocciola trattino punkt "
    "bindestrich unterstrich minus arroba ponto hífen kropka małpa"
)
"""Signs in addresses and numbers, said in a row with other items."""
_LAST = frozenset(
    ["com", "org", "net", "edu", "gov", "info", "eu", "uk", "us", "de", "fr", "es", "it", "pt", "nl", "pl", "ch", "at"]
)
"""What an address ends with."""
_WORDS_TOO: Mapping[str, str] = {
    "en": "a i",
    "es": "a e o u y",
    "fr": "a à y",
    "it": "a e i o",
    "pt": "a e o",
    "pl": "a i o u w z",
}
"""Letters that are words: among other letters they are letters, among themselves they may be a stutter."""
_LIKE = re.compile(
    r"\b(?:[^\W\d_]|bi|ci|di|gi|pi|ti|vu|vi|effe|acca|elle|emme|enne|erre|esse|zeta)[,.]?\s+"
    r"(?:as in|like|for|come|comme|wie|de|van|jak)\s+[^\W\d_]{2,}",
    re.IGNORECASE,
)
"""A letter with a word that begins with it: "M as in Mike", "emme come Milano", "A wie Anton", "M de María"."""
_ABBREVIATED: Mapping[str, frozenset[str]] = {
    "the": frozenset(["us", "usa", "uk", "uae", "eu", "un"]),
    "digit": frozenset(["am", "pm"]),
}
"""Letters in a row that are said as a word is, by what stands before them: "in the U.S.", "at 5 p.m."."""
_WIDE_DIGITS = "零〇一二三四五六七八九"
_NAMES = frozenset(f"{_DIGITS} {_LETTERS}".split())
_ROW_ONLY = frozenset(f"{_SPELLING} {_BETWEEN}".split())
"""Words for themselves; items in a row only."""
_SIGNS = frozenset(_BETWEEN.split())
_BEFORE = "is it's are es son est c'est sont ist sind è sono é são jest number name nummer numéro número numero"
_INTRODUCED = frozenset(_BEFORE.split())
"""Words that one item may follow, as the first of several: "My number is five"."""
_TOKEN = re.compile(rf"[{_WIDE_DIGITS}]|[^\s,;.!?¿¡:\-\u2010-\u2015…、。，！？{_WIDE_DIGITS}]+")
_AMOUNT = re.compile(r"\d[.,:/]\d{1,2}\b(?![.,:/\-]?\d)|\d\s?[%°€$£¥]|[€$£¥]\s?\d")
"""Times, prices, decimals: figures that are said as a whole."""
_YEAR = re.compile(r"1[89]\d\d|20\d\d")
FEWEST_FIGURES = 3
"""Digits of a figure that may have been said one by one; "25" is an age."""
LONGEST_MISHEARD = 5
"""Letters of a word that a recognizer may make of the name of one: "ash", "aka"."""
FEWEST_CAPITALS = 3
"""Letters of a word in capitals, alone, that may have been spelled; "OK" is a word."""


def dictated(text: str, language: str) -> int:
    """How many letters and digits in a row `text` (of a recognizer) ends with; 0 where it ends as sentences do.

    One alone counts when it is all that was said ("Two."), or the first behind "My number is".
    """
    if _AMOUNT.search(text):
        return 0
    if len(_LIKE.findall(text)) > 1:
        text = _LIKE.sub("x", text)
    tokens = _TOKEN.findall(text.replace("double-u", "doubleu"))
    if len(tokens) == 1 and tokens[0].isupper() and tokens[0].isalpha() and tokens[0].isascii():
        return len(tokens[0]) if len(tokens[0]) == 1 or len(tokens[0]) >= FEWEST_CAPITALS else 0
    words = [letter.casefold() for at in range(len(tokens)) for letter in _apart(tokens, at)]
    start = _row(words)
    row = words[start:]
    if not row or _complete(words) or _abbreviates(words, row):
        return 0
    count = sum(_items(word) for word in row)
    if len(row) > 1:
        return count if _certain(row, language) else 0
    if _begins_with_zero(row[0]):
        return count
    if row[0] in _ROW_ONLY or not _alone(row[0]) or row[0] in _WORDS_TOO.get(language, "").split():
        return 0
    return count if start == 0 or words[start - 1] in _INTRODUCED else 0


def _row(words: Sequence[str]) -> int:
    """Where the row of items begins that the words end with. In an address, behind an "at", any word is an item."""
    start = len(words)
    while start and (_items(words[start - 1]) or _misheard(words[:start])):
        start -= 1
    earlier = next((at for at in range(start - 1, max(0, start - 4), -1) if words[at] in _SIGNS), None)
    if earlier is not None and earlier >= 1 and _items(words[earlier - 1]):
        return _row(words[: earlier + 1])
    while start < len(words) and words[start] in _SIGNS:
        start += 1  # "at five", "plus one": a sign joins items, and begins none
    return start


def _apart(tokens: Sequence[str], at: int) -> Sequence[str]:
    """The letters of a word in capitals beside another letter, which were run together: "SME-T"."""
    token = tokens[at]
    spelled = any(len(other) == 1 for other in (*tokens[max(0, at - 1) : at], *tokens[at + 1 : at + 2]))
    return token if spelled and token.isascii() and token.isupper() else [token]


def _misheard(words: Sequence[str]) -> bool:
    """Whether the last of `words` may be the name of a letter, because at least three stand before it."""
    before = words[-4:-1]
    return len(words[-1]) <= LONGEST_MISHEARD and len(before) == 3 and all(len(one) == 1 for one in before)


def _items(word: str) -> int:
    """How many items a word stands for."""
    if word.isdigit():
        return len(word)
    letter = len(word) == 1 and word.isalpha() and not "\u3040" <= word <= "\u9fff"
    return int(letter or word in _NAMES or word in _ROW_ONLY or word in _WIDE_DIGITS)


def _certain(row: Sequence[str], language: str) -> bool:
    """A row of which one at least is nothing but an item."""
    words = _WORDS_TOO.get(language, "").split()
    return any(word not in words and word not in _SIGNS and _items(word) for word in row)


def _alone(word: str) -> bool:
    """Whether a word by itself may be an item: not if it is a figure that people say as a whole."""
    if not word.isdigit() or len(word) == 1:
        return True
    return len(word) >= FEWEST_FIGURES and not _YEAR.fullmatch(word) and not word.endswith("00")


def _begins_with_zero(word: str) -> bool:
    """A figure that nobody says as a whole: "Mon numéro, c'est le 06"."""
    return len(word) > 1 and word.isdigit() and word.startswith("0")


def _abbreviates(words: Sequence[str], row: Sequence[str]) -> bool:
    """Whether the letters at the end stand for words, and spell none."""
    letters = [word for word in row if not word.isdigit()]
    before = words[-len(letters) - 1] if letters and len(letters) < len(words) else ""
    return "".join(letters) in _ABBREVIATED.get("digit" if before.isdigit() else before, frozenset())


def _complete(words: Sequence[str]) -> bool:
    """An address that has its end."""
    return len(words) > 2 and words[-1] in _LAST and words[-2] in _SIGNS | {"gmail"}
