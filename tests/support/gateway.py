"""A real gateway on a real socket, with scripted engines unless others are given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette

from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer, ScriptedTurnDetector, ScriptedVad
from pipeline.engines import Engines
from voicegw.app import build
from voicegw.server import bind, make_server
from voicegw.settings import Settings

PATIENCE_S = 20.0


def scripted(**others: Any) -> Engines:
    """Engines that hear "hello there" and answer "Good morning to you, my friend."."""
    given: dict[str, Any] = {
        "vad": ScriptedVad(),
        "recognizer": ScriptedRecognizer(["hello there"]),
        "chat": ScriptedChat(["Good ", "morning ", "to ", "you, ", "my friend."]),
        "synthesizer": ScriptedSynthesizer(ms_per_char=20),
        "turn_detector": ScriptedTurnDetector(1.0),
    }
    return Engines(**(given | others))


@dataclass
class Running:
    """port: where it listens. failures: why an engine could not be started."""

    app: Starlette
    port: int
    ready: asyncio.Event
    failures: list[Exception]

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/realtime?model=test"

    @property
    def calls(self) -> int:
        return len(self.app.state.gateway.table)


@asynccontextmanager
async def gateway(engines: Engines | None = None, *, wait: bool = True, **settings: Any) -> AsyncIterator[Running]:
    """wait: until its engines are warm."""
    chosen = Settings(host="127.0.0.1", port=0, **settings)
    listener = bind(chosen.host, chosen.port)
    ready, failures = asyncio.Event(), list[Exception]()
    app = build(chosen, engines or scripted(), ready=ready.set, failed=failures.append)
    running = Running(app, listener.getsockname()[1], ready, failures)
    server = make_server(app, chosen, app.state.gateway.drain)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(PATIENCE_S):
            if wait:
                await running.ready.wait()
        yield running
    finally:
        server.should_exit = True
        await serving
        listener.close()
