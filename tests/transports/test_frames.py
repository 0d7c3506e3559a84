"""A client that sends as fast as it can is read at a pace, and others get their turn in between."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN

from tests.support.gateway import gateway
from tests.support.wire import dial
from voicegw.transports import frames
from voicegw.transports.allowance import Allowance
from voicegw.transports.frames import FRAMES_AT_ONCE, PARTS, PIECE, PacedWebSocket

PING = Frame(Opcode.PING, b"").serialize(mask=True)


class Loop:
    """Keeps what is to be run later."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[..., Any], tuple[Any, ...]]] = []

    def call_soon(self, callback: Callable[..., Any], *given: Any) -> object:
        return self.call_later(0.0, callback, *given)

    def call_later(self, seconds: float, callback: Callable[..., Any], *given: Any) -> object:
        self.due.append((seconds, callback, given))
        return object()

    def step(self) -> float:
        """Run what is due next; after how many seconds."""
        seconds, callback, given = self.due.pop(0)
        callback(*given)
        return seconds


class Network:
    """The transport: counts what is sent, and whether more is read."""

    def __init__(self) -> None:
        self.sent = 0
        self.reading = True

    def write(self, data: bytes) -> None:
        self.sent += len(data)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return False


async def nobody(scope: object, receive: object, send: object) -> None:
    """An application that takes no messages."""


async def protocol() -> tuple[PacedWebSocket, Loop, Network]:
    """A connection that is open already."""
    loop, network = Loop(), Network()
    made = PacedWebSocket(Config(nobody, interface="asgi3", lifespan="off", log_config=None), ServerState(), {}, loop)
    made.transport = network  # type: ignore[assignment]
    made.conn.state, made.handshake_complete = OPEN, True
    made.conn.parser = super(type(made.conn), made.conn).parse()  # frames from here on
    next(made.conn.parser)
    return made, loop, network


async def test_many_pings_in_one_read_are_answered_in_slices(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frames, "SLICE_S", 0.0)  # each piece is a slice
    made, loop, network = await protocol()
    count = FRAMES_AT_ONCE - 500
    made.data_received(PING * count)
    assert not network.reading
    answered = 0
    while loop.due:
        assert network.sent - answered <= 2 * (PIECE // len(PING) + 1)  # a pong has two bytes
        answered = network.sent
        assert loop.step() == 0
    assert network.sent == 2 * count
    assert network.reading


async def test_more_frames_than_a_second_may_have_wait():
    made, loop, network = await protocol()
    made.data_received(PING * (FRAMES_AT_ONCE + 3000))
    waited = 0.0
    while loop.due and not waited:
        waited = loop.due[0][0]
        loop.step()
    assert waited > 0
    assert not network.reading
    assert network.sent < 2 * (FRAMES_AT_ONCE + 1000)


async def test_who_does_not_take_pongs_is_sent_none():
    made, _, network = await protocol()
    made.pause_writing()
    made.data_received(PING * 50)
    assert network.sent == 0
    made.resume_writing()
    made.data_received(PING)
    assert network.sent == 2


async def test_what_is_not_read_yet_is_no_missing_pong():
    made, loop, _ = await protocol()
    made.ping_timeout = 20.0
    made.read_paused = True  # the application has not taken the last message
    made.keepalive_timeout()
    (seconds, again, _given) = loop.due[0]
    assert (seconds, again) == (20.0, made.keepalive_timeout)


async def test_a_message_in_endless_parts_is_refused():
    async with gateway() as running, connect(running.url, proxy=None) as socket:
        await socket.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(sent_in_parts(socket, PARTS + 10), 20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    async with gateway() as running, connect(running.url, proxy=None) as socket:
        await socket.recv()
        await socket.send(['{"type":', *[" "] * 1000, '"input_audio_buffer.clear"}'])
        assert "cleared" in str(await socket.recv())


async def test_frames_are_not_compressed():
    async with gateway() as running, dial(running.url, compression="deflate") as wire:
        await wire.event("session.created")
        assert wire.socket.protocol.extensions == []


async def test_messages_that_wait_for_the_application_are_all_delivered_in_order():
    """More than fit into one piece, sent at once."""
    async with gateway() as running, dial(running.url) as wire:
        await wire.event("session.created")
        for number in range(300):
            await wire.send({"type": "nothing", "event_id": f"e{number}"})
        for number in range(300):
            assert (await wire.event("error"))["error"]["event_id"] == f"e{number}"


async def sent_in_parts(socket: ClientConnection, parts: int) -> None:
    """A message that never means anything; returns with the next event."""
    await socket.send(["{", *[""] * parts])
    await socket.recv()


def test_an_allowance_says_how_long_to_wait():
    left = Allowance(10.0, 5.0)
    assert left.wait(0.0) == 0
    left.take(5, 0.0)
    assert left.wait(0.0) == 0
    left.take(3, 0.0)
    assert left.wait(0.0) == pytest.approx(0.3)
    assert left.wait(0.2) == pytest.approx(0.1)
    left.take(0, 100.0)
    left.take(5, 100.0)  # a rest brings back what may come at once, and no more
    left.take(1, 100.0)
    assert left.wait(100.0) == pytest.approx(0.1)
