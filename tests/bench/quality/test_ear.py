import numpy as np
import pytest

from bench.quality import sound
from bench.quality.ear import Ear
from bench.quality.labels import Echo
from pipeline.audio import Pcm
from tests.bench.quality.recordings import tone


def pcm(seconds: float, start: float = 0.0) -> Pcm:
    return Pcm(sound.s16(tone(seconds)), sound.RATE, round(start * sound.RATE))


def test_pieces_are_played_back_to_back() -> None:
    ear = Ear()
    ear.play("a", pcm(1.0), now=2.0)
    ear.play("a", pcm(0.5, 1.0), now=2.1)
    assert [(one.start, one.end) for one in ear.heard] == [(2.0, 3.0), (3.0, 3.5)]
    assert ear.silent_at == 3.5
    assert ear.whole("a")
    assert ear.seconds("a") == 1.5


def test_what_was_stopped_was_not_heard() -> None:
    ear = Ear()
    ear.play("a", pcm(1.0), now=0.0)
    ear.play("a", pcm(1.0, 1.0), now=0.0)
    ear.stop(0.4)
    assert (ear.silent_at, ear.seconds("a"), ear.whole("a")) == (0.4, 0.4, False)
    ear.play("a", pcm(1.6, 0.4), now=1.0)
    assert ear.whole("a"), "it went on from the same sample"


def test_a_gap_in_the_answer_is_noticed() -> None:
    ear = Ear()
    ear.play("a", pcm(1.0), now=0.0)
    ear.play("a", pcm(1.0, 1.5), now=0.0)
    assert not ear.whole("a")
    assert not ear.whole("nothing")


def test_the_loudspeaker_comes_back_late_and_soft() -> None:
    ear = Ear()
    ear.play("a", pcm(1.0), now=0.5)
    echo = Echo(level_db=-20, delay_ms=100)
    back = ear.returning(echo, 0, 2 * sound.RATE)
    heard = np.flatnonzero(np.abs(back) > 0.001)
    assert heard[0] / sound.RATE == pytest.approx(0.6, abs=0.001)
    assert heard[-1] / sound.RATE == pytest.approx(1.6, abs=0.001)
    assert np.abs(back).max() == pytest.approx(0.02, rel=0.01)
    ear.stop(0.7)
    assert np.flatnonzero(ear.returning(echo, 0, 2 * sound.RATE))[-1] / sound.RATE == pytest.approx(0.8, abs=0.001)
    assert np.array_equal(ear.returning(echo, 160, 320), ear.returning(echo, 0, 480)[160:])
