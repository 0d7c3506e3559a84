"""One scripted caller: asks its prompts, turn after turn, over one connection."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.speech import Prompt
from pipeline.audio import Pcm
from voicegw.client.conversation import UNANSWERED, Turn
from voicegw.client.events import CallFailed
from voicegw.client.microphone import ScriptedMicrophone
from voicegw.client.realtime import ANSWER_WITHIN, RealtimeCaller

_LOST_IN_A_ROW: Final = 3  # calls; after that the gateway is not worth measuring


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt and what became of it. turns: what the gateway made of it. lost: why the call broke, None if it held."""

    prompt: Prompt
    turns: tuple[Turn, ...]
    lost: str | None = None


async def ask(
    url: str,
    key: str | None,
    prompts: Sequence[Prompt],
    tell: Callable[[Asked], None],
    *,
    room: Pcm | None = None,
    within: float = ANSWER_WITHIN,
    eagerness: str | None = None,
) -> None:
    """Ask the prompts in order, each when the answer before it has been heard out, and `tell` what came of each.

    A prompt whose call breaks is lost; one whose answer does not come within so many seconds of its end is told as
    unanswered. Either way the next is asked in a new call, where no late answer can be taken for its own.
    eagerness: see RealtimeCaller.configure. Raises CallFailed when the very first call breaks, or three in a row do.
    """
    asked = lost = 0
    while asked < len(prompts):
        microphone = ScriptedMicrophone(time.monotonic, asyncio.sleep, room)
        try:
            async with RealtimeCaller.connect(url, key, microphone=microphone) as caller:
                await caller.configure(eagerness=eagerness)
                for prompt in prompts[asked:]:
                    turns = await caller.say(prompt.audio, within=within)
                    tell(Asked(prompt, turns))
                    asked, lost = asked + 1, 0
                    if any(turn.status == UNANSWERED for turn in turns):
                        break
        except CallFailed as broken:
            lost += 1
            if not asked or lost == _LOST_IN_A_ROW:
                raise
            tell(Asked(prompts[asked], (), lost=str(broken)))
            asked += 1
