"""A client's sound in slices, and no further ahead of the clock than a recording may be.

A recording may be sent faster than it sounds. What runs too far ahead is waited with and not lost: the client that
sends it is read again when it has been worked off.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from pipeline.audio import SAMPLE_BYTES, Pcm
from voicegw.transports.allowance import Allowance

SLICE_S = 0.25
"""Sound that is worked on at a time: milliseconds of work, behind which the other callers get their turn."""
PACE = 20.0
"""So many times as fast as it sounds for long: voice activity detection does a hundred times, for all callers."""
AHEAD_S = 60.0
"""Sound that is taken in as fast as it comes."""


class Slices:
    """Of one client. clock: seconds, any origin."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = Allowance(PACE, AHEAD_S)

    async def of(self, pcm: Pcm) -> AsyncIterator[Pcm]:
        """The sound that came at once. Short pieces at the pace of speech come as they are, without a pause."""
        step = round(SLICE_S * pcm.rate) * SAMPLE_BYTES
        for at in range(0, len(pcm.data), step):
            if at:
                await asyncio.sleep(0)
            if wait := self._left.wait(self._clock()):
                await asyncio.sleep(wait)
            part = Pcm(pcm.data[at : at + step], pcm.rate, pcm.start + at // SAMPLE_BYTES)
            self._left.take(part.seconds, self._clock())
            yield part
