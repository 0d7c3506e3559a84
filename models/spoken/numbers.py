"""Numbers as words, by num2words, with what it says otherwise than people do put right."""

from functools import lru_cache

_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_TENS = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@lru_cache(4096)
def cardinal(number: int, language: str) -> str:
    from num2words import num2words

    said = str(num2words(number, lang=language)).replace(",", "")
    if language == "de":
        # People say "hundert" and "tausend".
        for long, short in (("eintausend", "tausend"), ("einhundert", "hundert")):
            if said.startswith(long):
                said = said.replace(long, short, 1)
    return said


@lru_cache(1024)
def ordinal(number: int, language: str) -> str:
    from num2words import num2words

    return str(num2words(number, lang=language, to="ordinal")).replace(",", "")


@lru_cache(1024)
def year(number: int, language: str) -> str:
    from num2words import num2words

    if language == "en" and 2000 <= number < 2010:
        return cardinal(number, language)
    if language in ("en", "de") and (number < 1100 or number > 2099):
        return cardinal(number, language)
    return str(num2words(number, lang=language, to="year")).replace(",", "")


def digit_words(digits: str, language: str) -> list[str]:
    return [cardinal(int(digit), language) for digit in digits if digit.isdecimal()]


def roman(written: str) -> int | None:
    """The number; None for letters that are none, as "IIX"."""
    values = [_ROMAN.get(letter, 0) for letter in written]
    number = sum(-value if value < max(values[at + 1 :], default=0) else value for at, value in enumerate(values))
    return number if 0 < number < 400 and written == _written(number) else None


def _written(number: int) -> str:
    parts = []
    for value, letters in _TENS:
        parts.append(letters * (number // value))
        number %= value
    return "".join(parts)
