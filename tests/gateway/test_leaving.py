"""Callers of a gateway that stops: goodbye is spoken, the line closes by the protocol, all within the bound."""

import asyncio
import time
from contextlib import suppress

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from models.scripted import ScriptedChat, ScriptedSynthesizer
from pipeline.farewells import farewell
from tests.support.gateway import gateway, scripted
from tests.support.rtc_caller import calling
from tests.support.until import until
from tests.support.wire import dial

QUICK = 5
"""Milliseconds of sound for each character, so that nobody waits for long words."""


def engines(**others):
    return scripted(synthesizer=ScriptedSynthesizer(ms_per_char=QUICK), **others)


async def closed(wire) -> tuple[int, str]:
    """The close frame that ends what is still to come."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(10):
            while True:
                await wire.socket.recv()
    return wire.socket.close_code, wire.socket.close_reason


async def test_a_caller_hears_goodbye_before_the_line_closes():
    async with gateway(engines()) as running, dial(running.url) as wire:
        await wire.event("session.created")
        update = {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1", "language": "es"}}}}
        await wire.send({"type": "session.update", "session": update})
        await wire.event("session.updated")
        draining = asyncio.create_task(running.app.state.gateway.drain())
        said = await wire.event("response.output_audio_transcript.done")
        assert said["transcript"] == farewell("es")
        assert (await wire.event("response.done"))["response"]["status"] == "completed"
        assert running.calls == 1, "the goodbye is heard before the line closes"
        assert await closed(wire) == (1001, "the gateway is shutting down")
        await draining


async def test_while_it_says_goodbye_nobody_new_is_let_in_and_it_is_not_ready():
    async with gateway(engines()) as running, dial(running.url) as wire:
        await wire.event("session.created")
        draining = asyncio.create_task(running.app.state.gateway.drain())
        await wire.event("response.created")
        async with httpx2.AsyncClient() as client:
            assert (await client.get(running.http + "/readyz")).status_code == 503
        with pytest.raises(InvalidStatus):
            async with dial(running.url):
                pass
        await draining


@pytest.mark.parametrize("wishes", [{"output_modalities": ["text"]}, {"audio": {"input": {"turn_detection": None}}}])
async def test_a_client_that_asks_for_each_answer_is_told_by_the_close_alone(wishes):
    async with gateway(engines()) as running, dial(running.url) as wire:
        await wire.event("session.created")
        await wire.send({"type": "session.update", "session": {"type": "realtime"} | wishes})
        await wire.event("session.updated")
        begun = time.monotonic()
        await running.app.state.gateway.drain()
        assert (await closed(wire))[0] == 1001
        assert "response.created" not in wire.kinds
        assert time.monotonic() - begun < 2


async def test_a_tutor_who_does_not_come_to_an_end_is_cut_off_within_the_bound():
    stuck = scripted(
        chat=ScriptedChat(["Hold ", "on "], each_s=60), synthesizer=ScriptedSynthesizer(ms_per_char=60_000)
    )
    async with gateway(stuck, drain_s=1.0) as running, dial(running.url) as wire:
        await wire.event("session.created")
        begun = time.monotonic()
        await running.app.state.gateway.drain()
        assert time.monotonic() - begun < 4
        assert (await closed(wire))[0] == 1001


async def test_a_caller_over_webrtc_hears_it_too():
    async with gateway(engines()) as running, calling(running.http) as caller:
        draining = asyncio.create_task(running.app.state.gateway.drain())
        said = await caller.event("response.output_audio_transcript.done")
        assert said["transcript"] == farewell("en")
        await caller.event("output_audio_buffer.stopped")
        async with asyncio.timeout(10):
            await caller.closed.wait()
        await draining
        await until(lambda: running.calls == 0)


async def test_a_request_that_is_not_all_there_holds_nobody_up():
    head = b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\n"
    kind = b"Content-Type: multipart/form-data; boundary=x\r\n"
    async with gateway(engines(), drain_s=0) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(head + kind + b"Content-Length: 1000\r\n\r\n--x")
        await until(lambda: [guest.phase for guest in running.app.state.gateway.connections] == ["body"])
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert b"the gateway is shutting down" in await reader.read()
    writer.close()
