"""The turn benchmark: how long a caller waits for the first sound of an answer, and what for."""

import asyncio
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

from bench.caller import Asked, ask
from bench.gateway import about
from bench.machine import machine, revision
from bench.report import METHOD, summary, turn_facts
from bench.speech import Prompt, room
from voicegw.client.realtime import ANSWER_WITHIN


async def measure(
    url: str,
    key: str | None,
    prompts: Sequence[Prompt],
    turns: int,
    *,
    seed: int,
    tell: Callable[[int, dict[str, Any]], None],
    within: float = ANSWER_WITHIN,
) -> dict[str, Any]:
    """Ask `turns` prompts, round and round if there are fewer, after one that is not counted; the whole report.

    tell: told the number and the facts of each counted turn as it ends. Raises CallFailed.
    """
    before = await asyncio.to_thread(machine)
    info = await about(url, key)
    facts: list[dict[str, Any]] = []
    warming = True

    def take(asked: Asked) -> None:
        nonlocal warming
        if warming:
            warming = False
            return
        facts.append(turn_facts(asked))
        tell(len(facts), facts[-1])

    started = datetime.now(UTC)
    # the warm-up is the last prompt of the list, so that the first counted one is not said twice running
    round_and_round = [prompts[-1], *islice(cycle(prompts), turns)]
    await ask(url, key, round_and_round, take, room=room(seed), within=within)
    return {
        "bench": "turn",
        "started": started.isoformat(timespec="seconds"),
        "command": shlex.join(["voicegw", *sys.argv[1:]]),
        "seed": seed,
        "git": await asyncio.to_thread(revision),
        "machine": before,
        "gateway": {"url": url, "info": info},
        "method": METHOD,
        "summary": summary(facts),
        "turns": facts,
    }
