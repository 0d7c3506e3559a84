"""What all languages share: which stretches of a text are said otherwise than they are written.

A rule is a pattern and what is said for it; earlier rules win. Each pattern is read once over the text and can look
only a bounded way, so the work grows as the text does. A language gives its words, and what it does in its own way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from models.spoken.addresses import addresses, telephones
from models.spoken.letters import letters
from models.spoken.numbers import cardinal, digit_words, ordinal, roman, year
from models.spoken.rule import SEEN, Rule
from models.spoken.signs import signs

LONGEST_NUMBER = 15
"""Digits that are said as one number; more are said one by one."""
EMOTICON = re.compile(
    r"(?<!\S)(?:[:;=8][-~o']?[)(\]\[DPpOo3|/\\*]|<3|\^_?\^|[xX]D|[)(][-']?[:;]|T_T|-_-)(?=[\s.,!?]|$)"
)
FRACTIONS = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅛": (1, 8), "⅜": (3, 8)}
CODES = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "BRL": "R$",
    "CHF": "CHF",
    "INR": "₹",
    "RUB": "₽",
    "CNY": "CN¥",
}
_MONEY = r"US\$|R\$|A\$|C\$|CA\$|CN¥|[$€£¥₹₽]|\b(?:USD|EUR|GBP|JPY|BRL|CHF|INR|RUB|CNY)\b"
_NOUN = re.compile(r"\s([^\W\d_]{2,30})")


@dataclass(frozen=True, slots=True)
class Change:
    """The characters [start, end) of a text are said otherwise."""

    start: int
    end: int
    said: str


class Language:
    """One that has no words of its own: nothing of it is changed but what no voice can say."""

    code: ClassVar[str] = ""
    thousands: ClassVar[str] = ","
    """Signs that part thousands, for a character class."""
    point: ClassVar[str] = "."
    words: ClassVar[Mapping[str, str]] = {}
    """For signs and small words: see English for all that are asked for."""
    money: ClassVar[Mapping[str, tuple[str, str, str, str]]] = {}
    """Sign → one, many, one hundredth, many hundredths."""
    units: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Sign → one, many."""
    scales: ClassVar[Mapping[str, str]] = {}
    """What may stand behind an amount ("million", "k") → how it is said."""
    abbreviations: ClassVar[Mapping[str, str]] = {}
    """Without their last full stop, which they must have; in the case in which they are written."""
    months: ClassVar[Sequence[str]] = ()
    short_months: ClassVar[Mapping[str, int]] = {}
    chapters: ClassVar[str] = ""
    """What a Roman number behind it counts: a pattern of words."""
    spelled: ClassVar[str] = ""
    """Words in capitals that are said by their letters, and that the voices' own reading takes for words."""

    def __init__(self) -> None:
        self._rules = tuple(self.rules())

    def changes(self, text: str) -> list[Change]:
        """In order; they do not overlap."""
        taken = bytearray(len(text))
        found: list[Change] = []
        for pattern, said in self._rules:
            for match in pattern.finditer(text):
                start, end = match.span()
                if start == end or any(taken[start:end]):
                    continue
                if (instead := said(match)) is not None:
                    found.append(Change(start, end, instead))
                    taken[start:end] = b"\1" * (end - start)
        return sorted(found, key=lambda change: change.start)

    # --- rules ------------------------------------------------------------------------------------------------------

    def rules(self) -> Iterator[Rule]:
        """Earlier ones win."""
        yield EMOTICON, lambda _: ""
        if not self.words:
            return
        number = self.number_pattern
        yield from addresses(self)
        yield from telephones(self)
        yield from self.own_rules()
        yield re.compile(r"(?<![\w/-])(\d{4})([-/])(\d{2})\2(\d{2})(?![\w/-])"), lambda m: self._date(m[4], m[3], m[1])
        yield re.compile(r"(?<![\w:.,])([01]?\d|2[0-4])[:](\d\d)(?::(\d\d))?(?![\w:])"), self._clock
        yield (
            re.compile(r"(?<![\w:.,])(\d{1,4}):(\d{1,4})(?![\w:])"),
            (lambda m: f"{self.number(m[1])} {self.words.get('ratio', self.words['to'])} {self.number(m[2])}"),
        )
        scales = "|".join(sorted(map(re.escape, self.scales), key=len, reverse=True))
        scaled = rf"(?:\s?({scales})(?!\w))?"
        yield (
            re.compile(rf"(?<![\w.,])({_MONEY})\s?({number})\s?[–—-]\s?(?:{_MONEY})?\s?({number}){scaled}(?!\w)"),
            (lambda m: f"{self.number(m[2])} {self.words['to']} {self._amount(m[1], m[3], m[4], '', None)}"),
        )
        yield re.compile(r"(?<![\w.,/$€£¥-])(\d{1,4})\s?[–—~-]\s?(?=\d)(?!\d{1,4}[-/.]\d)"), self._range
        yield (
            re.compile(rf"(?<![\w.,])([-−]?)({_MONEY})\s?({number}){scaled}(?:/(\w{{1,10}}))?(?!\d)"),
            (lambda m: self._amount(m[2], m[3], m[4], m[1], m[5])),
        )
        yield (
            re.compile(rf"(?<![\w.,])([-−]?)({number}){scaled}\s?({_MONEY})(?:/(\w{{1,10}}))?(?!\w)"),
            (lambda m: self._amount(m[4], m[2], m[3], m[1], m[5])),
        )
        yield (
            re.compile(rf"(?<![\w.,])([-−]?)({number})\s?([%‰])"),
            (lambda m: f"{self._minus(m[1])}{self.number(m[2])} {self.words[m[3]]}"),
        )
        yield (
            re.compile(r"(?<![\w.,/])(?:(\d{1,4})\s)?(\d{1,3})/(\d{1,3})(?![\w/])(\s[^\W\d_]{1,20})?"),
            self._fraction,
        )
        units = "|".join(sorted(map(re.escape, self.units), key=len, reverse=True))
        yield (
            re.compile(rf"(?:(?<![\w.,])|(?<=\d[x×]))([-−]?)({number})(?:[ \u00a0\u202f-])?({units})(?![\w²³°/])"),
            self._measure,
        )
        yield re.compile(rf"(?<![\w.,/])({number})/(\d{{1,4}})(?![\w/])"), self._of
        yield re.compile(rf"(?<![\w.,])(\d{{0,4}})\s?([{''.join(FRACTIONS)}])(\s[^\W\d_]{{1,20}})?"), self._vulgar
        if self.chapters:
            yield re.compile(rf"\b({self.chapters})\s([IVXLC]{{1,7}})\b(?!\.\w)"), self._chapter
        paces = "|".join(map(re.escape, (unit for unit in self.units if "/" in unit)))
        yield re.compile(rf"(?<![\w/])({paces})(?![\w²/])"), lambda m: self.units[m[1]][1]
        yield from signs(self)
        if self.abbreviations:
            known = {*self.abbreviations, *(short[0].upper() + short[1:] for short in self.abbreviations)}
            short = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
            yield re.compile(rf"(?<![\w.])({short})\.(?!\w)"), self._abbreviation
        yield from letters(self)
        yield re.compile(rf"(?<![\w.,])[-−](?={number})"), lambda _: f"{self.words['minus']} "
        not_thousands = r"(?!\d{1,3}(?:\.\d{3})+(?![.\d]))" if "." in self.thousands else ""
        yield re.compile(rf"(?<![\w.]){not_thousands}\d{{1,5}}(?:\.\d{{1,5}}){{2,5}}(?!\w)"), self._version
        yield re.compile(number), self._number

    def own_rules(self) -> Iterator[Rule]:
        """Of this language alone."""
        return iter(())

    # --- numbers ----------------------------------------------------------------------------------------------------

    @property
    def number_pattern(self) -> str:
        thousands, point = self.thousands, re.escape(self.point)
        return rf"(?:\d{{1,3}}(?:[{thousands}]\d{{3}})+(?!\d)(?:{point}\d+)?|\d{{1,20}}(?:[.,]\d{{1,20}})?)"

    def number(self, written: str) -> str:
        """`written` in this language's way: "1,234.5"."""
        if re.fullmatch(rf"\d{{1,3}}(?:[{self.thousands}]\d{{3}})+(?:{re.escape(self.point)}\d+)?", written):
            written = re.sub(rf"[{self.thousands}](?=\d{{3}})", "", written, count=0)
        whole, sign, part = written.partition(self.point)
        if not sign:
            whole, sign, part = written.partition("," if self.point == "." else ".")
        if (len(whole) > 1 and whole[0] == "0" and not part) or len(whole) > LONGEST_NUMBER:
            return " ".join(digit_words(whole, self.code))
        said = self.cardinal(int(whole))
        if not sign:
            return said
        spoken = " ".join(digit_words(part, self.code)) if self.code == "en" or len(part) > 2 or part[0] == "0" else (
            self.cardinal(int(part)))  # fmt: skip
        return f"{said} {self.words[sign]} {spoken}"

    def cardinal(self, number: int) -> str:
        return cardinal(number, self.code)

    def ordinal(self, number: int) -> str:
        return ordinal(number, self.code)

    def year(self, number: int) -> str:
        return year(number, self.code)

    def _number(self, match: "re.Match[str]") -> str:
        noun = _NOUN.match(match.string, match.end()) if match[0].isdecimal() else None
        said = self.with_noun(match[0], noun[1]) if noun else self.number(match[0])
        if match.start() and (match.string[match.start() - 1].isalpha()):
            said = " " + said
        if match.string[match.end() : match.end() + 1].isalpha():
            said += " "
        return said

    def with_noun(self, written: str, noun: str) -> str:
        """A whole number in front of this word, where the one hangs on the other."""
        return self.number(written)

    def _version(self, match: "re.Match[str]") -> str:
        return f" {self.words['dot']} ".join(self.number(part) for part in match[0].split("."))

    def _minus(self, sign: str) -> str:
        return f"{self.words['minus']} " if sign else ""

    def _range(self, match: "re.Match[str]") -> str:
        first = self._plain(match[1])
        if re.search(r"\d\s[–—-]\s$", match[0]) and "=" in match.string[match.end() : match.end() + 20]:
            return f"{first} {self.words['minus']} "
        return f"{first} {self.words['to']} "

    def _plain(self, number: str) -> str:
        """A number by itself, which may be a year."""
        return self.number(number)

    def _amount(self, sign: str, number: str, scale: str | None, minus: str, per: str | None) -> str:
        names = self.money.get(CODES.get(sign, sign), (sign, sign, "", ""))
        whole, part = self._parts(number)
        tail = f" {self.words['per']} {self.units.get(per, (per,))[0]}" if per else ""
        if scale:
            said = f"{self.number(number)} {self.scales[scale]}"
            return f"{self._minus(minus)}{said} {self.of_scale(scale)}{names[1]}{tail}"
        if part is None or not names[2] or len(part) != 2:
            one = part is None and int(whole) == 1
            return f"{self._minus(minus)}{self.counted(number, names)} {names[0 if one else 1]}{tail}"
        return self._minus(minus) + self.change(int(whole), int(part), names) + tail

    def _parts(self, number: str) -> tuple[str, str | None]:
        whole, sign, part = number.partition(self.point)
        if not sign and re.fullmatch(r"\d+[.,]\d{1,2}", number):
            whole, part = re.split("[.,]", number)
            return whole, part
        return re.sub(r"\D", "", whole), part or None

    def counted(self, number: str, names: tuple[str, ...]) -> str:
        """A number in front of the name of what it counts."""
        return self.number(number)

    def of_scale(self, scale: str) -> str:
        """What stands between a million and what there are a million of."""
        return ""

    def change(self, whole: int, part: int, names: tuple[str, str, str, str]) -> str:
        """An amount of money with its hundredths."""
        one, many, cent, cents = names
        coins = f"{self.counted(str(part), (cent, cents))} {cent if part == 1 else cents}"
        notes = f"{self.counted(str(whole), names)} {one if whole == 1 else many}"
        if not part:
            return notes
        return coins if not whole else f"{notes} {self.words['cents']} {coins}".replace("  ", " ")

    def _measure(self, match: "re.Match[str]") -> str | None:
        names = self.units[match[3]]
        whole, part = self._parts(match[2])
        one = part is None and int(whole) == 1
        return f"{self._minus(match[1])}{self.counted(match[2], names)} {names[0 if one else 1]}"

    def _fraction(self, match: "re.Match[str]") -> str | None:
        above, below = int(match[2]), int(match[3])
        if above == below in (5, 10, 100) and not match[1] and "of" in self.words:
            return f"{self.number(match[2])} {self.words['of']} {self.number(match[3])}" + (match[4] or "")
        if not (0 < above < below <= 100) or (below > 10 and below not in (12, 16, 20, 32, 50, 100)):
            numbers = [self._plain(match[1])] if match[1] else []
            return " ".join([*numbers, self.number(match[2]), self.number(match[3])]) + (match[4] or "")
        noun = (match[4] or "").strip()
        name = self.units[noun][0] if noun in self.units else noun
        return self.fraction(int(match[1]) if match[1] else 0, above, below, f" {name}" if name else "")

    def _of(self, match: "re.Match[str]") -> str | None:
        """A mark out of so many, as "9.8/10"."""
        whole, sign, part = match[1].partition("." if re.search(r"\.\d{1,2}/", match[0]) else ",")
        if not sign or not part or "of" not in self.words:
            return None
        written = f"{whole}{self.point}{part}"
        return f"{self.number(written)} {self.words['of']} {self.number(match[2])}"

    def _vulgar(self, match: "re.Match[str]") -> str:
        return self.fraction(int(match[1] or 0), *FRACTIONS[match[2]], match[3] or "")

    def fraction(self, whole: int, above: int, below: int, noun: str) -> str:
        """noun: the word behind it, with a space in front, which is said too."""
        return f"{self.cardinal(whole) + ' ' if whole else ''}{self.cardinal(above)} {self.cardinal(below)}{noun}"

    def _chapter(self, match: "re.Match[str]") -> str | None:
        number = roman(match[2])
        return None if number is None else f"{match[1]} {self.cardinal(number)}"

    # --- dates and times --------------------------------------------------------------------------------------------

    def _date(self, day: str, month: str, year: str) -> str | None:
        if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
            return None
        return self.date(int(day), self.months[int(month) - 1], int(year))

    def date(self, day: int, month: str, year: int | None) -> str:
        return f"{self.cardinal(day)} {month}" + (f" {self.year(year)}" if year else "")

    def _clock(self, match: "re.Match[str]") -> str | None:
        hour, minute = int(match[1]), int(match[2])
        if minute > 59:
            return None
        said = self.time(hour, minute)
        return f"{said} {self.words['and']} {self.number(str(int(match[3])))}" if match[3] else said

    def time(self, hour: int, minute: int) -> str:
        return f"{self.cardinal(hour)} {self.cardinal(minute)}"

    # --- letters and signs ------------------------------------------------------------------------------------------

    def _abbreviation(self, match: "re.Match[str]") -> str | None:
        start, end = match.span()
        after = match.string[end : end + SEEN]
        short = match[1] if match[1] in self.abbreviations else match[1][0].lower() + match[1][1:]
        said = self.abbreviation(short, match.string[max(0, start - SEEN) : start], after)
        if said is None:
            return None
        return said + ("." if not after.strip("\"'”’)» ") else "")

    def abbreviation(self, short: str, before: str, after: str) -> str | None:
        """How it is said here; None leaves it. before, after: the text on both sides."""
        return self.abbreviations[short]
