"""What Spanish, French, Italian and Portuguese share in how they say what is written."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.spoken.language import Language
from models.spoken.numbers import roman
from models.spoken.rule import Rule

_MALE = re.compile(
    r"(?:d[ií]a|mapa|planeta|poeta|cometa|(?:proble|siste|progra|te|idio|cli|telegra|dra|esque|poe|dile)ma)s?$"
)


def is_female(noun: str) -> bool:
    """By its ending, as in Spanish, Italian and Portuguese."""
    return noun.endswith(("a", "as")) and not _MALE.match(noun)


class Romance(Language):
    """An own language gives its words; see the fields."""

    thousands = ". \u00a0\u202f"
    point = ","
    rulers_to: ClassVar[int] = 10
    """Up to which number a ruler is the so-and-so-many-th; the others are counted."""
    female_ones: ClassVar[frozenset[str]] = frozenset()
    one: ClassVar[tuple[str, str]] = ("", "")
    """"One" in front of a noun, male and female."""
    de: ClassVar[str] = "de "
    """Between a million and its noun."""
    first_of_month: ClassVar[str] = ""
    numbered: ClassVar[frozenset[str]] = frozenset()
    """Abbreviations that are meant as such only in front of a number."""
    between: ClassVar[str] = " de "
    """Of a day and its month, and of month and year."""
    female_ordinal: ClassVar[tuple[str, str]] = ("o", "a")
    decimal_cents: ClassVar[bool] = False

    def own_rules(self) -> Iterator[Rule]:
        months = "|".join(self.months)
        yield re.compile(r"(?<![\w/.])(\d{1,2})([/.])(\d{1,2})\2(\d{4}|\d{2})(?![\w/])"), self._slashed
        yield (
            re.compile(rf"(?<![\w.,])(1)(?:er|º|°|\.º|o)?(?=\s(?:de\s)?(?:{months})\b)"),
            lambda _: self.first_of_month,
        )
        yield re.compile(rf"(?<=\s)(1[0-9]|20)(\d\d)(?=\s(?:{months}))"), lambda m: None
        yield re.compile(r"(?<![\w.,])(\d{1,3})\.?([ºª°])(?![CF])(?!\s?[CF]\b)"), self._ordinal_mark
        yield (
            re.compile(r"\b([A-ZÀ-Ý][a-zà-ÿ]{2,20})\s((?=[IVX]{2})[IVX]{2,6}|[IVX])(?=[\s.,;:!?)’»]|$)(?!\.\w)"),
            self._ruler,
        )

    def _slashed(self, match: "re.Match[str]") -> str | None:
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        return self._date(match[1], match[3], str(year))

    def date(self, day: int, month: str, year: int | None) -> str:
        said = self.first_of_month if day == 1 else self.cardinal(day)
        return f"{said}{self.between}{month}" + (f"{self.between}{self.year(year)}" if year else "")

    def _ordinal_mark(self, match: "re.Match[str]") -> str:
        male, female = self.female_ordinal
        said = self.ordinal(int(match[1]))
        if match[2] == "ª":
            said = " ".join(word[: -len(male)] + female if word.endswith(male) else word for word in said.split())
        return said

    def _ruler(self, match: "re.Match[str]") -> str | None:
        number = roman(match[2])
        if number is None or re.fullmatch(self.chapters or "x", match[1]):
            return None
        if len(match[2]) == 1 and match[2] != "V" and not self.rules_alone(match):
            return None
        said = self.ruler(number)
        return f"{match[1]} {said}"

    def rules_alone(self, match: "re.Match[str]") -> bool:
        """Whether a single letter behind a name is a number."""
        return match[2] == "I"

    def ruler(self, number: int) -> str:
        return self.ordinal(number) if number <= self.rulers_to else self.cardinal(number)

    def of_scale(self, scale: str) -> str:
        return self.de if len(scale) > 3 and not scale.startswith(("mil ", "mille", "mila")) and scale != "mil" else ""

    def counted(self, number: str, names: tuple[str, ...]) -> str:
        if number == "1":
            return self.one[names[0].partition(" ")[0] in self.female_ones]
        return self.number(number)

    def with_noun(self, written: str, noun: str) -> str:
        if written == "1" and noun[0].islower() and len(noun) > 2:
            return self.one[noun in self.female_ones or (self.code != "fr" and is_female(noun))]
        return self.number(written)

    def abbreviation(self, short: str, before: str, after: str) -> str | None:
        if short in self.numbered and not after.lstrip()[:1].isdecimal():
            return None
        return self.abbreviations[short]
