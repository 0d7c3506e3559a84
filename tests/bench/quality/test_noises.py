from collections.abc import Callable

import numpy as np
import pytest

from bench.quality import noises, sound
from tests.bench.quality.recordings import tone

MADE: dict[str, Callable[[noises.Rng], sound.Floats]] = {
    **noises.EVENTS,
    "room": lambda rng: noises.room(rng, 1.0),
    "music": lambda rng: noises.music(rng, 2.0),
    "television": lambda rng: noises.television(rng, 2.0, [tone(0.7), tone(1.1)]),
    "babble": lambda rng: noises.babble(rng, 2.0, [tone(0.7), tone(1.1)]),
}


@pytest.mark.parametrize("name", MADE)
def test_noises_sound_and_are_drawn_with_a_seed(name: str) -> None:
    first, again, other = (MADE[name](np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.float32
    assert sound.rms(first) > 0
    assert np.isfinite(first).all()


def test_a_quiet_room_is_quiet() -> None:
    assert 20 * np.log10(sound.rms(noises.room(np.random.default_rng(1), 2.0))) == pytest.approx(-62, abs=0.1)


def test_a_cough_is_a_burst_that_dies_away() -> None:
    for seed in range(5):
        cough = noises.cough(np.random.default_rng(seed))
        assert 0.15 < len(cough) / sound.RATE < 2
        first = cough[: round(0.19 * sound.RATE)]
        assert sound.rms(first[: len(first) // 2]) > 1.3 * sound.rms(first[len(first) // 2 :])


def test_drawn_out_sound_is_longer_and_not_lower() -> None:
    slow = sound.slowed(tone(0.5, hertz=400), 1.6)
    assert len(slow) / sound.RATE == pytest.approx(0.8, abs=0.06)
    spectrum = np.abs(np.fft.rfft(slow))
    assert np.argmax(spectrum) * sound.RATE / len(slow) == pytest.approx(400, abs=10)
