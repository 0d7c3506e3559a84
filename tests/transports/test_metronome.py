"""The call's one clock: no drift, no bursts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicegw.transports.tracks import TICK_S, Metronome


def test_ticks_keep_to_the_grid_of_the_first():
    metronome = Metronome(TICK_S)
    now = 100.0
    for n in range(10_000):
        tick, due = metronome.next(now)
        assert tick == n
        assert due == pytest.approx(100.0 + n * TICK_S, abs=1e-9)
        now = due + 0.003  # the work of each tick takes its time
    assert metronome.left_out == 0


def test_a_tick_that_is_a_little_late_does_not_move_the_others():
    metronome = Metronome(TICK_S)
    metronome.next(0.0)
    assert metronome.next(0.035) == (1, TICK_S)
    assert metronome.next(0.035) == (2, 2 * TICK_S)


def test_ticks_that_were_slept_through_are_left_out():
    metronome = Metronome(TICK_S)
    metronome.next(0.0)
    tick, due = metronome.next(0.5)
    assert tick == 25
    assert due == pytest.approx(0.5)
    assert metronome.left_out == 24
    assert metronome.next(0.5)[0] == 26


@given(st.lists(st.floats(0, 0.5), max_size=200))
def test_never_more_ticks_than_time(delays):
    metronome = Metronome(TICK_S)
    now = 0.0
    for made, delay in enumerate(delays, start=1):
        now += delay
        _, due = metronome.next(now)
        now = max(now, due)
        assert made <= now / TICK_S + 2
