"""Pauses are taken out of an utterance, and nothing else."""

import numpy as np
import pytest

from models.whisper_pauses import without_pauses
from pipeline.audio import HEARING_RATE, Pcm
from tests.support.speech import joined, noise, silence, tone


def seconds(audio: bytes | None) -> float:
    assert audio is not None
    return Pcm(audio, HEARING_RATE).seconds


@pytest.mark.parametrize("pause_s", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("room", [0.0, 0.0005, 0.01])
def test_each_pause_is_as_short_as_between_two_words(pause_s: float, room: float) -> None:
    letter = tone(0.3, 200)
    spelled = joined(silence(0.5), *[part for _ in range(5) for part in (letter, silence(pause_s))])
    quiet = np.frombuffer(noise(spelled.seconds, room).data, "<i2") if room else 0
    mixed = (np.frombuffer(spelled.data, "<i2") + quiet).astype("<i2").tobytes()
    assert seconds(without_pauses(mixed)) == pytest.approx(5 * (0.3 + 0.12), abs=0.1)


def test_the_silence_in_a_word_is_no_pause() -> None:
    assert without_pauses(joined(tone(0.3, 200), silence(0.15), tone(0.3, 200)).data) is None


@pytest.mark.parametrize(
    "audio",
    [silence(0.0), silence(0.004), silence(3.0), noise(3.0, 0.05), tone(2.0, 440), joined(silence(1), tone(1, 300))],
)
def test_what_has_no_pause_between_sounds_is_left_alone(audio: Pcm) -> None:
    assert without_pauses(audio.data) is None


def test_a_soft_word_beside_a_loud_one_is_kept() -> None:
    audio = joined(tone(0.5, 200, 0.3), silence(0.5), tone(0.5, 200, 0.03), silence(0.5), tone(0.5, 200, 0.3))
    assert seconds(without_pauses(audio.data)) == pytest.approx(3 * 0.62, abs=0.15)
