"""`voicegw bench loop`: what one client can do to the others."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import OperatorError
from voicegw.client.output import opened
from voicegw.commands.stopping import stoppable

if TYPE_CHECKING:
    from rich.console import Console

CALLS = 8
LATE_MS = 50.0
"""A caller does not notice it; a packet of sound is 20."""


def loop(
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each.")] = 5.0,
    only: Annotated[list[str] | None, typer.Option(help="Attacks of this name, e.g. pings. May be repeated.")] = None,
    enforce: Annotated[bool, typer.Option("--enforce", help=f"Fail when a p99 is over {LATE_MS:g} ms.")] = False,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/loop.json"),
) -> None:
    """Time a caller's questions to a gateway with scripted engines while one other client attacks it."""
    from rich.console import Console

    from bench import report
    from bench.loop import names
    from bench.machine import machine, revision

    if unknown := set(only or []) - set(names()):
        raise OperatorError(f"There is no attack '{unknown.pop()}'. There are: {', '.join(names())}.")
    console, found = Console(), list[dict[str, Any]]()
    with opened(out) as file, stoppable():
        try:
            asyncio.run(_measured(console, [name for name in names() if not only or name in only], seconds, found))
        finally:
            report.write({"attacks": found, "machine": machine(), **revision()}, file)
    console.print(f"Everything is in {out}.", highlight=False)
    late = [facts["attack"] for facts in found if facts["p99_ms"] > LATE_MS]
    if enforce and late:
        raise OperatorError(f"Others wait for more than {LATE_MS:g} ms under: {', '.join(late)}.")


async def _measured(console: "Console", attacks: list[str], seconds: float, found: list[dict[str, Any]]) -> None:
    from bench.gateway import scripted_gateway
    from bench.loop import measure

    cores = sorted(os.sched_getaffinity(0))
    own = cores[0] if len(cores) > 1 else None
    console.print(f"{'attack':<34}{'p50':>9}{'p99':>9}{'max':>9}  ms", highlight=False)
    async with scripted_gateway(CALLS, own) as gateway:
        if own is not None:
            os.sched_setaffinity(0, set(cores[1:]))
        try:
            for attack in attacks:
                facts = await measure(gateway.http, attack, seconds)
                found.append(facts)
                times = "".join(f"{facts[name]:>9.1f}" for name in ("p50_ms", "p99_ms", "max_ms"))
                console.print(f"{attack:<34}{times}", highlight=False)
        finally:
            os.sched_setaffinity(0, set(cores))
