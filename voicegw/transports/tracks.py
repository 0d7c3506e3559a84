"""The tutor's voice on its way out: one packet every 20 ms, speech or silence, for as long as the call lasts."""

import asyncio
from collections import Counter
from fractions import Fraction
from typing import Any

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import Packet

from voicegw.transports.opus import CLOCK_RATE, FRAME, OpusEncoder
from voicegw.transports.spool import Spool

TICK_S = FRAME / CLOCK_RATE
LATEST_MS = 1000
_TIME_BASE = Fraction(1, CLOCK_RATE)


class Metronome:
    """Ticks at start + n * period of one monotonic clock, so that they never drift.

    A tick that could not be kept within its own period is left out rather than made up for: a burst would fill the
    player's buffer, and stay there as delay. Pure: takes `now`.
    """

    def __init__(self, period: float) -> None:
        self.left_out = 0
        self.late: Counter[int] = Counter()
        """Ticks by the whole milliseconds that they were late, LATEST_MS and more as one."""
        self._period = period
        self._start: float | None = None
        self._tick = -1

    def next(self, now: float) -> tuple[int, float]:
        """The number of the next tick, and when it is due; a due time in the past means at once."""
        if self._start is None:
            self._start = now
        due = self._start + (self._tick + 1) * self._period
        missed = max(0, int((now - due) / self._period))
        self.left_out += missed
        self._tick += 1 + missed
        return self._tick, self._start + self._tick * self._period

    def kept(self, due: float, now: float) -> None:
        """Note that the tick due then was made now."""
        self.late[min(LATEST_MS, int((now - due) * 1000))] += 1


class TutorTrack(MediaStreamTrack):
    """What aiortc pulls its packets from. They are encoded here, where it costs no thread.

    aiortc would otherwise encode on a thread pool, in stereo, without forward error correction.
    """

    kind = "audio"

    def __init__(self, spool: Spool) -> None:
        super().__init__()
        self.metronome = Metronome(TICK_S)
        self._spool = spool
        self._encoder = OpusEncoder()

    async def recv(self) -> "Packet[Any]":
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        tick, due = self.metronome.next(loop.time())
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        self.metronome.kept(due, loop.time())
        packet = Packet(self._encoder.encode(self._spool.take(FRAME)))
        packet.pts = tick * FRAME
        packet.time_base = _TIME_BASE
        return packet
