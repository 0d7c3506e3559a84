"""What the conversation keeps of an interrupted answer is what left for the ear, however late the event loop is."""

import asyncio
import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.scripted import ScriptedChat, ScriptedSynthesizer
from tests.support.gateway import scripted
from tests.support.virtual_clock import VirtualLoop, run
from voicegw.app import build
from voicegw.settings import Settings
from voicegw.transports.opus import CLOCK_RATE
from voicegw.transports.tracks import TutorTrack

WORDS = 60
WORD_S = 0.6
RESAMPLER_S = 0.002
delays = st.lists(st.tuples(st.floats(0.001, 0.4), st.floats(0.0, 1.5)), min_size=1, max_size=12)


@example([(0.3, 1.4), (0.02, 0.019), (0.02, 0.9)])
@given(delays)
@settings(max_examples=30)
def test_history_keeps_what_left_for_the_ear(late):
    """late: pairs of seconds in which the loop runs, and seconds in which it is held up."""
    kept_s, left_s = run(interrupted(late))
    assert abs(kept_s - left_s) <= RESAMPLER_S


async def interrupted(late: list[tuple[float, float]]) -> tuple[float, float]:
    """Seconds of an answer that the conversation keeps after it was cancelled, and seconds of it that left."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    engines = scripted(
        chat=ScriptedChat(["abcdefgh, "] * WORDS), synthesizer=ScriptedSynthesizer(ms_per_char=WORD_S * 100)
    )
    session = build(Settings(), engines).state.gateway.new_phone_session()
    session.go_on()
    ticking = asyncio.create_task(_tick(TutorTrack(session.spool)))
    try:
        await session.receive('{"type": "response.create"}')
        await asyncio.sleep(0.1)
        for seconds, held_up in late:
            await asyncio.sleep(seconds)
            loop.hold_up(held_up)
        await session.receive('{"type": "response.cancel"}')
        left = session.spool.left
        session.end(1000, "said the test")
        told = [json.loads(frame) async for frame in session]
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
        await session.close()
    (cut,) = [event for event in told if event["type"] == "conversation.item.truncated"]
    return cut["audio_end_ms"] / 1000, left / CLOCK_RATE


async def _tick(track: TutorTrack) -> None:
    while True:
        await track.recv()
