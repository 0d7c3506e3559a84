"""Frames that wait for one client to take them."""

import asyncio
from collections.abc import AsyncIterator

from voicegw.transports.goodbye import Goodbye

LIMIT = 1024
"""Frames that may wait for a client that reads slowly; at most a few seconds of sound are among them."""


class Outbox:
    """Iterated over by one transport. Iteration ends after `end`; `goodbye` then says why."""

    def __init__(self) -> None:
        self.goodbye: Goodbye | None = None
        self._frames: asyncio.Queue[str | None] = asyncio.Queue(LIMIT)
        self._ended = asyncio.Event()

    def put(self, frame: str) -> bool:
        """Whether there was room."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            return False
        return True

    def end(self, goodbye: Goodbye) -> None:
        """What is already waiting is still taken, as far as there is room. The first reason stays."""
        if self.goodbye is None:
            self.goodbye = goodbye
            self._ended.set()
            self.hang_up()

    def hang_up(self) -> None:
        """End the iteration."""
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(None)

    async def ended(self) -> None:
        """Returns when `end` was called."""
        await self._ended.wait()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (frame := await self._frames.get()) is not None:
            yield frame
