"""Tokens as text: with a tokenizer that knows three, two of which are halves of one character."""

from math import log

import pytest

from models.whisper_words import spelled


class Bytes:
    def decode(self, ids: list[int]) -> str:
        return b"".join({1: b" caf", 2: b"\xc3", 3: b"\xa9"}[one] for one in ids).decode(errors="replace")


def test_halves_of_a_character_are_told_as_one():
    found = spelled(Bytes(), [1, 2, 3, 1], [0.5, 0.5, 0.25, 1.0])
    assert [token.text for token in found] == ["caf", "é", " caf"]
    assert [token.logprob for token in found] == pytest.approx([log(0.5), log(0.125), 0.0])


def test_an_impossible_token_has_a_number_all_the_same():
    assert spelled(Bytes(), [1], [0.0])[0].logprob == pytest.approx(log(1e-10))
    assert spelled(Bytes(), [], []) == ()
