"""Calls over a bad network: 5 % of packets lost, the others up to 60 ms late, in any order, both ways."""

import asyncio

from bench.phone.lossy_link import LossyLink, lossy_link
from models.scripted import ScriptedRecognizer, ScriptedSynthesizer
from tests.support.gateway import gateway, scripted
from tests.support.rtc_caller import LOUD, RtcCaller, calling

LOSS, JITTER_S = 0.05, 0.06


async def turn(caller: RtcCaller) -> tuple[float, float]:
    """One turn to its end: seconds until the caller heard that its speech was noticed, and seconds it spoke."""
    begun = asyncio.get_running_loop().time()
    caller.microphone.speaking = True
    await caller.event("input_audio_buffer.speech_started")
    delay = asyncio.get_running_loop().time() - begun
    await asyncio.sleep(0.8)
    caller.microphone.speaking = False
    spoken = asyncio.get_running_loop().time() - begun
    await caller.event("output_audio_buffer.stopped")
    return delay, spoken


async def test_turns_are_heard_and_answered_over_a_rough_line():
    recognizer = ScriptedRecognizer(["hello there"])
    voice = ScriptedSynthesizer(ms_per_char=40)
    async with (
        gateway(scripted(recognizer=recognizer, synthesizer=voice)) as running,
        lossy_link(loss=LOSS, jitter=JITTER_S) as link,
        calling(running.http, link=link) as caller,
    ):
        spoken = [(await turn(caller))[1] for _ in range(3)]
        heard = [request.audio.seconds for request in recognizer.heard if request.final]
        loud = sum(0.02 for _, level in caller.levels if level > LOUD)
        assert link.dropped > 0.03 * (link.dropped + link.passed)
    # What is lost is concealed: the words are as long as they were spoken, with a little silence at their edges.
    assert all(0 < one - other < 0.8 for one, other in zip(heard, spoken, strict=True)), (heard, spoken)
    assert loud > 0.8 * 3 * len("Good morning to you, my friend.") * 0.04


async def test_after_a_second_of_outage_the_delay_is_what_it_was():
    async with (
        gateway() as running,
        lossy_link(loss=LOSS, jitter=JITTER_S) as link,
        calling(running.http, link=link) as caller,
    ):
        # The least of three: the word of it is an event, which a lost packet delays by SCTP's patience of a second.
        before = min([(await turn(caller))[0] for _ in range(3)])
        await outage(link, 1.0)
        await asyncio.sleep(0.5)
        after = min([(await turn(caller))[0] for _ in range(3)])
        assert after < before + 0.2


async def outage(link: LossyLink, seconds: float) -> None:
    link.cut = True
    await asyncio.sleep(seconds)
    link.cut = False
