"""`voicegw bench calls`: how many calls over WebRTC one core carries."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.errors import OperatorError

READY_S = 60.0
FLOOR_S = 5.0
LATE_MS = 20.0
"""A packet later than one packet's length may be missed by the ear."""


def calls(
    number: Annotated[int, typer.Option("--calls", min=1, help="Calls at once.")] = 12,
    seconds: Annotated[float, typer.Option(min=1, help="How long.")] = 20.0,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/calls.json"),
) -> None:
    """Hold many calls over WebRTC with scripted engines, the gateway on one core, and time every packet."""
    import uvloop
    from rich.console import Console

    console = Console()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        facts = runner.run(_measured(number, seconds))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(facts, indent=2) + "\n")
    late = facts["late_ms"]
    console.print(
        f"{facts['calls']} calls, {facts['packets']} packets: late by p50 {late['p50']} ms, p95 {late['p95']} ms, "
        f"p99 {late['p99']} ms, at most {late['max']} ms; {facts['packets_missing']} missing; "
        f"{facts['answers_heard']} answers heard; the gateway used {facts['gateway_core']} of its core.",
        highlight=False,
    )
    verdict = "within" if late["p99"] <= LATE_MS else "beyond"
    console.print(
        f"p99 is {verdict} {LATE_MS:.0f} ms; a program that only wakes every 20 ms was late by p99 "
        f"{facts['floor_ms']['p99']} ms on this machine just before. Everything is in {out}.",
        highlight=False,
    )


async def _measured(number: int, seconds: float) -> dict[str, Any]:
    import psutil

    from bench.webrtc import floor, measure

    cores = sorted(os.sched_getaffinity(0))
    own = cores[0] if len(cores) > 1 else None
    with ThreadPoolExecutor(1) as thread:
        machine = await asyncio.get_running_loop().run_in_executor(thread, floor, own, FLOOR_S)
    async with _gateway(number, own) as (http, pid):
        if own is not None:
            os.sched_setaffinity(0, set(cores[1:]))
        try:
            return await measure(http, number, seconds, psutil.Process(pid)) | {"floor_ms": machine}
        finally:
            os.sched_setaffinity(0, set(cores))


@asynccontextmanager
async def _gateway(number: int, core: int | None) -> AsyncIterator[tuple[str, int]]:
    """A scripted gateway on one core: its address, and its process."""
    from bench.gateway import ended

    arguments = [str(number), *([] if core is None else [str(core)])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voicegw.commands.scripted_gateway", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(READY_S):
            line = await process.stdout.readline()
        if not line.strip().isdigit():
            raise OperatorError("The gateway of this bench did not start; what it said is above.")
        yield f"http://127.0.0.1:{int(line)}", process.pid
    finally:
        await ended(process)
