"""Calls over WebRTC: a real gateway with scripted engines, aiortc as the caller, real sockets."""

import asyncio

import httpx2

from models.scripted import ScriptedSynthesizer
from tests.support.gateway import gateway, scripted
from tests.support.rtc_caller import RtcCaller, calling
from tests.support.until import until


async def test_a_turn_is_heard_and_answered():
    async with gateway(scripted(synthesizer=ScriptedSynthesizer(ms_per_char=40))) as running:
        async with calling(running.http) as caller:
            assert running.calls == 1
            await caller.speak(1.0)
            await caller.event("input_audio_buffer.committed")
            await caller.sound()
            await caller.event("output_audio_buffer.stopped")
            kinds = caller.kinds
        await until(lambda: running.calls == 0, 5.0)
    assert "response.output_audio.delta" not in kinds
    order = [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "output_audio_buffer.started",
        "response.output_audio.done",
        "response.done",
        "output_audio_buffer.stopped",
    ]
    places = [kinds.index(kind) for kind in order]
    assert places == sorted(places), kinds
