"""Addresses, names of files and of things in programs, and telephone numbers: said sign by sign."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.spoken.letters import word
from models.spoken.numbers import digit_words
from models.spoken.rule import Rule

if TYPE_CHECKING:
    from models.spoken.language import Language

FEWEST_DIGITS = 7
"""Of a telephone number."""
_PARTS = re.compile(r"[^\W\d_]+|\d+|.")
_SCHEME = re.compile(r"^(?:https?|ftp)://")


def addresses(language: "Language") -> Iterator[Rule]:
    """A language that calls a sign otherwise in an address than elsewhere says so with "in " in front of it."""
    words = language.words

    def symbols(text: str) -> str:
        """Word by word, with the signs between them."""
        said = []
        for part in _PARTS.findall(text):
            if part.isdecimal():
                said.append(language.number(part) if len(part) < 5 else " ".join(digit_words(part, language.code)))
            elif part.isalpha():
                said.append(part if len(part) < 2 or len(part) > 5 else word(part, least=2))
            else:
                said.append(words.get("in " + part) or words.get(part, " "))
        return " ".join(" ".join(said).split())

    def address(match: "re.Match[str]") -> str:
        if match[0] in language.abbreviations:  # "sig.ra"
            return language.abbreviations[match[0]]
        return symbols(_SCHEME.sub("", match[0]).rstrip("/"))

    mail = r"\b[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    page = r"\b(?:https?://|ftp://)\S{0,500}[\w/]|\bwww\.\S{0,500}[\w/]"
    path = r"(?<![\w/.])(?:~|\.{1,2})?(?:/[\w.-]{2,60}){2,12}/?(?<!\.)|\b[A-Z]:\\[\w.\\-]{1,200}"
    host_or_file = r"\b[A-Za-z][\w-]{1,40}(?:\.[a-z][\w-]{1,40}){1,5}(?:/[\w./?=&%#-]{0,200}[\w/])?\b"
    snake = r"\b[^\W_]{1,40}(?:_[^\W_]{1,40}){1,8}\b"
    yield re.compile(mail), address
    yield re.compile(page), address
    yield re.compile(r"(?<![\w@])@(\w{1,40})"), lambda m: f"{words['@']} {symbols(m[1])}"
    yield re.compile(r"(?<![\w&#])#(?=\d)|№\s?(?=\d)"), lambda _: f"{words['#1']} "
    yield re.compile(r"(?<![\w&#])#([^\W\d]\w{0,60})"), lambda m: f"{words['#']} {symbols(m[1])}"
    yield re.compile(path), address
    yield re.compile(host_or_file), address
    yield re.compile(snake), address
    yield re.compile(r"(?<!\w)_{2,}(?!\w)"), lambda _: words["blank"]


def telephones(language: "Language") -> Iterator[Rule]:
    def phone(match: "re.Match[str]") -> str | None:
        if sum(map(str.isdecimal, match[0])) < FEWEST_DIGITS:
            return None
        plus = f"{language.words['+']} " if match[0].startswith("+") else ""
        return plus + ", ".join(" ".join(digit_words(group, language.code)) for group in re.findall(r"\d+", match[0]))

    american = r"(?<![\w.,-])(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}(?![\w-])|(?<![\w.,-])\d{3}-\d{4}(?![\w-])"
    yield re.compile(r"(?<!\w)\+\d{1,3}(?:[ -]?\(?\d{1,5}\)?){1,6}"), phone
    yield re.compile(american), phone
    yield re.compile(r"(?<![\w.,/-])0\d{1,5}[ /-]\d{3,9}(?:[ -]\d{2,9}){0,3}(?![\w-])"), phone
