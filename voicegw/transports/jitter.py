"""The jitter buffer: packets in as the network brings them, sound out in order, as early as it can be.

A jitter buffer usually feeds an ear, which must not notice that a packet was late; so it holds every packet back for
as long as the latest may take, and all sound is late by that. Here the listener is a machine: it counts samples, and
cares for neither gaps nor haste. So a packet in its turn is handed on at once, and only one that is *missing*, while
later ones are there, is waited for. How long depends on what the network did lately:

    transit(p) = arrival(p) - timestamp(p)                                          (seconds)
    depth      = the transit that 98 % of the last two seconds' packets kept, less the shortest of them, plus MARGIN_S
    deadline   = timestamp of the missing packet + shortest transit + depth

At the deadline it counts as lost, and the decoder is told to conceal it. Because depth is a wait and not a delay, there
is nothing to come back from after a bad time: the packet behind the last gap is on time again. The shortest transit is
that of a sliding window, so a drift between the two clocks moves it along.

Pure: takes `now` in seconds of one monotonic clock; timestamps count at `rate` Hz.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

WINDOW = 100
"""Packets whose transit is remembered: two seconds of speech."""
KEPT_SHARE = 0.98
MARGIN_S = 0.01
SHORTEST_S = 0.02
LONGEST_S = 0.2
"""Bounds of the wait for a missing packet: one later still would hold the turn up for a mere 20 ms of sound."""
HELD = 100
"""Most packets that may wait behind a gap."""
CONCEALED = 5
"""Most packets in a row that are concealed: what is guessed fades, and after 100 ms it is silence anyway."""
OTHER_STREAM = 1000
"""A sequence number this far from the expected one belongs to another stream: the sender began anew."""
FILL_S = 2.0
"""Longest hole that is filled, so that times in the caller's audio stay true; after a longer one the line was dead."""

_SEQUENCE = 1 << 16
_TIME = 1 << 32


@dataclass(frozen=True, slots=True)
class Packet:
    """sequence, timestamp: as in RTP, wrapping. duration: of the sound in `payload`, at the timestamps' rate."""

    sequence: int
    timestamp: int
    duration: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """The next sound."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """A packet that will not come. following: the payload of the one right behind it, where it is known."""

    duration: int
    following: bytes | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Time in which nothing was sent."""

    duration: int


Part: TypeAlias = Frame | Lost | Silence


@dataclass(slots=True)
class Counts:
    """Packets so far. late: came when they had been given up. again: came twice. restarts: the stream began anew."""

    arrived: int = 0
    lost: int = 0
    late: int = 0
    again: int = 0
    restarts: int = 0


class JitterBuffer:
    """`push` what arrives, then take what `pop` gives; call `pop` again at `next_due`."""

    def __init__(self, rate: int) -> None:
        self.counts = Counts()
        self._rate = rate
        self._held: dict[int, Packet] = {}  # by unwrapped sequence number
        self._next = 0  # sequence number whose turn it is
        self._end = 0  # timestamp up to which sound was handed on
        self._step = 0  # duration of the packet before
        self._begun = False
        self._recent: deque[float] = deque()  # transits in the order of arrival
        self._transits: list[float] = []  # the same, sorted

    @property
    def depth(self) -> float:
        """Seconds that a missing packet is waited for, counted from when the fastest would have come."""
        if not self._transits:
            return SHORTEST_S
        base = self._transits[0]
        # What came later than the longest wait says nothing about how long to wait.
        usable = bisect_right(self._transits, base + LONGEST_S)
        kept = self._transits[ceil(usable * KEPT_SHARE) - 1] - base
        return min(LONGEST_S, max(SHORTEST_S, kept + MARGIN_S))

    def push(self, packet: Packet, now: float) -> None:
        self.counts.arrived += 1
        if not self._begun:
            self._begin(packet)
        sequence = self._next + _signed(packet.sequence - self._next, _SEQUENCE)
        timestamp = self._end + _signed(packet.timestamp - self._end, _TIME)
        if self._is_another_stream(sequence, timestamp):
            self.counts.restarts += 1
            self._begin(packet)
            sequence, timestamp = packet.sequence, packet.timestamp
        if sequence in self._held:
            self.counts.again += 1
            return
        self._measure(now - timestamp / self._rate)
        if sequence < self._next:
            self.counts.late += 1
        else:
            self._held[sequence] = Packet(sequence, timestamp, packet.duration, packet.payload)

    def pop(self, now: float) -> list[Part]:
        """Everything whose time has come, in order."""
        parts: list[Part] = []
        while self._held:
            packet = self._held.get(self._next)
            if packet is None:
                if now < self._deadline() and len(self._held) <= HELD:
                    break
                packet = self._held[min(self._held)]
            parts += self._bridge(packet)
            del self._held[packet.sequence]
            parts.append(Frame(packet.payload))
            self._next = packet.sequence + 1
            self._end = packet.timestamp + packet.duration
            self._step = packet.duration
        return parts

    def next_due(self) -> float | None:
        """When `pop` will have something although nothing more arrives; None while nothing waits."""
        return self._deadline() if self._held else None

    def _deadline(self) -> float:
        """When the packet whose turn it is counts as lost."""
        return self._end / self._rate + self._transits[0] + self.depth

    def _is_another_stream(self, sequence: int, timestamp: int) -> bool:
        ahead = sequence - self._next
        hole = (timestamp - self._end) / self._rate
        return abs(ahead) > OTHER_STREAM or (ahead >= 0 and abs(hole) > FILL_S)

    def _begin(self, packet: Packet) -> None:
        self._begun = True
        self.counts.lost += len(self._held)
        self._held.clear()
        self._recent.clear()
        self._transits.clear()
        self._next, self._end, self._step = packet.sequence, packet.timestamp, packet.duration

    def _measure(self, transit: float) -> None:
        insort(self._transits, transit)
        self._recent.append(transit)
        if len(self._recent) > WINDOW:
            del self._transits[bisect_left(self._transits, self._recent.popleft())]

    def _bridge(self, packet: Packet) -> list[Part]:
        """From the end of what was handed on to the beginning of `packet`."""
        missing = packet.sequence - self._next
        self.counts.lost += missing
        hole = max(0, packet.timestamp - self._end)
        guesses = min(missing, CONCEALED, hole // self._step)
        parts: list[Part] = [Lost(self._step, None)] * (guesses - 1)
        if silent := hole - guesses * self._step:
            parts.append(Silence(silent))
        if guesses:
            parts.append(Lost(self._step, packet.payload))
        return parts


def _signed(difference: int, modulus: int) -> int:
    """The shortest way round a counter that wraps."""
    return (difference + modulus // 2) % modulus - modulus // 2
