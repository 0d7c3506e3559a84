"""From the caller's packets to the sound that the engines hear."""

import asyncio
from collections.abc import Callable

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES
from voicegw.transports import opus
from voicegw.transports.jitter import Frame, JitterBuffer, Lost, Packet, Part, Silence

AHEAD_S = 3.0
"""Sound may run this far ahead of the clock, as after an outage in which nothing was lost; the rest is dropped."""


class Ear:
    """Put packets in order, decode them, conceal what is missing; `heard` gets the samples, on the event loop.

    heard: takes 16-bit mono samples at HEARING_RATE.
    """

    def __init__(self, heard: Callable[[bytes], None], loop: asyncio.AbstractEventLoop) -> None:
        self.jitter = JitterBuffer(opus.CLOCK_RATE)
        self.last_packet: float | None = None
        self.dropped = 0
        """Samples that came faster than anybody speaks, or could not be decoded."""
        self._heard = heard
        self._loop = loop
        self._decoder = opus.OpusDecoder(HEARING_RATE)
        self._timer: asyncio.TimerHandle | None = None
        self._began: float | None = None
        self._samples = 0

    def packet(self, sequence: int, timestamp: int, payload: bytes) -> None:
        """Take one RTP packet; whatever is not Opus is dropped."""
        now = self._loop.time()
        try:
            duration = opus.duration(payload)
        except opus.BadPacket:
            return
        self.last_packet = now
        if self._began is None:
            self._began = now
        self.jitter.push(Packet(sequence, timestamp, duration, payload), now)
        self._listen()

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _listen(self) -> None:
        now = self._loop.time()
        if parts := self.jitter.pop(now):
            self._tell(b"".join(self._sound(part) for part in parts), now)
        self.close()
        if (due := self.jitter.next_due()) is not None:
            self._timer = self._loop.call_at(due, self._listen)

    def _sound(self, part: Part) -> bytes:
        try:
            match part:
                case Frame(payload):
                    return self._decoder.decode(payload)
                case Lost(duration, following):
                    return self._decoder.conceal(duration, following)
                case Silence(duration):
                    return bytes(duration * HEARING_RATE // opus.CLOCK_RATE * SAMPLE_BYTES)
        except opus.BadPacket:
            return b""

    def _tell(self, samples: bytes, now: float) -> None:
        assert self._began is not None
        count = len(samples) // SAMPLE_BYTES
        if self._samples + count > (now - self._began + AHEAD_S) * HEARING_RATE:
            self.dropped += count
            return
        self._samples += count
        self._heard(samples)
