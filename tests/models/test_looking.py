"""A look that could not be taken says nothing about the one that was to be looked at."""

import asyncio
import resource
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from models import llama_server
from models.llama_process import Address
from models.llama_server import CannotLook, EmbeddedServer, Pulse
from models.looking import cannot_look
from pipeline.errors import OperatorError


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process can open nothing any more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


async def failure(url: str, within_s: float = 1.0) -> BaseException:
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reads no certificates, which are files as well
    async with httpx2.AsyncClient(trust_env=False, timeout=within_s, verify=plain) as http:
        with pytest.raises(httpx2.HTTPError) as failed:
            await http.get(url)
    return failed.value


async def test_without_a_descriptor_nothing_is_known():
    await failure(f"http://127.0.0.1:{free_port()}/")  # modules are files as well; now they are loaded
    with no_descriptors():
        assert cannot_look(await failure("http://127.0.0.1:9/"))


async def test_who_refuses_or_is_silent_was_asked():
    assert not cannot_look(await failure(f"http://127.0.0.1:{free_port()}/"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not cannot_look(await failure(f"http://127.0.0.1:{silent.getsockname()[1]}/", within_s=0.1))


def test_a_cause_is_found_wherever_libraries_put_it():
    deep = OSError("All connection attempts failed")
    deep.__cause__ = ExceptionGroup("two addresses", [OSError(111, "refused"), OSError(24, "Too many open files")])
    error = httpx2.ConnectError("failed")
    error.__context__ = deep
    deep.__context__ = error  # a ring
    assert cannot_look(error)
    assert cannot_look(httpx2.PoolTimeout("all are in use"))
    assert not cannot_look(httpx2.ConnectError("failed"))


class Child:
    """A process that lives until it is killed."""

    def __init__(self) -> None:
        self.looks = 0
        self.killed = False

    async def dies(self, within_s: float) -> int | None:
        await asyncio.sleep(0)
        self.looks += 1
        return -9 if self.killed or self.looks > 20 else None

    def kill(self) -> None:
        self.killed = True


async def kept(monkeypatch: pytest.MonkeyPatch, findings: list[Exception | None]) -> Child:
    """The child after looks that found this, one after another, and nothing wrong from then on."""
    server = EmbeddedServer(Path("x.gguf"), threads=1, slots=1, context=512, pulse=Pulse(every_s=0))
    child: Any = Child()
    found = iter(findings)

    async def examine(_: Address) -> None:
        if error := next(found, None):
            raise error

    monkeypatch.setattr(server, "_examine", examine)
    await server._end(child, Address("http://127.0.0.1:1", ""))
    return child  # type: ignore[no-any-return]


SICK, BLIND = OperatorError("llama.cpp's server has not answered"), CannotLook("no descriptor")


@pytest.mark.parametrize(
    ("findings", "killed"),
    [
        ([BLIND] * 10, False),
        ([SICK], False),
        ([SICK, None, SICK, None], False),
        ([SICK, SICK], True),
        ([SICK, BLIND, SICK], True),
    ],
)
async def test_only_who_was_asked_twice_and_did_not_answer_is_killed(findings, killed, monkeypatch):
    assert (await kept(monkeypatch, findings)).killed is killed


async def test_a_health_check_without_descriptors_is_no_verdict():
    server = EmbeddedServer(Path("x.gguf"), threads=1, slots=1, context=512)
    address = Address(f"http://127.0.0.1:{free_port()}", "key")
    await failure(address.url)
    with no_descriptors():
        with pytest.raises(CannotLook):
            await server._examine(address)
        server._address = address
        await server.look()  # says nothing
    with pytest.raises(OperatorError):
        await server._examine(address)
    assert llama_server.LOOKS == 2
