"""Whether the caller is still there, in virtual time."""

from collections.abc import Callable

import pytest

from voicegw.transports.ending import FLOOD, LOST, MUTE
from voicegw.transports.pulse import EVERY_S, FLOOD_BYTES, HOLD_S, LOST_S, MEDIA_S, Beat, Pulse


def run(
    until: float, heard: Callable[[float], bool], *, sound: bool = True, rate: float = 10_000
) -> list[tuple[float, Beat]]:
    """Beats that said something. heard(now): whether packets arrive at that moment."""
    pulse = Pulse(0.0)
    now, packets, received = 0.0, 0, 0.0
    last: float | None = None
    said: list[tuple[float, Beat]] = []
    while now < until:
        now += EVERY_S
        if heard(now):
            packets += 12
            received += rate * EVERY_S
            last = now if sound else last
        beat = pulse.beat(now, packets, int(received), last)
        if beat is not None:
            said.append((now, beat))
    return said


def test_a_caller_who_talks_is_left_in_peace():
    assert run(3600.0, lambda _: True) == []


def test_a_short_break_holds_the_tutor_and_no_more():
    assert run(10.0, lambda now: not 2.0 < now <= 4.0) == [(2.0 + HOLD_S + EVERY_S, "hold"), (4.25, "go_on")]


def test_a_long_break_is_the_end_of_the_line():
    said = run(7.0, lambda now: now <= 2.0)
    assert said[0] == (2.0 + HOLD_S + EVERY_S, "hold")
    assert said[1] == (2.0 + LOST_S + EVERY_S, LOST)


def test_a_caller_who_is_there_but_sends_no_sound_is_mute():
    assert run(MEDIA_S + 1, lambda _: True, sound=False)[0] == (MEDIA_S + EVERY_S, MUTE)


@pytest.mark.parametrize(("rate", "flood"), [(FLOOD_BYTES * 0.9, False), (FLOOD_BYTES * 1.5, True)])
def test_more_than_a_call_needs_is_a_flood(rate, flood):
    said = run(10.0, lambda _: True, rate=rate)
    assert [beat for _, beat in said[:1]] == ([FLOOD] if flood else [])
