"""The tutor's own voice is told from another's, at every level and delay of an echo."""

import numpy as np
import pytest

from models.echo import PhaseCorrelation
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.call import ECHO_LIKENESS

PLAYED_RATE = 22_050


def voice(seed: int, seconds: float, rate: int) -> np.ndarray:
    """Noise with a voice's spectrum and syllables: what two of them have in common is only that."""
    random = np.random.default_rng(seed)
    count = int(seconds * 16_000)
    spectrum = np.fft.rfft(random.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / 16_000)
    spectrum *= 1 / (1 + (hertz / 700) ** 2) * (hertz > 100)
    sound = np.fft.irfft(spectrum, count) * (1.2 + np.sin(2 * np.pi * 4 * np.arange(count) / 16_000))
    sound *= 6000 / np.abs(sound).max()
    return np.asarray(np.interp(np.arange(0, count, 16_000 / rate), np.arange(count), sound))


def pcm(sound: np.ndarray, rate: int) -> Pcm:
    return Pcm(np.clip(sound, -32768, 32767).astype("<i2").tobytes(), rate)


@pytest.mark.parametrize("decibels", [-6, -20, -30])
@pytest.mark.parametrize("delay", [0.06, 0.2, 0.5])
def test_a_delayed_copy_is_an_echo(decibels, delay):
    start = int((1.2 - delay) * HEARING_RATE)
    echo = voice(1, 2.0, HEARING_RATE)[start : start + int(0.4 * HEARING_RATE)] * 10 ** (decibels / 20)
    assert PhaseCorrelation().likeness(pcm(echo, HEARING_RATE), pcm(voice(1, 2.0, PLAYED_RATE), PLAYED_RATE)) > 0.3


@pytest.mark.parametrize("seed", range(2, 12))
def test_another_voice_is_not(seed):
    other = voice(seed, 0.4, HEARING_RATE)
    likeness = PhaseCorrelation().likeness(pcm(other, HEARING_RATE), pcm(voice(1, 2.0, PLAYED_RATE), PLAYED_RATE))
    assert likeness < ECHO_LIKENESS


@pytest.mark.parametrize("seed", range(2, 7))
def test_a_caller_who_talks_over_a_faint_echo_is_heard(seed):
    mixed = voice(seed, 0.4, HEARING_RATE) + voice(1, 0.4, HEARING_RATE) * 0.03
    likeness = PhaseCorrelation().likeness(pcm(mixed, HEARING_RATE), pcm(voice(1, 2.0, PLAYED_RATE), PLAYED_RATE))
    assert likeness < ECHO_LIKENESS


def test_silence_is_like_nothing():
    silent = Pcm(bytes(6400 * SAMPLE_BYTES), HEARING_RATE)
    played = pcm(voice(1, 1.0, PLAYED_RATE), PLAYED_RATE)
    assert PhaseCorrelation().likeness(silent, played) == 0
    assert PhaseCorrelation().likeness(played, silent) == 0
    assert PhaseCorrelation().likeness(Pcm(b"", HEARING_RATE), played) == 0
