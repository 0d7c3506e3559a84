"""The rules around Whisper, on numbers and texts."""

import numpy as np
import pytest

from models import whisper_rules as rules
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES

OPENING = [11, 12, 13, 14]


@pytest.mark.parametrize(
    ("seconds", "window"), [(0.0, 8), (7.0, 8), (7.1, 10), (14.0, 15), (14.1, 20), (24.5, 30), (29.0, 30)]
)
def test_the_window_holds_the_utterance_and_some_silence(seconds: float, window: int) -> None:
    assert rules.window_seconds(int(seconds * HEARING_RATE)) == window


def test_a_longer_utterance_may_have_more_tokens() -> None:
    assert rules.token_limit(0) == 10
    assert rules.token_limit(4) == 62


def test_a_hypothesis_that_begins_anew_too_fast_is_cut_there() -> None:
    once = [*OPENING, 15, 16]
    assert rules.without_restart([*once, *once, *once[:3]], seconds=2.0) == once


def test_a_speaker_may_say_a_sentence_twice() -> None:
    twice = [*OPENING, 15, 16] * 2
    assert rules.without_restart(twice, seconds=2.0) == twice


def test_fast_speech_that_does_not_begin_anew_is_kept() -> None:
    fast = list(range(40))
    assert rules.without_restart(fast, seconds=2.0) == fast


def test_a_text_that_goes_round_in_circles_is_told_from_one_that_does_not() -> None:
    assert rules.repeats_itself("and the " * 30)
    assert not rules.repeats_itself("No, no, no, no!")
    assert not rules.repeats_itself("I went to the market and bought some apples, some bread, and a little cheese.")
    assert not rules.repeats_itself("")


@pytest.mark.parametrize(
    ("no_speech", "logprob", "speech"),
    [
        (0.005, -0.02, True),  # a clear sentence
        (0.353, -0.88, True),  # the same at 0 dB of noise
        (0.052, -1.34, True),  # a language it knows badly
        (0.928, -0.61, False),  # digital silence: "you"
        (0.864, -1.52, False),  # white noise: "I'm going to put the oil in the pan."
        (0.653, -0.52, False),  # a keyboard: "I'm not sure if I can get a chance to get a chance ..."
        (0.329, -2.41, False),  # the same, with a name to expect: "I"
        (0.519, -2.25, False),  # bursts of noise: "I'm not a real man."
    ],
)
def test_what_was_measured_is_judged_rightly(no_speech: float, logprob: float, speech: bool) -> None:
    assert rules.is_speech(no_speech, logprob) is speech


@pytest.mark.parametrize(
    ("no_speech", "logprob", "doubt"),
    [
        (0.78, -0.34, True),  # "s m i t h", a second between the letters
        (0.67, -0.88, True),  # "G, A, R, C, I, A" in French, heard as "j'ai"
        (0.83, -1.29, False),  # beeps: "you"
        (0.45, -1.55, False),  # monkeys: "Ah!"
        (0.05, -0.2, False),  # a clear sentence
    ],
)
def test_words_that_may_have_been_said_one_by_one_are_heard_again(no_speech: float, logprob: float, doubt: bool):
    assert rules.in_doubt(no_speech, logprob) is doubt


@pytest.mark.parametrize(
    ("text", "logprob", "spelled"),
    [
        (" S-M-I-D-H", -0.32, True),
        (" M-M-M A-M M-A M-N-M", -0.52, True),
        ("4 1 7 5 8", -0.2, True),
        (" S M I D H", -0.62, True),
        (" M-M-M A-M M A M M A", -0.72, True),
        (" 1.5x4.0x4.0x4.0x4.0", -0.53, False),  # beeps
        ("I'm not going to be able to do that.", -0.43, False),  # bursts of noise
        ("Thank you.", -0.7, False),
        ("m m m", -0.9, False),
    ],
)
def test_a_row_of_letters_is_told_from_other_texts(text: str, logprob: float, spelled: bool) -> None:
    assert rules.spells(text, logprob) is spelled


def test_what_fits_into_a_window_stays_whole() -> None:
    audio = bytes(29 * HEARING_RATE * SAMPLE_BYTES)
    assert rules.pieces(audio) == [audio]
    assert rules.pieces(b"") == [b""]


def test_longer_audio_is_cut_where_it_is_quietest_and_nothing_is_lost() -> None:
    sound = np.random.default_rng(3).normal(0, 3000, 60 * HEARING_RATE).astype("<i2")
    for pause_s in (25, 50):
        sound[pause_s * HEARING_RATE : pause_s * HEARING_RATE + HEARING_RATE // 10] = 0
    pieces = rules.pieces(sound.tobytes())
    assert b"".join(pieces) == sound.tobytes()
    cuts = np.cumsum([len(piece) / SAMPLE_BYTES / HEARING_RATE for piece in pieces])
    assert len(pieces) == 3
    assert 25.0 < cuts[0] < 25.1
    assert 50.0 < cuts[1] < 50.1
