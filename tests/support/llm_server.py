"""A chat-completions server on a real socket that does exactly what a test tells it, bad manners included.

Hand-made below HTTP libraries, because those are too well-behaved: they do not die between two tokens.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Exchange:
    """One request and the means to answer it."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def page(self, status: int, body: str, kind: str = "application/json") -> None:
        data = body.encode()
        head = f"HTTP/1.1 {status} Whatever\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\n\r\n"
        self.writer.write(head.encode() + data)
        await self.writer.drain()

    async def begin(self) -> None:
        self.writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        await self.writer.drain()

    async def raw(self, data: bytes) -> None:
        self.writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self.writer.drain()

    async def event(self, data: Any) -> None:
        await self.raw(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())

    async def token(self, text: str, field: str = "content") -> None:
        await self.event({"choices": [{"index": 0, "delta": {field: text}, "finish_reason": None}]})

    async def finish(self, reason: str = "stop", **last: Any) -> None:
        """The end as it should be; `last` are fields of the chunk behind it, such as `usage`."""
        await self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if last:
            await self.event({"choices": [], **last})
        await self.event("[DONE]")
        await self.end()

    async def end(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def vanish(self) -> None:
        """Die: the connection is cut, whatever it was in the middle of."""
        self.writer.transport.abort()

    async def hung_up(self) -> None:
        """Returns when the client closes its connection."""
        await self.reader.read(1)


Script = Callable[[Exchange], Awaitable[None]]


def answer(*words: str, reason: str = "stop", **last: Any) -> Script:
    """The script of a good server."""

    async def script(exchange: Exchange) -> None:
        await exchange.begin()
        for word in words:
            await exchange.token(word)
        await exchange.finish(reason, **last)

    return script


def page(status: int, body: str = "", kind: str = "application/json") -> Script:
    return lambda exchange: exchange.page(status, body, kind)


MODELS = page(200, json.dumps({"object": "list", "data": [{"id": "first", "owned_by": "test"}, {"id": "second"}]}))


@dataclass
class LlmServer:
    """chat: what becomes of each completion request, in turn; the last one goes for all that follow.

    seen: completion requests so far. connections: how many were accepted.
    """

    chat: list[Script]
    models: list[Script] = field(default_factory=lambda: [MODELS])
    seen: list[Exchange] = field(default_factory=list)
    connections: int = 0
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while exchange := await _request(reader, writer):
                if exchange.path.endswith("/models"):
                    await _next(self.models)(exchange)
                else:
                    self.seen.append(exchange)
                    await _next(self.chat)(exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has left, or was left
        finally:
            writer.close()


@asynccontextmanager
async def llm_server(*chat: Script, models: tuple[Script, ...] = (MODELS,)) -> AsyncIterator[LlmServer]:
    server = LlmServer(list(chat) or [answer("Hello")], list(models))
    serving: list[asyncio.Task[None]] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.create_task(server.serve(reader, writer)))

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()
        for task in serving:
            task.cancel()
        for task in serving:
            with suppress(asyncio.CancelledError):
                await task


def _next(scripts: list[Script]) -> Script:
    return scripts.pop(0) if len(scripts) > 1 else scripts[0]


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Exchange(method, path, headers, json.loads(body) if body else None, reader, writer)
