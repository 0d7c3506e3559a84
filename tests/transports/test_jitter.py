"""The jitter buffer in virtual time: arrivals in, parts out, with exact moments."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicegw.transports.jitter import (
    CONCEALED,
    FILL_S,
    HELD,
    LONGEST_S,
    SHORTEST_S,
    WINDOW,
    Frame,
    JitterBuffer,
    Lost,
    Packet,
    Part,
    Silence,
)

RATE = 48_000
STEP = 960
TICK = 0.02


def packet(n: int, first: int = 0, origin: int = 0) -> Packet:
    return Packet((first + n) % 65536, (origin + n * STEP) % 2**32, STEP, b"%d" % n)


def run(arrivals: list[tuple[float, Packet]], until: float | None = None) -> list[tuple[float, Part]]:
    """Feed packets at their moments and wake the buffer at its own; every part with the moment it came out."""
    buffer = JitterBuffer(RATE)
    out: list[tuple[float, Part]] = []

    def wake(before: float) -> None:
        while (due := buffer.next_due()) is not None and due < before:
            parts = buffer.pop(due)
            assert parts, "woken for nothing"
            out.extend((due, part) for part in parts)

    for at, what in sorted(arrivals, key=lambda arrival: arrival[0]):
        wake(at)
        buffer.push(what, at)
        out.extend((at, part) for part in buffer.pop(at))
    wake(float("inf") if until is None else until)
    return out


def spoken(out: list[tuple[float, Part]]) -> list[int]:
    return [int(part.payload) for _, part in out if isinstance(part, Frame)]


def length(parts: list[Part]) -> int:
    return sum(STEP if isinstance(part, Frame) else part.duration for part in parts)


def test_a_packet_in_its_turn_is_handed_on_at_once():
    """Three packets at a time in one burst, up to 40 ms late: none waits for the slowest."""
    arrivals = [((n // 3 * 3 + 2) * TICK, packet(n)) for n in range(30)]
    assert run(arrivals) == [(at, Frame(p.payload)) for at, p in arrivals]


def test_a_lost_packet_on_a_steady_line_is_waited_for_20_ms_beyond_its_time():
    out = run([(n * TICK, packet(n)) for n in range(10) if n != 5])
    at, part = out[5]
    assert part == Lost(STEP, b"6")
    assert at == pytest.approx(5 * TICK + SHORTEST_S)
    assert [(round(at, 3), part) for at, part in out[6:]] == [
        (round(max(n * TICK, 5 * TICK + SHORTEST_S), 3), Frame(b"%d" % n)) for n in range(6, 10)
    ]


def test_a_packet_that_comes_out_of_order_in_time_is_not_lost():
    late = 0.015
    out = run([(n * TICK + (late + TICK if n == 5 else 0), packet(n)) for n in range(10)])
    assert spoken(out) == [0, 1, 2, 3, 4, 6, 7, 8, 9], "20 ms are waited, this one took 35"
    out = run([(n * TICK + (0.0199 if n == 5 else 0), packet(n)) for n in range(10)])
    assert spoken(out) == list(range(10))


def test_the_wait_follows_the_jitter_and_comes_back():
    noise = random.Random(1)
    buffer = JitterBuffer(RATE)
    depths = []
    for n in range(500):
        jitter = noise.uniform(0, 0.06) if 100 <= n < 300 else 0.0
        buffer.push(packet(n), n * TICK + jitter)
        buffer.pop(n * TICK + jitter)
        depths.append(buffer.depth)
    assert depths[99] == SHORTEST_S
    assert 0.06 < depths[299] < 0.07 + 1e-9
    assert depths[300 + WINDOW] == SHORTEST_S, "two seconds after the jitter ended"


def test_reordering_costs_nothing_once_it_is_known():
    noise = random.Random(2)
    arrivals = [(n * TICK + noise.uniform(0, 0.06), packet(n)) for n in range(1000)]
    out = run(arrivals)
    assert [part for _, part in out[150:] if not isinstance(part, Frame)] == [
        Lost(STEP, part.following) for _, part in out[150:] if isinstance(part, Lost)
    ]
    assert len([part for _, part in out[150:] if isinstance(part, Lost)]) < 0.01 * 850


def test_a_second_of_outage_is_bridged_and_leaves_no_delay():
    gone = range(50, 100)
    out = run([(n * TICK, packet(n)) for n in range(200) if n not in gone])
    hole = [part for at, part in out if at == pytest.approx(100 * TICK)]
    assert hole == [
        *[Lost(STEP, None)] * (CONCEALED - 1),
        Silence((50 - CONCEALED) * STEP),
        Lost(STEP, b"100"),
        Frame(b"100"),
    ]
    after = [(at, part) for at, part in out if at > 100 * TICK + 1e-9]
    assert after == [(n * TICK, Frame(b"%d" % n)) for n in range(101, 200)]


def test_a_second_that_was_only_late_is_handed_on_whole():
    arrivals = [(max(n * TICK, 2.0) if 50 <= n < 100 else n * TICK, packet(n)) for n in range(200)]
    out = run(arrivals)
    assert spoken(out) == list(range(200))
    assert out[-1][0] == 199 * TICK


def test_an_outage_does_not_teach_it_to_wait_longer():
    buffer = JitterBuffer(RATE)
    for n in range(160):
        at = max(n * TICK, 2.0) if 50 <= n < 90 else n * TICK
        buffer.push(packet(n), at)
        buffer.pop(at)
        assert buffer.depth <= LONGEST_S
    assert buffer.depth == SHORTEST_S


def test_clocks_that_drift_apart_change_nothing():
    drift = 1 + 300e-6  # thrice what two bad quartzes make
    arrivals = [(n * TICK * drift, packet(n)) for n in range(5000) if n % 50 != 25]
    out = run(arrivals)
    waits = [at - 25 * TICK * drift for at, part in out if isinstance(part, Lost)]
    assert len(waits) == 100
    assert all((wait % 1.0) < SHORTEST_S + 0.002 for wait in (w % (50 * TICK * drift) for w in waits))


def test_counters_that_wrap_change_nothing():
    arrivals = [(n * TICK, packet(n, first=65530, origin=2**32 - 5 * STEP)) for n in range(20) if n != 8]
    assert spoken(run(arrivals)) == [n for n in range(20) if n != 8]


def test_pauses_of_the_sender_are_silence_not_loss():
    """Discontinuous transmission: the sequence goes on, the timestamp jumps."""
    talk = [(n * TICK, packet(n)) for n in range(5)]
    after = [(1.0 + n * TICK, Packet(5 + n, (50 + n) * STEP, STEP, b"%d" % (50 + n))) for n in range(3)]
    out = [part for _, part in run(talk + after)]
    assert out[5] == Silence(45 * STEP)
    assert length(out) == 53 * STEP


def test_a_hole_too_long_to_fill_begins_anew():
    steps = int(FILL_S / TICK) + 2
    out = run([(0.0, packet(0)), (steps * TICK, packet(steps))])
    assert [part for _, part in out] == [Frame(b"0"), Frame(b"%d" % steps)]


def test_packets_that_come_twice_or_too_late_are_counted_and_dropped():
    buffer = JitterBuffer(RATE)
    for at, n in [(0.0, 0), (0.03, 2), (0.03, 2), (0.06, 3), (0.08, 1), (0.081, 0)]:
        buffer.push(packet(n), at)
        buffer.pop(at)
    assert (buffer.counts.lost, buffer.counts.late, buffer.counts.again) == (1, 2, 1)


@given(
    st.lists(
        st.tuples(st.integers(0, 65535), st.integers(0, 2**32 - 1), st.sampled_from([120, 960, 5760])), max_size=300
    )
)
def test_no_stream_of_any_kind_breaks_its_bounds(stream):
    buffer = JitterBuffer(RATE)
    now = 0.0
    for sequence, timestamp, duration in stream:
        now += 0.01
        buffer.push(Packet(sequence, timestamp, duration, b""), now)
        parts = buffer.pop(now)
        assert sum(part.duration for part in parts if not isinstance(part, Frame)) <= FILL_S * RATE * (HELD + 1)
        assert len(buffer._held) <= HELD + 1
        assert SHORTEST_S <= buffer.depth <= LONGEST_S
        if (due := buffer.next_due()) is not None:
            assert due > now


@given(
    delays=st.lists(st.one_of(st.none(), st.floats(0, 0.5)), min_size=1, max_size=150),
    first=st.integers(0, 65535),
    origin=st.integers(0, 2**32 - 1),
)
def test_whatever_the_network_does_sound_comes_in_order_without_a_gap_in_time(delays, first, origin):
    sent = [(n * TICK + delay, packet(n, first, origin)) for n, delay in enumerate(delays) if delay is not None]
    out = run(sent)
    frames = spoken(out)
    assert frames == sorted(set(frames))
    if frames:
        # From the first frame to the last, every sample of the sender's time is there once.
        assert length([part for _, part in out]) == (frames[-1] - frames[0] + 1) * STEP
        moments = [at for at, _ in out]
        assert moments == sorted(moments)
