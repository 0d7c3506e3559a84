"""A gateway of the bench's own, as a child process; and what a gateway, own or not, says about itself."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx2

from pipeline.errors import OperatorError
from voicegw.client.address import beside
from voicegw.protocol.timings import TIMINGS

_READY_WITHIN: Final = 300.0  # seconds; a cold disk reads two gigabytes of models slowly
_SCRIPTED_WITHIN: Final = 60.0  # seconds; it has no models to load
_ENDED_WITHIN: Final = 20.0  # seconds; longer than the gateway needs to say goodbye to its callers
_LOOK_EVERY: Final = 0.2


@dataclass(frozen=True, slots=True)
class Reached:
    """A gateway. url: its WebSocket address. key: to it. pid: of its process, when its memory is to be watched."""

    url: str
    key: str | None = None
    pid: int | None = None


@asynccontextmanager
async def own_gateway(settings: Mapping[str, str]) -> AsyncIterator[Reached]:
    """Start `voicegw serve` on a free loopback port, yield it when it is ready, and end it.

    settings: environment variables on top of this process's own. Raises OperatorError when it does not get ready.
    """
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "voicegw", "serve", "--host", "127.0.0.1", "--port", str(port),
            env=os.environ | settings, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            await _ready(process, f"http://127.0.0.1:{port}/readyz", log)
            yield Reached(f"ws://127.0.0.1:{port}/v1/realtime", pid=process.pid)
        finally:
            await ended(process)


@dataclass(frozen=True, slots=True)
class Scripted:
    """A gateway without models. http: its address."""

    http: str
    process: asyncio.subprocess.Process


@asynccontextmanager
async def scripted_gateway(calls: int, core: int | None = None) -> AsyncIterator[Scripted]:
    """A gateway with scripted engines, on one core or on any. Raises OperatorError when it does not get ready."""
    arguments = [str(calls), *([] if core is None else [str(core)])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voicegw.commands.scripted_gateway", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(_SCRIPTED_WITHIN):
            line = await process.stdout.readline()
        if not line.strip().isdigit():
            raise OperatorError("The gateway of this bench did not start; what it said is above.")
        yield Scripted(f"http://127.0.0.1:{int(line)}", process)
    finally:
        await ended(process)


def asking_for_timings(url: str) -> str:
    """The same address, with the wish to be told where the time of each turn goes. Gateways of others ignore it."""
    parts = urlsplit(url)
    query = [*((name, value) for name, value in parse_qsl(parts.query) if name != TIMINGS), (TIMINGS, "1")]
    return urlunsplit(parts._replace(query=urlencode(query)))


async def about(url: str, key: str | None) -> dict[str, Any]:
    """What the gateway at this WebSocket address says about its engines, packages and settings.

    Only `unknown`, with the reason, when it says nothing of the kind: it need not be one of ours.
    """
    address = beside(url, "info")
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
            answer = await client.get(address, headers={"Authorization": f"Bearer {key}"} if key else {})
        told = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        return {"unknown": f"{address}: {error!r}"}
    if answer.status_code != httpx2.codes.OK or not isinstance(told, dict):
        return {"unknown": f"{address}: HTTP {answer.status_code}"}
    return told


async def _ready(process: asyncio.subprocess.Process, address: str, log: IO[bytes]) -> None:
    try:
        async with asyncio.timeout(_READY_WITHIN), httpx2.AsyncClient(trust_env=False, timeout=5) as client:
            while process.returncode is None:
                try:
                    if (await client.get(address)).status_code == httpx2.codes.OK:
                        return
                except httpx2.TransportError:
                    pass  # it does not listen yet
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as late:
        raise OperatorError(f"The gateway was not ready after {_READY_WITHIN:.0f} s. {_last_words(log)}") from late
    raise OperatorError(f"The gateway ended before it was ready. {_last_words(log)}")


async def ended(process: asyncio.subprocess.Process) -> None:
    """Ask the process to end, and make it end when it does not."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_ENDED_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    return f"It said: {lines[-1].strip()}" if lines else "It said nothing."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
