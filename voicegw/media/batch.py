"""Work for which nobody holds a call: how much of it there may be, and when it may go on.

A recording to transcribe and a text to read out need the same engines as the callers do. So they are worked off piece
by piece, one piece at a time and each in a gap: while nobody speaks, and nobody waits for an answer. Where there is no
gap for a while, one goes on all the same, for a job must not wait for ever; its engine still lets callers go first.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from pipeline.errors import VoiceError

WAITING = 16
"""Jobs that may wait for their beginning."""
WAIT_S = 30.0
"""Longest that they do."""
GAP_S = 5.0
"""Longest that a piece of a job that has begun waits for a gap."""
LOOK_S = 0.05
"""How often to look for one."""


class TooManyJobs(VoiceError):
    """No more of them are taken in, or none ended in time."""


class BatchDesk:
    """Jobs of one kind. busy: whether somebody in a call speaks or waits at this moment."""

    def __init__(self, jobs: int, busy: Callable[[], bool], *, waiting: int = WAITING) -> None:
        """jobs: how many may be in progress; their pieces take turns. waiting: how many more may wait for that."""
        self._jobs = jobs
        self._busy = busy
        self._waiting = waiting
        self._taken_in = 0
        self._places = asyncio.Semaphore(jobs)
        self._one_piece = asyncio.Lock()

    @contextmanager
    def taken_in(self) -> Iterator[None]:
        """A job is known, and may arrive piece by piece. Raises TooManyJobs."""
        if self._taken_in >= self._jobs + self._waiting:
            raise TooManyJobs(f"{self._jobs} such requests are being worked on and {self._waiting} wait, the limit.")
        self._taken_in += 1
        try:
            yield
        finally:
            self._taken_in -= 1

    @asynccontextmanager
    async def worked_on(self) -> AsyncIterator[None]:
        """It is all there, and has a place as long as this lasts. Raises TooManyJobs when none is free in time."""
        try:
            async with asyncio.timeout(WAIT_S):
                await self._places.acquire()
        except TimeoutError:
            raise TooManyJobs(
                f"{self._jobs} such requests are being worked on, and none was done within {WAIT_S:g} s."
            ) from None
        try:
            yield
        finally:
            self._places.release()

    @asynccontextmanager
    async def piece(self) -> AsyncIterator[None]:
        """The right to give an engine one short piece of work."""
        async with self._one_piece:
            await self.gap()
            yield

    async def gap(self) -> None:
        """Returns when nobody in a call speaks or waits, or after GAP_S."""
        for _ in range(round(GAP_S / LOOK_S)):
            if not self._busy():
                return
            await asyncio.sleep(LOOK_S)
