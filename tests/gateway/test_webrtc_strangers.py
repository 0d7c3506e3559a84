"""Datagrams of strangers at the ports of a call: they neither end it nor keep it alive, whatever address they show."""

import asyncio
import os
import socket
import struct
import time
from collections.abc import Callable

import httpx2
import pytest

from tests.support.gateway import Running, gateway
from tests.support.gateway_process import gateway_process, python
from tests.support.rtc_caller import RtcCaller, calling
from tests.support.until import until
from voicegw.transports import line, pulse
from voicegw.transports.line import COOKIE
from voicegw.transports.webrtc import Peer

Address = tuple[str, int]


def peer(running: Running) -> Peer:
    (call,) = running.app.state.gateway.switchboard._calls.values()
    found: Peer = call.peer
    return found


def ports(caller: RtcCaller) -> list[Address]:
    """Where the gateway listens, as its answer says."""
    lines = caller.pc.remoteDescription.sdp.splitlines()
    found = [line.split() for line in lines if line.startswith("a=candidate:")]
    return [(words[4], int(words[5])) for words in found if ":" not in words[4]]


def stun(kind: int, *attributes: tuple[int, bytes]) -> bytes:
    body = b"".join(struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4) for name, value in attributes)
    return struct.pack("!HH", kind, len(body)) + COOKIE + os.urandom(12) + body


JUNK: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "noise": lambda: os.urandom(1000),
    "like RTP": lambda: b"\x80\x60" + os.urandom(998),
    "like RTCP": lambda: b"\x80\xc8" + os.urandom(998),
    "like a DTLS record": lambda: b"\x17\xfe\xfd" + os.urandom(997),
    "a DTLS alert in clear": lambda: bytes.fromhex("15fefd00000000000000630002020a"),
    "a DTLS hello": lambda: b"\x16\xfe\xfd" + bytes(8) + b"\x00\x20" + os.urandom(32),
    "a STUN request without a name": lambda: stun(1),
    "STUN that breaks a parser": lambda: stun(1, (0x0024, b"\0"), (0x0020, b"\0" * 3), (0x0009, b"\0\0\0")),
    "a STUN response to nobody": lambda: stun(0x0101, (0x0020, bytes(8))),
    "a STUN error to nobody": lambda: stun(0x0111, (0x0009, b"\0\0\4\1")),
}


class Flood:
    """From another socket at all ports of a call, until it is stopped; `sent` counts bytes."""

    def __init__(self, targets: list[Address], what: Callable[[], bytes], rate: float = 2_000_000) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._targets, self._what, self._rate = targets, what, rate
        self.sent = 0
        self.began = time.monotonic()

    async def run(self) -> None:
        datagrams = [self._what() for _ in range(50)]
        while True:
            for datagram in datagrams:
                for target in self._targets:
                    try:
                        self._socket.sendto(datagram, target)
                    except BlockingIOError:
                        await asyncio.sleep(0.001)
                    self.sent += max(len(datagram), 40)
                    if self.sent > self._rate * (time.monotonic() - self.began):
                        await asyncio.sleep(0.005)

    async def __aenter__(self) -> "Flood":
        self._task = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._socket.close()


FLOOD = """
import os, socket, sys, time
kind, targets = sys.argv[1], [(address.rsplit(":", 1)[0], int(address.rsplit(":", 1)[1])) for address in sys.argv[2:]]
out, sent, began = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0, time.monotonic()
head = bytes.fromhex(kind)
while True:
    for target in targets:
        out.sendto(head + os.urandom(1000 - len(head)), target)
        sent += 1000
    if sent % 500_000 == 0:
        print(sent, flush=True)
    time.sleep(max(0.0, sent / 2_000_000 - (time.monotonic() - began)))
"""
"""Two megabytes a second."""


@pytest.mark.parametrize("head", ["8060", "000100002112a442"])
async def test_a_call_goes_on_while_strangers_flood_its_ports(head):
    """What looks like RTP and like STUN; both sides in processes of their own."""
    with gateway_process() as url:
        async with calling(url) as caller, httpx2.AsyncClient(base_url=url) as client:
            (port,) = {f"{host}:{port}" for host, port in ports(caller)[:1]}
            with python(FLOOD, head, port) as flood:
                assert flood.stdout
                for _ in range(6):  # until three megabytes are sent: three looks of the pulse at least
                    await asyncio.to_thread(flood.stdout.readline)
                await caller.speak(0.8)
                await caller.event("response.done")
                await caller.sound()
            assert (await client.get("/v1/info")).json()["calls"] == 1


@pytest.mark.parametrize("what", JUNK)
async def test_nothing_that_a_stranger_sends_ends_a_call(what, caplog):
    async with gateway() as running, calling(running.http) as caller:
        async with Flood(ports(caller), JUNK[what], rate=200_000):
            await asyncio.sleep(0.4)
        caller.send({"type": "response.create"})
        await caller.event("response.done")
        assert running.calls == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("what", JUNK)
async def test_nothing_that_shows_the_callers_address_ends_a_call(what, caplog):
    """Forged datagrams, from the caller's own socket: below its encryption, and with its address."""
    async with gateway() as running, calling(running.http) as caller:
        ice = caller.pc.getSenders()[0].transport.transport
        for _ in range(200):
            await ice._send(JUNK[what]())
        await asyncio.sleep(0.2)
        caller.send({"type": "response.create"})
        await caller.event("response.done")
        assert running.calls == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_forged_datagrams_cost_no_more_than_their_share(monkeypatch):
    monkeypatch.setattr(line, "PACKETS", 200)
    async with gateway() as running, calling(running.http) as caller:
        ice = caller.pc.getSenders()[0].transport.transport
        for _ in range(600):
            await ice._send(JUNK["like RTP"]())
            await asyncio.sleep(0)
        await until(lambda: peer(running).line.dropped > 0)
        await asyncio.sleep(1.1)
        caller.send({"type": "response.create"})
        await caller.event("response.done")


async def test_forged_datagrams_do_not_keep_a_dead_call_alive(monkeypatch, caplog):
    """The caller is gone, all but its address: its consent checks are answered, and somebody sends noise from there."""
    caplog.set_level("INFO")
    monkeypatch.setattr(pulse, "LOST_S", 1.0)
    monkeypatch.setattr(pulse, "HOLD_S", 0.5)
    async with gateway() as running, calling(running.http) as caller:
        transport = caller.pc.getSenders()[0].transport
        ice, send = transport.transport, transport.transport._send

        async def nothing(data: bytes) -> None:
            return

        ice._send = nothing
        end = time.monotonic() + 8

        while running.calls and time.monotonic() < end:
            await send(JUNK["like RTP"]())
            await asyncio.sleep(0.01)
        assert running.calls == 0
    assert any(getattr(record, "reason", None) == "the caller cannot be reached" for record in caplog.records)
