"""Loudness, ends and edges of what a voice makes, however it is cut."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.shaping import KNEE, LEAD_MS, LOUDNESS, MAX_GAIN, PEAK, Shaper, Sound, bent, gain_for, s16le
from models.tts_loudness import SILENCE, loudness

RATE = 22_050


def hum(seconds: float, level: float = 0.3, hertz: float = 200) -> Sound:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def quiet(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE), dtype=np.float32)


def shaped(sound: Sound, cuts: Sequence[int] = (), gain: float = 1.0) -> Sound:
    shaper = Shaper(RATE, gain)
    return np.concatenate([*(shaper.push(part) for part in np.split(sound, cuts)), shaper.finish()])


def test_the_meter_reads_what_the_standard_says_of_a_sine() -> None:
    # BS.1770: a sine of 997 Hz at full scale in one channel reads -3.01 LUFS.
    assert loudness(hum(3.0, 1.0, 997), RATE) == pytest.approx(-3.01, abs=0.1)
    assert loudness(hum(3.0, 0.1, 997), RATE) == pytest.approx(-23.01, abs=0.1)


def test_the_meter_weighs_what_the_ear_hears_less() -> None:
    assert loudness(hum(3.0, 0.3, 40), RATE) < loudness(hum(3.0, 0.3, 997), RATE) - 3
    assert loudness(hum(3.0, 0.3, 3000), RATE) > loudness(hum(3.0, 0.3, 997), RATE) + 2


@pytest.mark.parametrize("sound", [quiet(2.0), quiet(0.0), hum(0.1)])
def test_the_meter_reads_silence_where_there_is_nothing_to_measure(sound: Sound) -> None:
    assert loudness(sound, RATE) <= SILENCE


def test_gain_brings_loud_and_soft_voices_to_one_loudness() -> None:
    for level in (0.05, 0.9):
        sound = hum(2.0, level, 997)
        assert loudness(sound * np.float32(gain_for(loudness(sound, RATE))), RATE) == pytest.approx(LOUDNESS, abs=0.1)


def test_silence_is_not_amplified_without_bound() -> None:
    assert gain_for(SILENCE) == MAX_GAIN


def test_too_loud_a_sound_is_bent_and_the_rest_is_left_as_it_is() -> None:
    loud = hum(1.0, 1.6)
    shape = bent(loud)
    assert KNEE < np.abs(shape).max() <= PEAK
    low = np.abs(loud) <= KNEE
    np.testing.assert_array_equal(shape[low], loud[low])
    assert np.all(np.diff(shape[np.argsort(loud)]) >= 0)
    slope = np.diff(bent(np.linspace(0, 2, 2001, dtype=np.float32))) * 1000
    assert np.abs(np.diff(slope)).max() < 0.01  # no corner at the knee
    np.testing.assert_array_equal(bent(hum(1.0, 0.5)), hum(1.0, 0.5))
    assert bent(quiet(0.0)).size == 0


def test_silence_is_cut_to_a_short_lead_and_a_natural_pause() -> None:
    sound = shaped(np.concatenate([quiet(0.5), hum(1.0), quiet(0.8)]))
    audible = np.flatnonzero(np.abs(sound) > 0.01) / RATE
    assert 0.0 < audible[0] <= 0.03
    assert 0.19 <= len(sound) / RATE - audible[-1] <= 0.21


def test_a_pause_inside_is_kept_whole() -> None:
    sound = np.concatenate([hum(0.5), quiet(0.7), hum(0.5)])
    for cuts in ([], [12_000], [16_000, 24_000]):
        assert len(shaped(sound, cuts)) == len(sound)


def test_what_was_left_out_in_front_is_told() -> None:
    shaper = Shaper(RATE, 1.0)
    assert shaper.push(quiet(0.5)).size == 0
    assert shaper.lead is None
    shaper.push(hum(0.5))
    assert shaper.lead == pytest.approx((0.5 - LEAD_MS / 1000) * RATE, abs=RATE * 0.006)


def test_it_does_not_matter_where_the_sound_is_cut() -> None:
    rng = np.random.default_rng(1)
    sound = np.concatenate([quiet(0.3), hum(0.4, 1.2), quiet(0.5), hum(0.2, 0.02), hum(0.3), quiet(0.6)])
    whole = shaped(sound, gain=1.1)
    for _ in range(50):
        cuts = sorted(rng.integers(0, len(sound), rng.integers(1, 40)))
        np.testing.assert_allclose(shaped(sound, cuts, gain=1.1), whole, atol=1e-6)


def test_sound_is_given_as_soon_as_it_is_known_not_to_be_the_end() -> None:
    shaper = Shaper(RATE, 1.0)
    assert len(shaper.push(hum(0.3))) > 0.28 * RATE
    assert len(shaper.push(quiet(0.5))) < 0.23 * RATE  # the pause after it, but no more
    assert len(shaper.push(hum(0.1))) > 0.3 * RATE


def test_nothing_is_added_where_there_is_little_silence() -> None:
    sound = np.concatenate([quiet(0.01), hum(0.3), quiet(0.05)])
    assert len(shaped(sound)) == len(sound)


def test_nothing_is_left_of_silence() -> None:
    assert shaped(quiet(1.0), [5000]).size == 0
    assert shaped(quiet(0.0)).size == 0


def test_both_ends_start_from_and_go_to_zero_and_the_rest_is_the_same() -> None:
    sound = np.full(RATE, 0.5, dtype=np.float32)
    shape = shaped(sound, [7000, 7010])
    assert shape[0] == shape[-1] == 0.0
    edge = RATE * 4 // 1000
    np.testing.assert_array_equal(shape[edge:-edge], sound[edge:-edge])
    assert np.all(np.diff(shape[:edge]) > 0)
    assert np.all(np.diff(shape[-edge:]) < 0)
    assert sound[0] == 0.5


def test_sound_shorter_than_a_fade_is_faded_all_the_same() -> None:
    shape = shaped(np.full(30, 0.5, dtype=np.float32))
    assert len(shape) == 30
    assert shape[0] == shape[-1] == 0.0


def test_samples_are_little_endian_and_too_loud_ones_are_cut_off() -> None:
    assert s16le(np.array([0.0, 1.5, -1.5, 0.5], dtype=np.float32)) == b"\x00\x00\xff\x7f\x01\x80\xff\x3f"
