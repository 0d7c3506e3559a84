"""Which slot of the llama.cpp server answers whom.

A slot remembers the prompt that it read last, and reads only what is new of the next: the cost of a turn is the turn,
not the conversation. Left to itself the server picks the slot by likeness of the prompts, and two conversations with
the same instructions are alike enough to take each other's slots away in turns. So every caller keeps to a slot here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.errors import EngineOverloaded


class Slots:
    """Lends slots 0 to count - 1, each to one answer at a time."""

    def __init__(self, count: int, *, waiting: int) -> None:
        """waiting: most answers that wait for a slot; one more is refused at once."""
        self._lock = asyncio.Semaphore(count)
        # Free slots, the one that rested longest first, with the caller whose conversation each remembers.
        self._free: dict[int, str | None] = dict.fromkeys(range(count))
        self._lent: dict[int, str] = {}
        self._count = count
        self._places = waiting

    @asynccontextmanager
    async def lend(self, caller: str, *, within_s: float) -> AsyncIterator[int]:
        """The caller's own slot if it is free, else the one that rested longest. Raises EngineOverloaded."""
        await self._wait(within_s)
        slot = self._choose(caller)
        self._lent[slot] = caller
        try:
            yield slot
        finally:
            del self._lent[slot]
            self._free[slot] = caller
            self._lock.release()

    def reserve(self, caller: str) -> int | None:
        """The slot that the caller would be lent next, from now on the caller's own, but not taken from anybody.

        None when the caller is being answered, or all slots are busy: then nothing can be read ahead.
        """
        if caller in self._lent.values() or self._lock.locked():
            return None
        slot = self._choose(caller)
        self._free[slot] = caller
        return slot

    def own(self, caller: str) -> int | None:
        """The slot that remembers this caller's conversation, if one does."""
        lent = next((slot for slot, last in self._lent.items() if last == caller), None)
        return lent if lent is not None else next((slot for slot, last in self._free.items() if last == caller), None)

    def _choose(self, caller: str) -> int:
        own = [slot for slot, last in self._free.items() if last == caller]
        slot = own[-1] if own else next(iter(self._free))
        del self._free[slot]
        return slot

    async def _wait(self, within_s: float) -> None:
        if self._places == 0:
            raise EngineOverloaded(self._sentence())
        self._places -= 1
        try:
            async with asyncio.timeout(within_s):
                await self._lock.acquire()
        except TimeoutError:
            raise EngineOverloaded(self._sentence()) from None
        finally:
            self._places += 1

    def _sentence(self) -> str:
        return (
            f"The embedded language model is giving {self._count} answers already and cannot begin another; "
            "try again later, or raise VOICEGW_LLM_SLOTS."
        )
