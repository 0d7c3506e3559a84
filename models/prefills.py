"""Prompts that are being read early: at most one in each slot, and none that an answer has to wait for."""

import asyncio
from collections.abc import Coroutine


class Prefills:
    """Belongs to the slots' lender; see `slots.py`."""

    def __init__(self) -> None:
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self, slot: int, work: Coroutine[None, None, None]) -> None:
        """Returns when `work` is done, or another has taken its place. Raises what `work` does; cancelling stops it."""
        self.stop(slot)
        task = self._running[slot] = asyncio.create_task(work, name=f"prefill {slot}")
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            await asyncio.wait({task})
            if self._running.get(slot) is task:
                del self._running[slot]
        if not task.cancelled():
            task.result()

    def stop(self, slot: int) -> None:
        """Make way in this slot. What was read stays read."""
        if task := self._running.pop(slot, None):
            task.cancel()
