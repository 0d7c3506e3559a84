"""A stream that is made ahead of a client that takes it slowly, so that what makes it is free again soon."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")

PIECES = 64
"""Most that wait for the client."""
SLOW_S = 30.0
"""Longest that the client may keep the rest from being made."""


async def made_ahead(
    stream: AsyncGenerator[T, None], *, pieces: int = PIECES, slow_s: float = SLOW_S
) -> AsyncGenerator[T, None]:
    """What `stream` gives, and its errors. Raises TimeoutError where the client was too slow for too long."""
    queue: asyncio.Queue[T | None] = asyncio.Queue(pieces + 1)
    room = asyncio.Semaphore(pieces)

    async def make() -> None:
        try:
            async with aclosing(stream):
                async for piece in stream:
                    async with asyncio.timeout(slow_s):
                        await room.acquire()
                    queue.put_nowait(piece)
        finally:
            queue.put_nowait(None)  # there is always room for this last one

    making = asyncio.create_task(make(), name="made ahead")
    try:
        while (piece := await queue.get()) is not None:
            room.release()
            yield piece
        await making
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
