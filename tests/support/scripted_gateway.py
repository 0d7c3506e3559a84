"""A gateway whose side of the call is written by the test: a real WebSocket server without any model."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from pipeline.audio import Pcm

RATE = 24_000
WITHIN = 20.0
LOUD = 1000


def tone(ms: int, amplitude: int = 8000, hz: int = 440) -> Pcm:
    """A sine that begins and ends loud, so that its edges are where the recording's are."""
    samples = amplitude * np.cos(2 * np.pi * hz * np.arange(ms * RATE // 1000) / RATE)
    samples[-1] = amplitude
    return Pcm(samples.astype("<i2").tobytes(), RATE)


def silence(ms: int) -> Pcm:
    return Pcm(bytes(2 * (ms * RATE // 1000)), RATE)


def joined(*pieces: Pcm) -> Pcm:
    return Pcm(b"".join(piece.data for piece in pieces), pieces[0].rate)


class Line:
    """The gateway's end of one call."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.audio = bytearray()
        self.said: list[dict[str, Any]] = []
        self._changed = asyncio.Condition()
        self._heard_to = 0
        self._count = 0

    async def read(self) -> None:
        """Take in what the caller sends, until it hangs up."""
        async for frame in self.socket:
            event = json.loads(frame)
            async with self._changed:
                if event["type"] == "input_audio_buffer.append":
                    self.audio += base64.b64decode(event["audio"], validate=True)
                else:
                    self.said.append(event)
                self._changed.notify_all()

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(WITHIN), self._changed:
            await self._changed.wait_for(condition)

    async def expect(self, kind: str) -> dict[str, Any]:
        """The first event of this type that nobody has asked for yet."""
        await self.until(lambda: any(event["type"] == kind for event in self.said))
        event = next(event for event in self.said if event["type"] == kind)
        self.said.remove(event)
        return event

    async def send(self, kind: str, **fields: Any) -> None:
        self._count += 1
        await self.socket.send(json.dumps({"type": kind, "event_id": f"event_{self._count}"} | fields))

    async def greet(self) -> None:
        """Accept the call and the caller's session."""
        await self.send("session.created", session={"type": "realtime"})
        update = await self.expect("session.update")
        await self.send("session.updated", session=update["session"])

    async def speech(self) -> int:
        """Wait for new sound; where it begins, in ms of the caller's audio."""
        await self.until(lambda: len(self._loud()))
        return int(self._loud()[0]) * 1000 // RATE

    async def speech_end(self, quiet_ms: int = 60) -> int:
        """Wait for sound and a silence after it; where that silence ends, in ms of the caller's audio."""
        quiet = quiet_ms * RATE // 1000

        def over() -> bool:
            loud = self._loud()
            return len(loud) > 0 and len(self.audio) // 2 - int(loud[-1]) > quiet

        await self.until(over)
        self._heard_to = int(self._loud()[-1]) + quiet
        return self._heard_to * 1000 // RATE

    async def hear(self, item: str, words: str | None) -> None:
        """Hear one sentence, with the protocol's events; words: None keeps the transcript back."""
        await self.send("input_audio_buffer.speech_started", item_id=item, audio_start_ms=await self.speech())
        await self.send("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=await self.speech_end())
        await self.send("input_audio_buffer.committed", item_id=item, previous_item_id=None)
        if words is not None:
            await self.send(
                "conversation.item.input_audio_transcription.completed",
                item_id=item, content_index=0, transcript=words, usage={"type": "duration", "seconds": 1},
            )  # fmt: skip

    async def begin_answer(self, response: str, text: str, voice: Pcm) -> None:
        where = {"response_id": response, "item_id": f"item_{response}", "output_index": 0, "content_index": 0}
        await self.send("response.created", response={"id": response, "status": "in_progress", "output": []})
        await self.send("response.output_audio_transcript.delta", delta=text, **where)
        piece = RATE // 10 * 2
        for start in range(0, len(voice.data), piece):
            sound = base64.b64encode(voice.data[start : start + piece]).decode()
            await self.send("response.output_audio.delta", delta=sound, **where)

    async def end_answer(self, response: str, status: str = "completed", details: Any = None) -> None:
        done = {"id": response, "status": status, "status_details": details, "output": []}
        await self.send("response.done", response=done)

    async def answer(self, response: str, text: str, voice: Pcm) -> None:
        await self.begin_answer(response, text, voice)
        await self.end_answer(response)

    def _loud(self) -> np.ndarray[Any, Any]:
        """Indices of the loud samples that `speech_end` has not passed yet."""
        heard = np.abs(np.frombuffer(bytes(self.audio), dtype="<i2").astype(np.int32))
        return np.flatnonzero(heard[self._heard_to :] >= LOUD) + self._heard_to


Script = Callable[[Line], Coroutine[Any, Any, None]]


@asynccontextmanager
async def scripted_gateway(script: Script, key: str | None = None) -> AsyncIterator[str]:
    """Run `script` for every call to the address that is yielded. What goes wrong in it fails the test."""
    failures: list[BaseException] = []

    async def call(socket: ServerConnection) -> None:
        line = Line(socket)
        reading = asyncio.create_task(line.read())
        playing = asyncio.create_task(script(line))
        try:
            # when the caller hangs up the script is over, wherever it is
            await asyncio.wait({reading, playing}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done() and not playing.exception():
                await socket.wait_closed()
        finally:
            reading.cancel()
            playing.cancel()
            for result in await asyncio.gather(reading, playing, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, ConnectionClosed):
                    failures.append(result)

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        if key is not None and request.headers.get("Authorization") != f"Bearer {key}":
            return connection.respond(HTTPStatus.UNAUTHORIZED, "no")
        return None

    async with serve(call, "127.0.0.1", 0, process_request=admit) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/realtime"
    for failure in failures:
        raise failure
