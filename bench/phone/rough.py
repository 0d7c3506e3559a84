"""Two minutes over a line that loses, delays and breaks: does the call hold, are the words right, is it quick again?"""

import asyncio
import re
from pathlib import Path
from typing import Any, Final

from bench.phone.browser import phone
from bench.phone.conversation import HELD_EVERY_S, PERIOD_S, WATCH, Talk, turns_file
from bench.phone.rough_line import RoughLine
from bench.report import statistics

OUTAGE_S: Final = 1.0
BREAK_S: Final = 10.0
BACK_S: Final = 2.0
"""After an outage the delay must be what it was after so long."""


async def measure(
    http: str, folder: Path, *, turns: int, loss: float, jitter: float, breaks: bool = True
) -> dict[str, Any]:
    """Talk for so many turns, with an outage of OUTAGE_S in the middle; then, if `breaks`, one of BREAK_S and a turn.

    http: the gateway's page. folder: for the microphone's file. loss: share of packets. jitter: seconds.
    """
    more = 1 + round(2 * BREAK_S / PERIOD_S) if breaks else 0
    microphone = turns_file(folder / "microphone.wav", turns + more)
    rough = RoughLine(loss=loss, jitter=jitter)
    try:
        async with phone(http, microphone, script=WATCH, open_page=False) as line:
            await rough.lay(line.page)
            await line.page.goto(http)
            await line.call("webrtc")
            talk = Talk(line)
            begun = await talk.now()
            watching = asyncio.create_task(talk.watch_buffer())
            try:
                for _ in range(turns // 2):
                    await talk.until_answered()
                over = await _outage(talk, rough, OUTAGE_S)
                for _ in range(turns - turns // 2):
                    await talk.until_answered()
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            facts = await _facts(talk, begun, over)
            if breaks:
                facts |= await _break(talk, rough)
            facts["captions"] = await talk.spoken()
            facts["captions_wrong"] = _wrong(facts["captions"])
    finally:
        rough.close()
    return facts | {
        "loss": loss,
        "jitter_ms": round(jitter * 1000),
        "packets": {"passed": rough.passed, "dropped": rough.dropped},
        "page_problems": line.problems,
    }


def _wrong(captions: list[tuple[str, str]]) -> int:
    """Lines that are not what they must be: all of the learner's are alike, and the tutor's count them."""
    yours = [words for who, words in captions if who == "you"]
    tutors = [words for who, words in captions if who == "tutor"]
    misheard = sum(words != yours[0] for words in yours)
    miscounted = sum(not re.search(rf"\b{n}\b", words) for n, words in enumerate(tutors, 1))
    return misheard + miscounted + abs(len(yours) - len(tutors))


async def _outage(talk: Talk, rough: RoughLine, seconds: float) -> float:
    """Break the line for so long; when it was whole again."""
    rough.cut = True
    await asyncio.sleep(seconds)
    rough.cut = False
    return await talk.now()


async def _facts(talk: Talk, begun: float, over: float) -> dict[str, Any]:
    latencies = await talk.latencies()
    phases = await talk.phases()
    before = [waited * 1000 for end, waited in latencies if end < over]
    after = [(end, waited * 1000) for end, waited in latencies if end > over]
    back = over + BACK_S
    return {
        "seconds": round(await talk.now() - begun, 1),
        "drops": sum(phase in ("reconnecting", "ended") for _, phase in phases),
        "turn_ms_before": statistics(before),
        "turn_ms_after": statistics(waited for _, waited in after),
        "first_turn_after": {"ended_s": round(after[0][0] - over, 1), "turn_ms": round(after[0][1], 1)},
        "buffered_ms_before": round(talk.buffered(0, over - OUTAGE_S) * 1000),
        "buffered_ms_back": round(talk.buffered(back, back + 4 * HELD_EVERY_S) * 1000),
    }


async def _break(talk: Talk, rough: RoughLine) -> dict[str, Any]:
    """A break long enough for both sides to give the connection up, and the turn after it."""
    over = await _outage(talk, rough, BREAK_S)
    back = await talk.until_live(over)
    await talk.until_answered()
    return {
        "break_s": BREAK_S,
        "back_after_break_s": round(back - over, 2),
        "transport_after_break": await talk.transport(),
    }
