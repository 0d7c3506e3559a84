"""Signs between words and numbers: arithmetic, arrows, "and/or"."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.spoken.rule import SEEN, Rule

if TYPE_CHECKING:
    from models.spoken.language import Language

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        (
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
            "psi omega"
        ).split(),
        strict=True,
    )
)
_LOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_BETWEEN = ("<=", ">=", "≤", "≥", "≠", "!=", "≈", "±", "==", "=", "×", "÷", "√", "∞")
_AND = ("and", "y", "und", "et", "e")


def signs(language: "Language") -> Iterator[Rule]:
    words = language.words

    def between(pattern: str, word: str) -> Rule:
        return re.compile(pattern), lambda _: f" {words[word]} "

    def either(match: "re.Match[str]") -> str | None:
        if match[1]:
            if special := words.get(match[0].lower()):
                return special
            return None if match[1].isdecimal() or match[2].isdecimal() else f"{match[1]} {match[2]}"
        if match[3].lower() in _AND or (match[3].isupper() and match[4].isupper()):
            return f"{match[3]} {match[4]}"
        return f"{match[3]} {words['or']} {match[4]}"

    def arrow(match: "re.Match[str]") -> str:
        """Between names and numbers it is a way, between words what one becomes."""
        left = match.string[max(0, match.start() - SEEN) : match.start()].split()[-1:]
        right = match.string[match.end() : match.end() + SEEN].split()[:1]
        named = [word for word in (*left, *right) if (word[0].isupper() and len(word) > 1) or word[0].isdecimal()]
        return f" {words['to' if len(named) == 2 else '→']} "

    yield re.compile(r"\b(\w)/(\w)\b(?![/.])|\b([^\W\d_]{2,20})/([^\W\d_]{2,20})\b(?![/.])"), either
    yield re.compile(r"(?<=\w)\s?\^\s?2(?!\d)|(?<=\w)²"), lambda _: f" {words['²']}"
    yield re.compile(r"(?<=\w)\s?\^\s?3(?!\d)|(?<=\w)³"), lambda _: f" {words['³']}"
    yield between(r"(?<=\w)\s?\^\s?(?=[\w(])", "^")
    yield re.compile(r"(?<=\w)\+\+(?!\+)"), lambda _: f" {words['+']} {words['+']} "
    yield re.compile(r"[₀-₉]{1,6}"), lambda m: f" {language.number(m[0].translate(_LOW))} "
    yield between(r"(?<=\d)[x×](?=\d)|(?<=\d)\sx\s(?=\d)", "by")
    yield re.compile(r"(?<![\w.,])1[x×](?!\w)(?!\s?\d)"), lambda _: words["once"]
    yield re.compile(r"(?<=\d)[x×](?!\w)"), lambda _: f" {words['x']}"
    yield re.compile(r"(?:(?<=[\w)²³])|(?<=\s))\s?(?:->|→|⇒|=>|➜)\s?(?=\S)"), arrow
    for sign in _BETWEEN:
        yield between(rf"\s?{re.escape(sign)}\s?", sign)
    yield between(r"(?<=[\w)])\s?\*\s?(?=[\w(])", "×")
    yield between(r"(?<=\d)\s?[−–-]\s(?=\d)|(?<=[\w)])\s−\s(?=[\w(])|(?<=\d)\s[–-](?=\d)", "minus")
    yield between(r"(?<=[\w)])\s/\s(?=\d)", "÷")
    yield between(r"(?<=[\w)])\s?\+\s?(?=[\d(])|(?<=\w)\s\+\s(?=\w)", "+")
    yield re.compile(r"(?<=\w)\+(?!\w)"), lambda _: f" {words['+']}"
    yield between(r"(?<=\w)\+(?=\w)", "+")
    yield re.compile(r"(?<=\b[A-G])#(?!\w)"), lambda _: f" {words['sharp']}"
    yield between(r"(?<=[\w)])\s?<\s?(?=[\w(-])", "<")
    yield between(r"(?<=[\w)])\s?>\s?(?=[\w(-])", ">")
    yield re.compile(r"(?<!\w)>\s?(?=\d)"), lambda _: f"{words['over']} "
    yield re.compile(r"(?<!\w)<\s?(?=\d)"), lambda _: f"{words['under']} "
    yield re.compile(r"(?<!\w)~\s?(?=[\d$€£])"), lambda _: f"{words['~']} "
    yield re.compile(r"\b([A-Z]{1,3})&([A-Z]{1,3})\b"), lambda m: f"{' '.join(m[1])} {words['&']} {' '.join(m[2])}"
    yield between(r"\s?&\s?(?=\w)", "&")
    yield between(r"\s@\s|(?<=\w)@(?=\w)", "@")
    yield re.compile(r"(?<=\w)/(?=\w)"), lambda _: " "
    yield re.compile(r"§§?\s?"), lambda _: f"{words['§']} "
    yield re.compile(r"°"), lambda _: f" {words['°']}"
    yield re.compile(r"%"), lambda _: f" {words['%']}"
    yield re.compile(r"[™®©|•*_~^#{}<>\\`→]+"), lambda _: " "
    yield re.compile(r"(?<![^\W\d_])[α-ωΑ-Ω](?![^\W\d_])"), lambda m: _GREEK.get(m[0].lower(), m[0])
