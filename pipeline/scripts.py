"""Scripts: which one a character belongs to, and which languages are written in it.

The ranges are the blocks of Unicode 16 that hold the letters of living languages; Latin is what is left.
"""

from bisect import bisect_right
from collections.abc import Mapping
from unicodedata import category

_BLOCKS = (
    (0x0370, 0x0400, "Greek"), (0x0400, 0x0530, "Cyrillic"), (0x0530, 0x0590, "Armenian"), (0x0590, 0x0600, "Hebrew"),
    (0x0600, 0x0780, "Arabic"), (0x0900, 0x0980, "Devanagari"), (0x0980, 0x0A00, "Bengali"),
    (0x0A00, 0x0A80, "Gurmukhi"), (0x0A80, 0x0B00, "Gujarati"), (0x0B00, 0x0B80, "Oriya"), (0x0B80, 0x0C00, "Tamil"),
    (0x0C00, 0x0C80, "Telugu"), (0x0C80, 0x0D00, "Kannada"), (0x0D00, 0x0D80, "Malayalam"),
    (0x0D80, 0x0E00, "Sinhala"), (0x0E00, 0x0E80, "Thai"), (0x0E80, 0x0F00, "Lao"), (0x0F00, 0x1000, "Tibetan"),
    (0x1000, 0x10A0, "Myanmar"), (0x10A0, 0x1100, "Georgian"), (0x1100, 0x1200, "Hangul"),
    (0x1200, 0x13A0, "Ethiopic"), (0x1780, 0x1800, "Khmer"), (0x1C90, 0x1CC0, "Georgian"), (0x1F00, 0x2000, "Greek"),
    (0x2E80, 0x3000, "Han"), (0x3005, 0x3008, "Han"), (0x3040, 0x3100, "Kana"), (0x3130, 0x3190, "Hangul"),
    (0x31F0, 0x3200, "Kana"), (0x3400, 0xA000, "Han"), (0xAC00, 0xD7B0, "Hangul"), (0xF900, 0xFB00, "Han"),
    (0xFB1D, 0xFB50, "Hebrew"), (0xFB50, 0xFE00, "Arabic"), (0xFE70, 0xFF00, "Arabic"), (0xFF66, 0xFFA0, "Kana"),
    (0x20000, 0x32000, "Han"),
)  # fmt: skip
_BEGINS = [begin for begin, *_ in _BLOCKS]
_FIRST: Mapping[str, str] = {
    "Greek": "el", "Cyrillic": "ru", "Armenian": "hy", "Hebrew": "he", "Arabic": "ar", "Devanagari": "hi",
    "Bengali": "bn", "Gurmukhi": "pa", "Gujarati": "gu", "Oriya": "or", "Tamil": "ta", "Telugu": "te", "Kannada": "kn",
    "Malayalam": "ml", "Sinhala": "si", "Thai": "th", "Lao": "lo", "Tibetan": "bo", "Myanmar": "my", "Georgian": "ka",
    "Hangul": "ko", "Ethiopic": "am", "Khmer": "km", "Han": "zh", "Kana": "ja",
}  # fmt: skip
_TELLING = (
    ("Cyrillic", "іїєґІЇЄҐ", "uk"), ("Cyrillic", "ўЎ", "be"), ("Cyrillic", "ђћџљњјЂЋЏЉЊЈ", "sr"),
    ("Arabic", "ٹڈڑےں", "ur"), ("Arabic", "پچژگ", "fa"),
)  # fmt: skip
"""Letters that only one of a script's languages has."""
_WRITTEN_IN: Mapping[str, frozenset[str]] = {
    script: frozenset(languages.split())
    for script, languages in {
        "Greek": "el", "Cyrillic": "ru uk be bg sr mk kk ky ba cv tt mn tg", "Armenian": "hy", "Hebrew": "he yi",
        "Arabic": "ar fa ur ps sd ug ku", "Devanagari": "hi mr ne sa", "Bengali": "bn as", "Gurmukhi": "pa",
        "Gujarati": "gu", "Oriya": "or", "Tamil": "ta", "Telugu": "te", "Kannada": "kn", "Malayalam": "ml",
        "Sinhala": "si", "Thai": "th", "Lao": "lo", "Tibetan": "bo", "Myanmar": "my", "Georgian": "ka", "Hangul": "ko",
        "Ethiopic": "am ti", "Khmer": "km", "Han": "zh ja", "Kana": "ja",
    }.items()
}  # fmt: skip


def script(char: str) -> str | None:
    """None for what is no letter, "Latin" for what is in none of the others."""
    if char.isascii():
        return "Latin" if char.isalpha() else None
    code = ord(char)
    at = bisect_right(_BEGINS, code) - 1
    if at >= 0 and code < _BLOCKS[at][1]:
        return _BLOCKS[at][2] if category(char)[0] in "LM" else None
    return "Latin" if char.isalpha() else None


def language_of_script(text: str) -> str:
    """The language in which a text is most likely written whose letters are of one script; "" for Latin ones."""
    scripts = {found for char in text if (found := script(char))}
    if "Kana" in scripts:
        return "ja"
    for found, letters, language in _TELLING:
        if found in scripts and any(char in letters for char in text):
            return language
    return next((_FIRST[found] for found in sorted(scripts) if found in _FIRST), "")


def by_script(text: str, language: str) -> list[tuple[str, str]]:
    """`text` in stretches that one voice can read, each with its language: `language`, or that of another script.

    Latin letters can be read in any language. The stretches join to the text; what is no letter stays with the
    letters on both sides of it, or with `language` between two languages.
    """
    stretches: list[tuple[str, str]] = []
    start = at = end = 0
    foreign = ""  # the kind of script of the stretch that goes on
    while at <= len(text):
        found = script(text[at]) if at < len(text) else "Latin"
        kind = "" if found is None or found == "Latin" or language in _WRITTEN_IN[found] else _kind(found)
        if found and kind != foreign:
            border = at if not foreign else end  # signs behind a foreign stretch are the host's
            if at == len(text) and not foreign:
                break
            if border > start:
                stretches.append((text[start:border], foreign and language_of_script(text[start:border])))
            start, foreign = border, kind
        if found:
            end = at + 1
        at += 1
    if start < len(text):
        stretches.append((text[start:], foreign and language_of_script(text[start:])))
    return _settled(stretches, language)


def _kind(script: str) -> str:
    return "East" if script in ("Han", "Kana") else script


def _settled(stretches: list[tuple[str, str]], language: str) -> list[tuple[str, str]]:
    """Those of the host that hold nothing to say are part of the one before."""
    settled: list[tuple[str, str]] = []
    for text, foreign in stretches:
        # A Greek letter alone is a sign, and every language has a name for it.
        other = "" if foreign == "el" and sum(map(str.isalpha, text)) == 1 else foreign
        silent = not other and not any(char.isalnum() for char in text)
        if settled and (silent or settled[-1][1] == (other or language)):
            settled[-1] = settled[-1][0] + text, settled[-1][1]
        else:
            settled.append((text, other or language))
    return settled
