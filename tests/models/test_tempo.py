"""Quicker and slower at the same pitch."""

import numpy as np
import pytest

from models.shaping import Sound
from models.tempo import Tempo
from models.tts_espeak import at_speed, audible
from models.tts_espeak_library import Said

RATE = 22_050


def hum(seconds: float) -> Sound:
    at = np.arange(round(RATE * seconds))
    wave: Sound = np.sin(at * (2 * np.pi * 220 / RATE)).astype(np.float32)
    return wave


def paced(sound: Sound, factor: float, step: int = 3000) -> Sound:
    tempo = Tempo(RATE, factor)
    return np.concatenate([*(tempo.push(sound[at : at + step]) for at in range(0, len(sound), step)), tempo.finish()])


@pytest.mark.parametrize("factor", [0.2, 0.5, 0.8, 1.2, 2.0, 4.0])
def test_it_takes_as_much_less_time_and_keeps_its_pitch(factor: float) -> None:
    sound = paced(hum(2.0), factor)
    assert len(sound) == pytest.approx(2.0 * RATE / factor, rel=0.03)
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * RATE / len(sound) == pytest.approx(220, abs=3)


def test_what_is_right_already_is_left_alone() -> None:
    sound = hum(0.3)
    np.testing.assert_array_equal(paced(sound, 1.005), sound)


def test_no_sound_has_no_tempo() -> None:
    assert paced(hum(0.0), 1.5).size == 0


@pytest.mark.parametrize("speed", [0.25, 0.75, 1.5, 4.0])
def test_a_library_that_keeps_no_pace_is_brought_to_it(speed: float) -> None:
    """It speaks at 0.5 to 2.0 times its pace, and a little slower than it should."""

    def say(pace: float) -> Said:
        length = 2.0 / (min(max(pace, 0.5), 2.0) * (0.93 if pace != 1 else 1))
        sound = np.concatenate([np.zeros(500, dtype=np.float32), hum(length), np.zeros(4000, dtype=np.float32)])
        return Said(sound, ((0, 500), (5, 500 + round(RATE * length / 2))))

    said = at_speed(say, speed, RATE)
    assert audible(said.sound) == pytest.approx(2.0 * RATE / speed, rel=0.03)
    middle = said.words[1][1] - said.words[0][1]
    assert middle == pytest.approx(audible(said.sound) / 2, rel=0.05)
