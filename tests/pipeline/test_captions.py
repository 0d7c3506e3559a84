from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio import Pcm
from pipeline.captions import by_word
from pipeline.engines import Word

RATE = 1000


def sound(samples: int, start: int = 0) -> Pcm:
    return Pcm(bytes(samples * 2), RATE, start)


def test_each_word_comes_with_its_own_sound():
    words = (Word("One", 0.0, 0.1), Word(" two", 0.1, 0.3), Word(" three", 0.3, 0.5))
    pieces = list(by_word(sound(500), words, begins=2000))
    assert [(piece.text, piece.pcm.start, piece.pcm.samples) for piece in pieces if piece.pcm] == [
        ("One", 2000, 100),
        (" two", 2100, 200),
        (" three", 2300, 200),
    ]


def test_a_later_part_begins_with_the_rest_of_the_word_before():
    pieces = list(by_word(sound(300, start=500), (Word(" four", 0.6, 0.8),), begins=0))
    assert [(piece.text, piece.pcm.start, piece.pcm.samples) for piece in pieces if piece.pcm] == [
        ("", 500, 100),
        (" four", 600, 200),
    ]


def test_a_part_without_the_beginning_of_a_word_is_only_sound():
    (piece,) = by_word(sound(300, start=500), (), begins=0)
    assert (piece.text, piece.seconds) == ("", 0.3)


def test_words_at_the_same_place_come_together_and_one_at_the_very_end_is_not_lost():
    words = (Word("a", 0.0, 0.0), Word(" b", 0.0, 0.2), Word(" c", 0.2, 0.2))
    pieces = list(by_word(sound(200), words, begins=0))
    assert [(piece.text, piece.seconds) for piece in pieces] == [("a b", 0.2), (" c", 0.0)]


@given(st.lists(st.floats(-0.1, 1.2), max_size=8), st.integers(1, 1000), st.integers(0, 300))
def test_neither_sound_nor_words_are_lost_or_doubled(starts, samples, begins):
    data = bytes(at % 251 for at in range(samples * 2))
    words = [Word(f" {at}", start, start) for at, start in enumerate(sorted(starts))]
    pieces = list(by_word(Pcm(data, RATE), words, begins))
    assert b"".join(piece.pcm.data for piece in pieces if piece.pcm) == data
    assert "".join(piece.text for piece in pieces) == "".join(word.text for word in words)
    at = begins
    for piece in pieces:
        if piece.pcm:
            assert piece.pcm.start == at
            assert piece.pcm.samples > 0
            at += piece.pcm.samples
