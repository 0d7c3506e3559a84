"""Connections of strangers: each has an end, all together have a limit, and the gateway keeps back what it needs."""

import asyncio
import errno
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.gateway import Running, gateway
from tests.support.gateway_process import gateway_process
from tests.support.until import until
from tests.support.wire import dial
from voicegw import descriptors, doorway
from voicegw.connections import OWN_PLACES, Connections, Guest, Patience, Phase, network
from voicegw.guests import GuestState
from voicegw.http import realtime
from voicegw.seldom import Seldom
from voicegw.server import make_server
from voicegw.settings import Settings

# --- how long a connection is waited for, without a socket -----------------------------------------------------------

P = Patience(head_s=10, body_s=20, body_rate=1000, idle_s=15, unread_s=20)


def guest(now: float = 0.0, address: str = "203.0.113.9") -> Guest:
    return Guest(address, P, now)


def test_who_says_nothing_at_all_and_who_drips_a_head_is_given_up_after_the_same_time():
    silent, dripping = guest(), guest()
    for now in range(11):
        dripping.received(1, now)
        assert silent.overdue(now) is dripping.overdue(now) is None
    assert silent.overdue(10.1) == dripping.overdue(10.1) == "it does not finish the head of a request"


def test_a_body_may_take_as_long_as_it_is_large_and_never_rest():
    steady = guest()
    steady.does("body", 0.0)
    for now in range(1, 600):
        steady.received(1100, now)
        assert steady.overdue(now) is None
    assert steady.overdue(599 + 21) == "it does not go on with the body of a request"
    dripping = guest()
    dripping.does("body", 0.0)
    said = None
    for now in range(1, 60):
        dripping.received(1, now)
        said = said or (dripping.overdue(now) and now)
    assert said == 21


def test_the_body_of_the_next_request_begins_anew():
    one = guest()
    one.does("body", 0.0)
    one.received(10, 15.0)
    one.does("body", 15.0, anew=True)
    assert one.overdue(30.0) is None
    assert one.overdue(36.0)


def test_what_we_do_not_read_is_not_the_clients_delay():
    one = guest()
    one.does("body", 0.0)
    for now in range(300):
        assert one.overdue(now, paused=True) is None
    assert one.overdue(299 + 21)


def test_an_answer_may_take_long_but_must_be_read():
    one = guest()
    one.does("answer", 0.0)
    assert one.overdue(3600.0) is None
    for now, unsent in ((3601, 5000), (3620, 4000), (3639, 3000), (3658, 3000)):
        assert one.overdue(now, unsent=unsent) is None
    assert one.overdue(3660, unsent=3000) == "it does not read its answer"
    assert one.overdue(3661, unsent=0) is None


def test_who_rests_between_two_requests_is_given_up():
    one = guest()
    one.does("idle", 100.0)
    assert one.overdue(115.0) is None
    assert one.overdue(115.1)


# --- how many there may be -----------------------------------------------------------------------------------------


def full(connections: Connections, address: str, phase: Phase = "head") -> list[Guest]:
    """As many as may come from `address`, one second after another."""
    came: list[Guest] = []
    while connections.in_the_way(address) == "nobody":
        came.append(connections.came(address, float(len(came))))
        came[-1].does(phase, float(len(came)))
    return came


def test_one_address_does_not_take_the_places_of_another():
    connections = Connections(most=100, most_each=10)
    near = full(connections, "203.0.113.9")
    assert len(near) == 10
    assert connections.in_the_way("203.0.113.9") is near[0]
    assert connections.in_the_way("203.0.113.10") == "nobody"


def test_one_line_with_many_addresses_is_one():
    connections = Connections(most=100, most_each=10)
    assert len(full(connections, "2001:db8::1")) == 10
    assert connections.in_the_way("2001:db8::ffff") != "nobody"
    assert connections.in_the_way("2001:db8:0:1::1") == "nobody"
    assert network("::ffff:203.0.113.9") == network("203.0.113.9")


def test_calls_and_requests_give_way_to_nobody():
    connections = Connections(most=4, most_each=4)
    calls = full(connections, "203.0.113.9", "call")
    assert connections.in_the_way("198.51.100.1") == "all"
    calls[2].does("idle", 50.0)
    assert connections.in_the_way("198.51.100.1") is calls[2]
    connections.left(calls[0])
    assert connections.in_the_way("198.51.100.1") == "nobody"


def test_who_watches_over_the_gateway_gets_in_when_it_is_full():
    connections = Connections(most=20, most_each=20)
    full(connections, "203.0.113.9", "call")
    assert len(full(connections, "127.0.0.1", "call")) == OWN_PLACES
    assert connections.in_the_way("127.0.0.1") == "all"


def test_behind_a_proxy_on_this_machine_all_may_come():
    assert len(full(Connections(most=50, most_each=5), "127.0.0.1")) == 50 + OWN_PLACES


def test_what_is_kept_back_of_few_descriptors():
    assert descriptors.for_strangers(64, 4) == 32
    assert descriptors.for_strangers(1024, 4) == 1024 - 32
    assert descriptors.for_strangers(40, 32) == 20


def test_the_log_is_told_now_and_then_and_how_much_it_was_not():
    seldom = Seldom(10.0)
    assert [seldom.may("a", now) for now in (0, 1, 9, 10, 11)] == [0, None, None, 2, None]
    assert seldom.may("b", 1) == 0


# --- on the wire ---------------------------------------------------------------------------------------------------

HASTY = Patience(head_s=0.4, body_s=0.4, body_rate=1_000_000, idle_s=0.4, unread_s=0.6)
POST = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\n"


@asynccontextmanager
async def hasty(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> AsyncIterator[Running]:
    monkeypatch.setattr(doorway, "LOOK_S", 0.05)
    async with gateway(**settings) as running:
        running.app.state.gateway.connections.patience = HASTY
        yield running


async def opened(running: Running, stack: AsyncExitStack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    stack.callback(writer.transport.abort)
    return reader, writer


async def everything(reader: asyncio.StreamReader) -> bytes:
    """Until the connection ends, in whatever way."""
    told = b""
    async with asyncio.timeout(5):
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                told += piece
    return told


@pytest.mark.parametrize(
    ("sent", "drop", "status"),
    [
        (b"", b"", 408),
        (b"", b"G", 408),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"x", 408),
        (b"GET /v1/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", b"X", 408),
        (POST + b"Content-Length: 1000\r\n\r\n{", b"", 408),
        (POST + b"Content-Length: 1000\r\n\r\n{", b" ", 408),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", 408),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"", 408),
        # Refused at once, and yet the body goes on: the connection ends all the same.
        (b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", 405),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"", 200),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n", b"X", 200),
    ],
)
async def test_a_connection_that_is_only_waited_for_ends(sent, drop, status, monkeypatch):
    async with hasty(monkeypatch) as running, AsyncExitStack() as stack:
        reader, writer = await opened(running, stack)
        writer.write(sent)

        async def drip() -> None:
            while drop:
                writer.write(drop)
                await asyncio.sleep(0.1)

        dripping = asyncio.create_task(drip())
        stack.callback(dripping.cancel)
        told = await everything(reader)
        assert told.split()[1] == str(status).encode()
        if status == 408:
            assert json.loads(told.partition(b"\r\n\r\n")[2])["error"]["code"] == "request_timeout"
        await until(lambda: len(running.app.state.gateway.connections) == 0)


async def test_who_never_takes_the_answer_is_let_go(monkeypatch):
    async with hasty(monkeypatch) as running, AsyncExitStack() as stack:
        _, writer = await opened(running, stack)
        cast(Any, writer.transport).pause_reading()
        ask = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        end = time.monotonic() + 15
        connections = running.app.state.gateway.connections
        while not connections.counts.given_up and time.monotonic() < end:
            writer.write(ask * 50)
            await asyncio.sleep(0.02)
        assert connections.counts.given_up == 1
        await until(lambda: len(connections) == 0)


async def test_four_hundred_idle_connections_end_and_meanwhile_everybody_is_served(monkeypatch):
    async with hasty(monkeypatch) as running, AsyncExitStack() as stack:
        async with httpx2.AsyncClient(base_url=running.http) as client:
            idle = [await opened(running, stack) for _ in range(400)]
            assert (await client.get("/healthz")).status_code == 200
            async with dial(running.url) as wire:
                await wire.event("session.created")
                async with asyncio.timeout(10):
                    await asyncio.gather(*(reader.read() for reader, _ in idle))
                await wire.send({"type": "response.create"})
                await wire.event("response.done")
            info = (await client.get("/v1/info")).json()["connections"]
        assert info["open"] <= 2
        assert info["given_up"] >= 300


async def test_where_all_connections_are_taken_the_idle_ones_give_way():
    async with gateway(max_connections=8) as running, AsyncExitStack() as stack:
        idle = [await opened(running, stack) for _ in range(8 + OWN_PLACES)]
        await until(lambda: len(running.app.state.gateway.connections) == 8 + OWN_PLACES)
        async with dial(running.url) as wire, httpx2.AsyncClient(base_url=running.http) as client:
            await wire.event("session.created")
            info = (await client.get("/v1/info")).json()["connections"]
            assert (info["open"], info["most"]) == (8 + OWN_PLACES, 8)
            assert info["gave_way"] == 2
            assert await idle[0][0].read() == b""  # the one that was waited for longest
            await wire.send({"type": "response.create"})
            await wire.event("response.done")


async def test_one_too_many_is_told_so(caplog):
    async with gateway(max_connections=8, max_calls=100) as running, AsyncExitStack() as stack:
        for _ in range(8 + OWN_PLACES):
            await stack.enter_async_context(dial(running.url))
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            told = await everything(reader)
            writer.close()
            assert b" 503 " in told
            assert b"too_many_connections" in told
        said = [record.message for record in caplog.records if "too many connections" in record.message]
        assert len(said) == 1


async def test_a_client_that_says_nothing_does_not_hold_a_place(monkeypatch):
    monkeypatch.setattr(realtime, "SILENT_S", 0.3)
    async with gateway(max_calls=1) as running:
        async with dial(running.url) as wire:
            await wire.event("session.created")
            async with asyncio.timeout(5):
                await wire.socket.wait_closed()
            assert (wire.socket.close_code, wire.socket.close_reason) == (1008, "the client says nothing")
        await until(lambda: running.calls == 0)
        async with dial(running.url) as wire:  # one frame is enough
            await wire.send({"type": "session.update", "session": {"type": "realtime"}})
            await asyncio.sleep(0.6)
            await wire.send({"type": "response.create"})
            await wire.event("response.done")


@pytest.mark.parametrize("head", [b"X: " + b"x" * 300_000, b"no header\r\n\r\n", b"\0\r\n\r\n"])
async def test_a_head_that_is_none_is_answered_as_every_error(head):
    async with gateway() as running, AsyncExitStack() as stack:
        reader, writer = await opened(running, stack)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + head)
        told = await everything(reader)
        assert told.split()[1] == b"400"
        assert json.loads(told.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_request"


UPGRADE = (
    b"Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize(
    ("query", "more"),
    [
        (b"", b"Sec-WebSocket-Extensions: " + b"a," * 10_000 + b"a\r\n"),
        (b"", b"Sec-WebSocket-Protocol: " + b"realtime," * 3000 + b"realtime\r\n"),
        (b"?model=" + b"x" * 20_000, b""),
        (b"", b"".join(b"X-%d: y\r\n" % n for n in range(300))),
        (b"", b"Content-Length: 5\r\n"),
        (b"", b"Transfer-Encoding: chunked\r\n"),
    ],
)
async def test_a_handshake_that_is_none_is_answered_and_holds_no_connection(query, more):
    async with gateway() as running, AsyncExitStack() as stack:
        reader, writer = await opened(running, stack)
        writer.write(b"GET /v1/realtime" + query + b" HTTP/1.1\r\n" + UPGRADE + more + b"\r\n")
        told = await everything(reader)
        assert told.split()[1] == b"400"
        assert json.loads(told.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_request"
        await until(lambda: len(running.app.state.gateway.connections) == 0)


@pytest.mark.parametrize("version", [b"9.9", b"2.0", b"0.9"])
async def test_a_version_of_http_that_there_is_not_is_refused_at_once(version):
    async with gateway() as running, AsyncExitStack() as stack:
        reader, writer = await opened(running, stack)
        writer.write(b"GET / HTTP/" + version + b"\r\nHost: localhost\r\n\r\n")
        told = await everything(reader)
        assert told.split()[1] == b"505"
        assert json.loads(told.partition(b"\r\n\r\n")[2])["error"]["code"] == "http_version_unknown"


@pytest.mark.parametrize("path", [b"/v1/audio/speech", b"/v1/audio/transcriptions", b"/v1/realtime/calls"])
async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(path):
    async with gateway() as running, AsyncExitStack() as stack:
        reader, writer = await opened(running, stack)
        kind = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999999\r\n\r\n"
        writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + kind)
        async with asyncio.timeout(5):
            assert (await reader.readline()).split()[1] == b"413"


async def test_a_call_that_is_asked_for_without_a_handshake_is_told_what_is_missing():
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        told = await client.get("/v1/realtime")
        assert (told.status_code, told.headers["upgrade"]) == (426, "websocket")
        assert "Upgrade and Connection" in told.json()["error"]["message"]


async def test_a_client_that_breaks_the_protocol_is_no_error_of_ours(caplog):
    key = {"Authorization": f"Bearer {'k' * 16}"}
    async with gateway(api_key="k" * 16) as running:
        for _ in range(3):
            async with dial(running.url, additional_headers=key) as wire:
                await wire.event("session.created")
                await wire.send({"type": "response.create"})
                wire.socket.transport.write(b"\x83\x80\0\0\0\0")  # of no kind that there is
                async with asyncio.timeout(5):
                    await wire.socket.wait_closed()
                assert wire.socket.close_code == 1002
        with pytest.raises(InvalidStatus, match="401"):
            async with dial(running.url):
                pass
        await until(lambda: running.calls == 0)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_with_few_descriptors_some_are_kept_back():
    with gateway_process(descriptors=64) as url:
        async with AsyncExitStack() as stack:
            idle = [await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2])) for _ in range(60)]
            for _, writer in idle:
                stack.callback(writer.transport.abort)
            async with httpx2.AsyncClient(base_url=url) as client:
                for _ in range(20):
                    assert (await client.get("/healthz", headers={"Connection": "close"})).status_code == 200
                info = (await client.get("/v1/info")).json()
            assert info["descriptors"]["most"] == 64
            assert info["descriptors"]["open"] <= 64 - 16
            assert info["connections"]["few"] + info["connections"]["gave_way"] > 20
            async with dial(f"{url.replace('http', 'ws')}/v1/realtime") as wire:
                await wire.send({"type": "response.create"})
                await wire.event("response.done")


class Moody:
    """An event loop's way to accept, which fails as told and then waits."""

    def __init__(self, *errors: int) -> None:
        self.errors = list(errors)

    async def sock_accept(self, listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
        if self.errors:
            raise OSError(self.errors.pop(0), "no")
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def test_whatever_accepting_fails_with_the_others_have_their_turn(monkeypatch, caplog):
    monkeypatch.setattr(doorway, "REST_S", 0.0)
    connections = Connections()
    kept = doorway.Doorway(GuestState(connections), lambda _: asyncio.sleep(0), highest=1000)
    moody = Moody(errno.EMFILE, errno.ECONNABORTED, errno.ENFILE, errno.EINVAL)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_accept", moody.sock_accept)
        keeping = asyncio.create_task(kept.keep([listener]))
        await until(lambda: not moody.errors)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert connections.short(asyncio.get_running_loop().time())
    assert len([record for record in caplog.records if "file descriptors" in record.message]) == 1  # and not for each


async def test_a_gateway_that_nobody_can_reach_any_more_ends(monkeypatch):
    async with gateway() as running:

        async def broken(_: object) -> None:
            raise RuntimeError("the doorway broke")

        monkeypatch.setattr(doorway.Doorway, "_accept", broken)
        server = make_server(running.app, Settings(host="127.0.0.1", port=0), running.app.state.gateway.drain)
        server.lifespan = SimpleNamespace(startup=lambda: asyncio.sleep(0), should_exit=False)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            await server.startup([listener])
            await until(lambda: server.should_exit)
