"""The beat of a live source, kept without a real clock so that tests can hold it in their hands."""

from collections.abc import Awaitable, Callable

Clock = Callable[[], float]
"""Seconds that only ever grow, from an arbitrary start."""
Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """Lets a frame pass each `period` seconds, on one schedule that begins with the first frame.

    Frame n is due n periods after the first, however late its predecessors were, so the stream never drifts. A late
    frame is followed by the next ones at double speed until the schedule is met again, so the stream never bursts.
    """

    def __init__(self, period: float, clock: Clock, sleep: Sleep) -> None:
        self._period = period
        self._clock = clock
        self._sleep = sleep
        self._origin: float | None = None
        self._count = 0
        self._last = 0.0

    async def beat(self) -> None:
        """Return when the next frame may go."""
        now = self._clock()
        if self._origin is None:
            self._origin = now
        else:
            due = max(self._origin + self._count * self._period, self._last + self._period / 2)
            # A sleep may wake early by the clock's grain; without the loop the schedule would creep ahead.
            while (now := self._clock()) < due:
                await self._sleep(due - now)
        self._count += 1
        self._last = now
