"""`voicegw bench calls`: how many calls over WebRTC one core carries."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voicegw.client.output import opened
from voicegw.commands.stopping import stoppable

if TYPE_CHECKING:
    from bench.gateway import Scripted

FLOOR_S = 5.0
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
LATE_MS = 20
"""A packet later than one packet's length may be missed by the ear."""


def calls(
    number: Annotated[int, typer.Option("--calls", min=1, help="Calls at once.")] = 12,
    seconds: Annotated[float, typer.Option(min=1, help="How long.")] = 20.0,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/calls.json"),
) -> None:
    """Hold many calls over WebRTC with scripted engines, the gateway on one core, and time every packet."""
    import uvloop
    from rich.console import Console

    from bench import report

    console = Console()
    with opened(out) as file, stoppable(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        facts = runner.run(_measured(number, seconds))
        report.write(facts, file)
    late = facts["late_ms"]
    console.print(
        f"{facts['calls']} calls, {facts['packets']} packets: late by p50 {late['p50']} ms, p95 {late['p95']} ms, "
        f"p99 {late['p99']} ms, at most {late['max']} ms; {facts['packets_missing']} missing; "
        f"{facts['answers_heard']} answers heard; the gateway used {facts['gateway_core']} of its core.",
        highlight=False,
    )
    ticks = facts["tick_late_ms"]
    verdict = "within" if ticks["p99"] <= LATE_MS else "beyond"
    console.print(
        f"The gateway's own ticks: late by p50 {ticks['p50']} ms, p99 {ticks['p99']} ms, {verdict} {LATE_MS} ms; "
        f"{facts['ticks_left_out']} left out. A program that only wakes every 20 ms was late by p99 "
        f"{facts['floor_ms']['p99']} ms on this machine just before. Everything is in {out}.",
        highlight=False,
    )


async def _measured(number: int, seconds: float) -> dict[str, Any]:
    import psutil

    from bench.gateway import scripted_gateway
    from bench.webrtc import floor, measure

    cores = sorted(os.sched_getaffinity(0))
    own = cores[0] if len(cores) > 1 else None
    with ThreadPoolExecutor(1) as thread:
        machine = await asyncio.get_running_loop().run_in_executor(thread, floor, own, FLOOR_S)
    async with scripted_gateway(number, own) as gateway:
        if own is not None:
            os.sched_setaffinity(0, set(cores[1:]))
        try:
            heard = await measure(gateway.http, number, seconds, psutil.Process(gateway.process.pid))
        finally:
            os.sched_setaffinity(0, set(cores))
        return heard | await _ticks(gateway) | {"floor_ms": machine}


async def _ticks(gateway: "Scripted") -> dict[str, Any]:
    """What the gateway counted itself, of all its calls from their first packet to their last; it ends with that."""
    gateway.process.terminate()
    said, _ = await gateway.process.communicate()
    told = json.loads(said.splitlines()[-1])
    late = sorted((int(ms), ticks) for ms, ticks in told["late"].items())
    shares = {name: _share(late, share) for name, share in SHARES.items()}
    return {"tick_late_ms": shares, "ticks_left_out": told["left_out"]}


def _share(late: list[tuple[int, int]], share: float) -> int:
    """The milliseconds that this share of the ticks kept, rounded up."""
    wanted = share * sum(ticks for _, ticks in late)
    for ms, ticks in late:
        wanted -= ticks
        if wanted <= 0:
            return ms + 1
    return 0
