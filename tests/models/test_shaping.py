"""Loudness, ends and edges of what a voice makes."""

import numpy as np
import pytest

from models.shaping import LEVEL, PEAK, Sound, faded, gain_for, s16le, trimmed, unclipped

RATE = 22_050


def hum(seconds: float, level: float = 0.3) -> Sound:
    return (level * np.sin(2 * np.pi * 200 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def quiet(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE), dtype=np.float32)


def rms(sound: Sound) -> float:
    return float(np.sqrt(np.square(sound).mean()))


def test_gain_brings_loud_and_soft_voices_to_one_level() -> None:
    for level in (0.05, 0.9):
        sound = hum(1.0, level)
        assert rms(sound * gain_for(sound)) == pytest.approx(LEVEL, rel=0.01)


def test_a_sentence_with_a_peak_that_would_be_cut_off_is_made_softer_as_a_whole() -> None:
    loud = hum(1.0, 1.4)
    shaped = unclipped(loud)
    assert np.abs(shaped).max() == pytest.approx(PEAK, rel=0.001)
    assert np.allclose(shaped / PEAK * np.abs(loud).max(), loud, atol=1e-5)
    assert unclipped(hum(1.0, 0.5)) == pytest.approx(hum(1.0, 0.5))
    assert unclipped(quiet(0.0)).size == 0


def test_silence_is_not_amplified_without_bound() -> None:
    assert gain_for(quiet(1.0)) == 1.0
    assert gain_for(hum(1.0, 0.0001)) == 4.0
    assert gain_for(quiet(0.0)) == 1.0


def test_silence_is_cut_to_a_short_lead_and_a_natural_pause() -> None:
    sound = trimmed(np.concatenate([quiet(0.5), hum(1.0), quiet(0.8)]), RATE)
    audible = np.flatnonzero(np.abs(sound) > 0.01) / RATE
    assert 0.0 < audible[0] <= 0.03
    assert 0.19 <= len(sound) / RATE - audible[-1] <= 0.21


def test_nothing_is_added_where_there_is_little_silence() -> None:
    sound = np.concatenate([quiet(0.01), hum(0.3), quiet(0.05)])
    np.testing.assert_array_equal(trimmed(sound, RATE), sound)


def test_nothing_is_left_of_silence() -> None:
    assert trimmed(quiet(1.0), RATE).size == 0
    assert trimmed(quiet(0.0), RATE).size == 0


def test_faded_sound_starts_and_ends_at_zero_and_is_the_same_in_between() -> None:
    sound = np.full(RATE, 0.5, dtype=np.float32)
    shaped = faded(sound, RATE)
    assert shaped[0] == shaped[-1] == 0.0
    edge = RATE * 4 // 1000
    np.testing.assert_array_equal(shaped[edge:-edge], sound[edge:-edge])
    assert np.all(np.diff(shaped[:edge]) > 0)
    assert sound[0] == 0.5


def test_sound_shorter_than_a_fade_is_faded_all_the_same() -> None:
    shaped = faded(np.full(5, 0.5, dtype=np.float32), RATE)
    assert shaped[0] == shaped[-1] == 0.0
    assert faded(quiet(0.0), RATE).size == 0


def test_samples_are_little_endian_and_too_loud_ones_are_cut_off() -> None:
    assert s16le(np.array([0.0, 1.5, -1.5, 0.5], dtype=np.float32)) == b"\x00\x00\xff\x7f\x01\x80\xff\x3f"
