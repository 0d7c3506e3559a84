"""The places of a gateway: who only asks for one does not hold it, and no key holds them all."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.gateway import Running, gateway
from tests.support.rtc_caller import RtcCaller, calling
from tests.support.until import until
from tests.support.wire import dial
from voicegw.sessions import switchboard
from voicegw.sessions.ephemeral import EphemeralKeys, KeyBusy
from voicegw.transports import webrtc

KEY = "k" * 16


async def offers(running: Running, stack: AsyncExitStack, count: int) -> list[int]:
    """Status of each of so many offers that nobody goes on with."""
    callers = [RtcCaller() for _ in range(count)]
    for caller in callers:
        stack.push_async_callback(caller.hang_up)
    return [(await caller.dial_only(running.http)).status_code for caller in callers]


@pytest.mark.parametrize("how", ["websocket", "webrtc"])
async def test_who_calls_gets_the_place_of_who_only_made_an_offer(how, monkeypatch):
    monkeypatch.setattr(switchboard, "YIELDS_S", 0.2)
    async with gateway(max_calls=4) as running, AsyncExitStack() as stack:
        assert await offers(running, stack, 4) == [201] * 4
        await asyncio.sleep(0.3)
        for _ in range(4):
            if how == "websocket":
                wire = await stack.enter_async_context(dial(running.url))
                await wire.event("session.created")
            else:
                await stack.enter_async_context(calling(running.http))
            assert running.calls <= 4
        await asyncio.sleep(0.3)
        with pytest.raises(InvalidStatus) as full:  # those who came hold theirs
            await stack.enter_async_context(dial(running.url))
        assert full.value.response.status_code == 503


async def test_who_was_heard_of_is_not_sent_away_for_another(monkeypatch):
    monkeypatch.setattr(switchboard, "YIELDS_S", 0.0)
    async with gateway(max_calls=1) as running, calling(running.http, ticket="new") as caller:
        late = RtcCaller()
        assert (await late.dial_only(running.http)).status_code == 503
        again = RtcCaller()
        assert (await again.dial_only(running.http)).status_code == 503
        await asyncio.gather(late.hang_up(), again.hang_up())
        caller.send({"type": "response.create"})
        await caller.event("response.done")


async def test_an_offer_that_nobody_goes_on_with_ends_soon(monkeypatch):
    monkeypatch.setattr(webrtc, "REACH_S", 0.5)  # long before CONNECT_S
    async with gateway(max_calls=2) as running, AsyncExitStack() as stack:
        assert await offers(running, stack, 2) == [201, 201]
        await until(lambda: running.calls == 0, 5)


async def test_one_ephemeral_key_takes_no_more_than_its_places():
    async with gateway(max_calls=4, api_key=KEY) as running, AsyncExitStack() as stack:
        keys = running.app.state.gateway.ephemeral
        key = keys.issue("realtime", None, 60, time.time(), time.monotonic())
        bearer = {"additional_headers": {"Authorization": f"Bearer {key.value}"}}
        first = await stack.enter_async_context(dial(running.url, **bearer))
        await stack.enter_async_context(dial(running.url, **bearer))
        with pytest.raises(InvalidStatus) as busy:
            await stack.enter_async_context(dial(running.url, **bearer))
        assert (busy.value.response.status_code, b"rate_limit_exceeded" in busy.value.response.body) == (429, True)
        others = {"additional_headers": {"Authorization": f"Bearer {KEY}"}}
        for _ in range(2):
            await stack.enter_async_context(dial(running.url, **others))
        await first.socket.close()
        await until(lambda: running.calls == 3)
        await stack.enter_async_context(dial(running.url, **bearer))


async def test_the_places_of_a_key_can_be_set():
    async with gateway(max_calls=4, max_calls_per_key=1) as running, AsyncExitStack() as stack:
        key = running.app.state.gateway.ephemeral.issue("realtime", None, 60, time.time(), time.monotonic())
        bearer = {"additional_headers": {"Authorization": f"Bearer {key.value}"}}
        await stack.enter_async_context(dial(running.url, **bearer))
        with pytest.raises(InvalidStatus):
            await stack.enter_async_context(dial(running.url, **bearer))


def test_no_clock_that_is_set_back_prolongs_a_key():
    keys = EphemeralKeys()
    key = keys.issue("realtime", None, 60, now=1_000_000.0, monotonic=50.0)
    assert keys.find(key.value, 1_000_059.0, 109.0) is key
    assert keys.find(key.value, 1_000_000.0 - 86_400, 111.0) is None
    assert keys.find(key.value, 1_000_061.0, 55.0) is None  # set forward, or a machine that slept
    assert key.expires_at == 1_000_060


def test_keys_that_ran_out_by_either_clock_make_room_for_others():
    keys = EphemeralKeys(limit=1)
    keys.issue("realtime", None, 60, now=1_000_000.0, monotonic=50.0)
    keys.issue("realtime", None, 60, now=900_000.0, monotonic=111.0)


def test_a_key_is_free_again_when_its_call_is_over():
    keys = EphemeralKeys(places=1)
    key = keys.issue("realtime", None, 60, 0.0, 0.0)
    with keys.held(key):
        with pytest.raises(KeyBusy):
            keys.check(key)
        with keys.held(None):
            pass
    keys.check(key)


@pytest.mark.parametrize("path", ["calls/rtc_1/resume", "calls"])
async def test_who_may_not_is_told_before_a_body_is_waited_for(path):
    async with gateway(api_key=KEY) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        head = f"POST /v1/realtime/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"
        writer.write(f"{head}Content-Length: 20000\r\n\r\n".encode())
        async with asyncio.timeout(5):
            assert (await reader.readline()).split()[1] in (b"401", b"404")
        writer.close()
