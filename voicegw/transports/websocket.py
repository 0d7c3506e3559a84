"""The Realtime protocol over WebSocket: one JSON event per text frame."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from voicegw.transports.goodbye import SILENT, TOO_SLOW, Goodbye

SEND_S = 30.0
"""Longest wait for a client to take one frame."""
GRACE_S = 3.0
"""Longest wait for a client to take what is left, and the goodbye, when this side has ended the session."""


class Talk(Protocol):
    """What a transport needs of a session."""

    id: str

    @property
    def goodbye(self) -> Goodbye | None:
        """Why this side ended it."""

    async def receive(self, frame: str | bytes) -> None: ...

    def __aiter__(self) -> AsyncIterator[str]: ...

    def end(self, code: int, reason: str) -> None: ...

    async def ended(self) -> None:
        """Returns when this side has ended the session."""


async def carry(websocket: WebSocket, session: Talk, *, silent_s: float | None = None) -> None:
    """Move frames both ways until either side ends; `websocket` is accepted already.

    silent_s: longest that the client may take to its first frame; None for one that may only listen.
    """
    reading = asyncio.create_task(_read(websocket, session, silent_s), name=f"read {session.id}")
    writing = asyncio.create_task(_write(websocket, session), name=f"write {session.id}")
    ending = asyncio.create_task(_grace(session), name=f"end {session.id}")
    try:
        await asyncio.wait({reading, writing, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reading, writing, ending):
            task.cancel()
        for result in await asyncio.gather(reading, writing, ending, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                raise result


async def _read(websocket: WebSocket, session: Talk, silent_s: float | None) -> None:
    loop = asyncio.get_running_loop()
    unheard = None if silent_s is None else loop.call_later(silent_s, session.end, SILENT, "the client says nothing")
    try:
        await _take(websocket, session, unheard)
    finally:
        if unheard:
            unheard.cancel()


async def _take(websocket: WebSocket, session: Talk, unheard: asyncio.TimerHandle | None) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if unheard:
            unheard.cancel()
        frame: str | bytes | None = message.get("text")
        await session.receive(message.get("bytes") or b"" if frame is None else frame)
        await asyncio.sleep(0)  # where many frames wait, nothing in the loop need be waited for


async def _grace(session: Talk) -> None:
    await session.ended()
    await asyncio.sleep(GRACE_S)


async def _write(websocket: WebSocket, session: Talk) -> None:
    async for frame in session:
        try:
            async with asyncio.timeout(SEND_S):
                await websocket.send_text(frame)
        except TimeoutError:
            session.end(TOO_SLOW, "the client reads too slowly")
            break
    if session.goodbye:
        await websocket.close(session.goodbye.code, session.goodbye.reason)
