"""A caller with its hands on the wire: sends any frame, waits for an event by type."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PATIENCE_S = 20.0
LOUD = (8000).to_bytes(2, "little")


class Wire:
    """seen: every event so far, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ear_end = 0.0
        self.seen: list[dict[str, Any]] = []

    async def send(self, event: dict[str, Any] | str | bytes) -> None:
        await self.socket.send(json.dumps(event) if isinstance(event, dict) else event)

    async def append(self, pcm: bytes) -> None:
        await self.send({"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()})

    async def speak(self, ms: int) -> None:
        """Loud audio at 24 kHz, all at once."""
        await self.append(LOUD * (24 * ms))

    async def hush(self, ms: int) -> None:
        await self.append(bytes(48 * ms))

    async def event(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next event of this type, with these fields."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event: dict[str, Any] = json.loads(await self.socket.recv())
                self.seen.append(event)
                if event["type"] == "response.output_audio.delta":
                    seconds = len(event["delta"]) * 3 / 4 / 48_000
                    self._ear_end = max(self._ear_end, asyncio.get_running_loop().time()) + seconds
                if event["type"] == kind and fields.items() <= event.items():
                    return event

    async def error(self) -> dict[str, Any]:
        error: dict[str, Any] = (await self.event("error"))["error"]
        return error

    @property
    def at_the_ear(self) -> float:
        """Seconds of sound that a player would still have before it."""
        return self._ear_end - asyncio.get_running_loop().time()

    @property
    def kinds(self) -> list[str]:
        """Types seen, runs of the same delta as one."""
        kinds: list[str] = []
        for event in self.seen:
            if not (event["type"].endswith(".delta") and event["type"] in kinds[-2:]):
                kinds.append(event["type"])
        return kinds


@asynccontextmanager
async def dial(url: str, **options: Any) -> AsyncIterator[Wire]:
    async with connect(url, max_size=None, **options) as socket:
        yield Wire(socket)
