"""Words and their phonemes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tts_words import Captions, Place, Timing, Unit, places, split
from pipeline.engines import Word

SPELLED = {
    "of": "ʌv",
    "the": "ðə",
    "cake": "kˈeɪk",
    "at": "æt",
    "25": "twˈɛnti fˈaɪv",
    "apples": "ˈæpəlz",
    "yes": "jˈɛs",
}


def alone(word: str) -> list[str]:
    return list(SPELLED.get(word.strip(" ,.!?—"), ""))


def plain(text: str) -> list[Unit]:
    return [Unit(word, word) for word in split(text)]


def found(text: str, *sentences: str) -> list[tuple[str, str]]:
    """Each word with the phonemes it was given."""
    rows = [list(sentence) for sentence in sentences]
    return [(p.text, "".join(rows[p.sentence][p.first : p.last])) for p in places(plain(text), rows, alone)]


@given(st.text())
def test_words_join_to_the_text(text: str) -> None:
    assert "".join(split(text)) == (text if text.strip() else "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" One,  two\nthree! ", [" One,", "  two", "\nthree! "]),
        ("“Well”, he said", ["“Well”,", " he", " said"]),
        ("你好，世界。", ["你", "好，", "世", "界。"]),
        ("안녕 세상", ["안녕", " 세상"]),
        ("", []),
    ],
)
def test_words_are_what_a_reader_takes_for_words(text: str, words: list[str]) -> None:
    assert split(text) == words


def test_each_word_gets_its_phonemes() -> None:
    assert found("yes, apples.", "jˈɛs, ˈæpəlz.") == [("yes,", "jˈɛs"), (" apples.", "ˈæpəlz")]


def test_what_is_said_otherwise_than_it_is_written_keeps_its_written_words() -> None:
    units = [Unit("yes,", "yes,"), Unit(" ½ dozen", " apples apples")]
    found = places(
        units, [list("jˈɛs ˈæpəlz ˈæpəlz")], lambda word: [*alone(word.split()[0]), *alone(word.split()[-1])]
    )
    assert [place.text for place in found] == ["yes,", " ½ dozen"]


def test_words_drawn_together_are_told_apart() -> None:
    assert found("of the cake", "ʌvðə kˈeɪk") == [("of", "ʌv"), (" the", "ðə"), (" cake", "kˈeɪk")]


def test_a_number_is_one_word_however_many_are_spoken() -> None:
    assert found("25 apples", "twˈɛnti fˈaɪv ˈæpəlz") == [("25", "twˈɛnti fˈaɪv"), (" apples", "ˈæpəlz")]


def test_a_word_that_sounds_otherwise_in_company_keeps_its_place() -> None:
    assert found("the apples", "ði ˈæpəlz") == [("the", "ði"), (" apples", "ˈæpəlz")]
    assert found("at yes", "jˈɛs")[1] == (" yes", "jˈɛs")


def test_a_sign_without_a_sound_has_a_place_between_its_neighbours() -> None:
    assert places(plain("yes — apples"), [list("jˈɛs ˈæpəlz")], alone)[1] == Place(" —", 0, 5, 5)
    assert places(plain("yes —"), [list("jˈɛs.")], alone)[1] == Place(" —", 0, 5, 5)


def test_words_are_found_in_their_sentences() -> None:
    assert [p.sentence for p in places(plain("yes. cake! at"), [list("jˈɛs."), list("kˈeɪk!"), list("æt")], alone)] == [
        0,
        1,
        2,
    ]


def test_there_is_no_place_in_what_has_no_phoneme() -> None:
    assert places(plain("..."), [list("...")], alone) == ()
    assert places(plain("..."), [], alone) == ()


@given(st.lists(st.sampled_from([*SPELLED, "—", "xyz"]), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_places_are_in_order_and_complete_whatever_was_heard(words: list[str], random: "np.random.Generator") -> None:
    heard = [phoneme for word in words for phoneme in SPELLED.get(word, "") if random.random() < 0.8]
    text = " ".join(words)
    result = places(plain(text), [heard], alone)
    if result:
        assert "".join(place.text for place in result) == text
    edges = [edge for place in result for edge in (place.first, place.last)]
    assert all(0 <= edge <= len(heard) for edge in edges)
    assert [p.first for p in result] == sorted(p.first for p in result)


# --- on their way out ------------------------------------------------------------------------------------------------

TWO = (Place("one", 0, 0, 2), Place(" two", 0, 2, 4), Place(" three", 1, 0, 1))
EDGES = np.array([100, 200, 300, 400, 500])


def due(captions: Captions, timing: Timing, until: int, *, last: bool = False) -> tuple[Word, ...]:
    words = captions.due(timing, until, last=last)
    assert words is not None
    return words


def test_words_go_out_with_the_sound_in_which_they_begin() -> None:
    captions = Captions(TWO, 1000)
    timing = Timing(0, EDGES, begins=0, lead=100)
    (one,) = due(captions, timing, 150)
    assert (one.text, one.start, one.end) == ("one", 0.0, 0.2)
    assert due(captions, timing, 200) == ()
    (two,) = due(captions, timing, 201)
    assert (two.text, two.start, two.end) == (" two", 0.2, 0.4)


def test_the_last_sound_of_a_sentence_takes_all_its_words_and_ends_with_them() -> None:
    captions = Captions(TWO, 1000)
    ends = [(w.start, w.end) for w in due(captions, Timing(0, EDGES, 0, 100), 150, last=True)]
    assert ends == [(0, 0.15), (0.15, 0.15)]
    (three,) = due(captions, Timing(1, EDGES, 600, 50), 700, last=True)
    assert (three.text, three.start, three.end) == (" three", 0.65, 0.7)


def test_words_of_a_sentence_without_a_sound_go_out_with_the_next() -> None:
    captions = Captions(TWO, 1000)
    spoken = due(captions, Timing(1, EDGES, 600, 50), 1000)
    assert [(w.text, w.start) for w in spoken] == [("one", 0.6), (" two", 0.6), (" three", 0.65)]


def test_words_behind_the_last_sound_are_not_lost_and_none_are_told_without_a_sound() -> None:
    assert [w.start for w in Captions(TWO, 1000).rest(500)] == [0.5, 0.5, 0.5]
    assert Captions(TWO, 1000).rest(0) == ()


def test_a_voice_that_cannot_tell_leaves_the_whole_text_without_words() -> None:
    captions = Captions(TWO, 1000)
    assert captions.due(None, 100, last=False) is None
    assert captions.rest(100) == ()
