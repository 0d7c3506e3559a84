"""The turn benchmark: how long a caller waits for the first sound of an answer, and what for."""

import asyncio
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from typing import Any, Final

from bench.caller import Asked, ask
from bench.footprint import Footprint
from bench.gateway import Reached, about, asking_for_timings
from bench.machine import machine, revision
from bench.report import METHOD, summary, turn_facts
from bench.speech import Prompt, room
from voicegw.client.events import CallFailed
from voicegw.client.realtime import ANSWER_WITHIN

STOPPED: Final = "it was stopped before its end"


async def measure(
    gateway: Reached,
    prompts: Sequence[Prompt],
    turns: int,
    *,
    seed: int,
    tell: Callable[[int, dict[str, Any]], None],
    calls: int = 1,
    within: float = ANSWER_WITHIN,
) -> dict[str, Any]:
    """Ask `turns` prompts in each of so many calls at once, after one in each that is not counted; the whole report.

    Prompts go round and round if there are fewer. tell: told the number and the facts of each counted turn as it ends.
    When the gateway goes away, or this is cancelled, the report is of the turns so far and says why under `partial`.
    Raises CallFailed (or is cancelled) when there were none.
    """
    before = await asyncio.to_thread(machine)
    info = await about(gateway.url, gateway.key)
    footprint = None if gateway.pid is None else Footprint(gateway.pid)
    facts: list[dict[str, Any]] = []
    warming = set(range(calls))

    def take(caller: int, asked: Asked) -> None:
        if footprint:
            footprint.note()
        if caller in warming:
            warming.remove(caller)
            return
        facts.append(turn_facts(asked, caller))
        tell(len(facts), facts[-1])

    cut: str | None = None
    started = datetime.now(UTC)
    address = asking_for_timings(gateway.url)
    try:
        async with asyncio.TaskGroup() as calling:
            for caller in range(calls):
                said = _round_and_round(prompts, turns, first=caller * len(prompts) // calls)
                calling.create_task(
                    ask(
                        address, gateway.key, said, partial(take, caller),
                        room=room(seed + caller), within=within,
                    )
                )  # fmt: skip
    except ExceptionGroup as group:
        lost = _first(group)
        if not facts or not isinstance(lost, CallFailed):
            raise lost from group
        cut = str(lost)
    except asyncio.CancelledError:
        if not facts:
            raise
        cut = STOPPED
    about_it = {"url": gateway.url, "info": info} | ({"memory": footprint.facts()} if footprint else {})
    return {
        "bench": "turn",
        "started": started.isoformat(timespec="seconds"),
        "command": shlex.join(["voicegw", *sys.argv[1:]]),
        "seed": seed,
        "calls": calls,
        "partial": cut,
        "git": await asyncio.to_thread(revision),
        "machine": before,
        "gateway": about_it,
        "method": METHOD,
        "summary": summary(facts),
        "turns": facts,
    }


def _round_and_round(prompts: Sequence[Prompt], turns: int, first: int) -> list[Prompt]:
    """Callers begin at different prompts. The warm-up is the one before: the first counted one is not said twice."""
    turned = [*prompts[first:], *prompts[:first]]
    return [turned[-1], *islice(cycle(turned), turns)]


def _first(group: ExceptionGroup[Exception]) -> Exception:
    found = next((error for error in group.exceptions if isinstance(error, CallFailed)), group.exceptions[0])
    return _first(found) if isinstance(found, ExceptionGroup) else found
