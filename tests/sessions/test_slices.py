"""Sound that comes faster than it sounds: worked off in slices, at a pace, and none of it lost."""

import asyncio
import json

import pytest

from pipeline.audio import Pcm
from tests.support.gateway import scripted
from tests.support.virtual_clock import run
from voicegw.app import build
from voicegw.sessions.slices import AHEAD_S, PACE, SLICE_S, Slices
from voicegw.settings import Settings

RATE = 24_000


def test_a_long_recording_is_cut_and_goes_no_faster_than_its_pace():
    async def scene() -> None:
        loop, data = asyncio.get_running_loop(), bytes(range(256)) * 750 * 300
        parts, began, at = list[Pcm](), loop.time(), 7
        seconds = len(data) / 2 / RATE
        async for part in Slices(loop.time).of(Pcm(data, RATE, 7)):
            parts.append(part)
            assert part.seconds <= SLICE_S
            assert part.start == at
            at += part.samples
        assert b"".join(part.data for part in parts) == data
        assert loop.time() - began == pytest.approx((seconds - AHEAD_S) / PACE, abs=2 * SLICE_S / PACE)

    run(scene())


def test_sound_at_the_pace_of_speech_never_waits():
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        slices = Slices(loop.time)
        for _ in range(10_000):
            began = loop.time()
            async for _part in slices.of(Pcm(bytes(RATE // 50 * 2), RATE)):
                pass
            assert loop.time() == began
            await asyncio.sleep(0.02)

    run(scene())


def test_an_append_is_taken_as_a_whole_or_refused_as_a_whole():
    async def scene() -> None:
        session = build(Settings(), scripted()).state.gateway.new_session()
        update = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
        await session.receive(json.dumps({"type": "session.update", "session": update}))
        five_minutes = json.dumps({"type": "input_audio_buffer.append", "audio": "A" * (300 * RATE * 2 * 4 // 3)})
        for _ in range(3):
            await session.receive(five_minutes)
        await session.receive('{"type": "input_audio_buffer.commit"}')
        session.end(1000, "said the test")
        told = [json.loads(frame) async for frame in session]
        assert [event["error"]["code"] for event in told if event["type"] == "error"] == ["input_audio_buffer_full"]
        assert session.call._listener.end == pytest.approx(600 * 16_000, abs=100)
        await session.close()

    run(scene())
