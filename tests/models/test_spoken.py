"""Text as people say it. The table of readings is the bench's own (`bench/spoken/tuning.json`)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.spoken.judge import SETS, Saying, read
from models.spoken.form import say, units
from models.spoken.numbers import roman

TABLE = read(SETS["tuning"])


@pytest.mark.parametrize("saying", TABLE, ids=[f"{saying.language}: {saying.text}" for saying in TABLE])
def test_text_is_said_as_people_say_it(saying: Saying) -> None:
    said = say(saying.text, saying.language)
    assert saying.accepts(said), said


def test_the_judge_takes_no_sign_for_a_word() -> None:
    saying = Saying("en", "It costs $5.", ("it costs five dollars",))
    assert saying.accepts("It costs five dollars!")
    assert not saying.accepts("It costs $five dollars.")
    assert not saying.accepts("It costs five euros.")


def test_what_is_said_for_several_words_goes_with_all_of_them() -> None:
    found = units("Well, £1.2 million is much.", "en")
    assert [(unit.written, unit.said) for unit in found] == [
        ("Well,", "Well,"),
        (" £1.2 million", " one point two million pounds"),
        (" is", " is"),
        (" much.", " much."),
    ]


def test_a_language_without_rules_is_said_as_it_is_written() -> None:
    assert say("Mam 5 zł i 3 €, np. dziś.", "pl") == "Mam 5 zł i 3 €, np. dziś."


def test_japanese_is_said_in_kana() -> None:
    found = units("日本語を話します。", "ja")
    assert "".join(unit.written for unit in found) == "日本語を話します。"
    assert "".join(unit.said for unit in found) == "にほんごをはなします。"


@given(
    st.text(alphabet="ab1 $€%.,:;/-_#@'IVX°²½→\nDr", max_size=60) | st.text(max_size=60),
    st.sampled_from(["en", "de", "es", "fr", "it", "pt", "xx"]),
)
def test_what_is_written_is_never_lost(text: str, language: str) -> None:
    assert "".join(unit.written for unit in units(text, language)) == (text if text.strip() else "")


@pytest.mark.parametrize(
    ("written", "number"),
    [("IV", 4), ("XIV", 14), ("XC", 90), ("IIX", None), ("IVI", None), ("VV", None), ("CD", None)],
)
def test_roman_numbers(written: str, number: int | None) -> None:
    assert roman(written) == number
