"""models/thoughts.py: what a reasoning model thinks is not spoken."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.thoughts import ThoughtFilter


def spoken(*pieces: str) -> str:
    thoughts = ThoughtFilter()
    return "".join([*map(thoughts.feed, pieces), thoughts.end()])


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["<think>hm</think>Yes."], "Yes."),
        (["<th", "ink>h", "m</", "think>", "\n\nYes."], "Yes."),
        (["<think>never closed"], ""),
        (["opened by the template</think> Yes."], "opened by the template Yes."),
        (["a <b> c"], "a <b> c"),
        (["1 <", " 2"], "1 < 2"),
        (["ends with <thi"], "ends with <thi"),
        (["Yes.<think>no</think> Quite."], "Yes. Quite."),
        (["  \n", " Hello ", "you "], "Hello you "),
    ],
)
def test_only_the_answer_is_spoken(pieces: list[str], said: str) -> None:
    assert spoken(*pieces) == said


def test_nothing_certain_is_kept_back() -> None:
    thoughts = ThoughtFilter()
    assert thoughts.feed("Hello <") == "Hello "
    assert thoughts.feed("b") == "<b"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "think>", "</", "a", " ", "<thi", "nk>", "ü"])))
def test_pieces_do_not_matter(pieces: list[str]) -> None:
    whole = "".join(pieces)
    expected = re.sub(r"<think>.*?(?:</think>|$)|</think>", "", whole, flags=re.DOTALL).lstrip()
    assert spoken(*pieces) == spoken(whole) == expected
