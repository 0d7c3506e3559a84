"""What is said letter by letter: abbreviations in capitals, and letters that stand with digits."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.spoken.rule import Rule

if TYPE_CHECKING:
    from models.spoken.language import Language

_VOWELS = frozenset("aeiouyáéíóúàèìòùâêîôûäöüãõœæ")


def word(written: str, *, least: int = 3) -> str:
    """As it stands; what has fewer letters than `least`, or no vowel, is no word, and is said letter by letter."""
    plain = len(written) >= least and any(char in _VOWELS for char in written.lower())
    return written if plain else " ".join(written.upper())


def letters(language: "Language") -> Iterator[Rule]:
    def spelled(match: "re.Match[str]") -> str:
        return " ".join(match[1]) + ("'s" if match[2] else "")

    def mixed(match: "re.Match[str]") -> str:
        parts = re.findall(r"[A-Za-z]+|\d+", match[0])
        return " ".join(language.number(part) if part.isdecimal() else word(part) for part in parts)

    yield re.compile(r"(?<![\w.])(?:[A-Z]\.){2,6}(?!\w)"), lambda m: " ".join(m[0].replace(".", " ").split())
    if language.spelled:
        yield re.compile(rf"\b({'|'.join(language.spelled.split())})(s?)\b"), spelled
    yield re.compile(r"\b([BCDFGHJKLMNPQRSTVWXZ]{2,5})(s?)\b"), spelled
    yield re.compile(r"\b(?=\w{0,7}\d)(?=\w{0,7}[^\W\d_])[A-Za-z]{0,4}\d{1,4}[A-Za-z]{0,4}\d{0,3}\b"), mixed
