"""How late the event loop is: what every caller waits for, whoever caused it."""

import asyncio
import logging
from collections import deque

log = logging.getLogger(__name__)

BEAT_S = 0.02
"""How often to look: a packet of sound."""
REMEMBERED = 3000
"""Beats that are told about: a minute."""
LATE_S = 0.25
"""Later than this, callers hear it."""
QUIET_S = 10.0
"""Pause between two lines in the log about it."""


class LagWatch:
    """Sleeps, and measures how much too long. `run` is for a task of its own."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=REMEMBERED)
        self._told_at: float | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self.beat(loop.time() - due, loop.time())

    def beat(self, late: float, now: float) -> None:
        """late: seconds. now: likewise, any origin."""
        self._late.append(max(0.0, late))
        if late > LATE_S and (self._told_at is None or now - self._told_at > QUIET_S):
            self._told_at = now
            log.warning("the event loop was late: something ran on it for long", extra={"late_ms": round(late * 1000)})

    def facts(self) -> dict[str, float]:
        """Milliseconds, of the last minute."""
        late = sorted(self._late) or [0.0]
        at = {"p50": len(late) // 2, "p99": min(len(late) - 1, len(late) * 99 // 100), "max": len(late) - 1}
        return {name: round(late[index] * 1000, 1) for name, index in at.items()}
