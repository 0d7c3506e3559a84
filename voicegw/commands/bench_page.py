"""`voicegw bench page` and `voicegw bench rough`: the phone page in a real browser, with scripted engines."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.errors import OperatorError
from voicegw.client.output import opened
from voicegw.commands.stopping import stoppable

Measure = Callable[[str, Path], Awaitable[dict[str, Any]]]


def page(
    turns: Annotated[int, typer.Option(min=1, help="Turns to count, of each way to call.")] = 10,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/page.json"),
) -> None:
    """Measure what the page and WebRTC add to a turn, from the page's own sound."""

    async def measured(http: str, folder: Path) -> dict[str, Any]:
        from bench.phone.latency import measure

        return await measure(http, folder, turns=turns)

    facts = _told("page", measured, out)
    for name, ms in facts["latency_ms"].items():
        typer.echo(f"{name.replace('_', ' over ')}: p50 {ms['p50']:.0f} ms, p95 {ms['p95']:.0f} ms")
    added = ", ".join(f"{ms:+.0f} ms over {transport}" for transport, ms in facts["added_ms"].items())
    stood = ", ".join(f"{ms:.0f} ms over {transport}" for transport, ms in facts["connected_ms"].items())
    typer.echo(f"From the press of the button to a call that stands: {stood}.")
    typer.echo(f"The page adds {added}. Everything is in {out}.")


def rough(
    turns: Annotated[int, typer.Option(min=4, help="Turns before the long break, eight seconds each.")] = 15,
    loss: Annotated[float, typer.Option(min=0, max=1, help="Share of packets that vanish, each way.")] = 0.05,
    jitter: Annotated[float, typer.Option(min=0, help="Each packet is late by up to so many milliseconds.")] = 60.0,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/rough.json"),
) -> None:
    """Talk in the page over a bad line, with an outage of one second and at the end a break of ten."""

    async def measured(http: str, folder: Path) -> dict[str, Any]:
        from bench.phone.rough import measure

        return await measure(http, folder, turns=turns, loss=loss, jitter=jitter / 1000)

    facts = _told("rough", measured, out)
    before, first, packets = facts["turn_ms_before"], facts["first_turn_after"], facts["packets"]
    typer.echo(
        f"{facts['seconds']:.0f} s, {packets['dropped']} of {sum(packets.values())} packets lost, breaks included: "
        f"{facts['drops']} drops, {facts['captions_wrong']} of {len(facts['captions'])} captions wrong.\n"
        f"Turns took p50 {before['p50']:.0f} ms (at most {before['max']:.0f}) before the outage of 1 s; the first one "
        f"after it, whose words ended {first['ended_s']} s behind it, took {first['turn_ms']:.0f} ms.\n"
        f"The browser held back {facts['buffered_ms_before']} ms of sound before it, {facts['buffered_ms_back']} ms "
        f"two seconds behind it.\n"
        f"After a break of {facts['break_s']:.0f} s the call went on over {facts['transport_after_break']}, "
        f"{facts['back_after_break_s']} s after the network was back. Everything is in {out}."
    )


def _told(name: str, measured: Measure, out: Path) -> dict[str, Any]:
    """What was measured at a scripted gateway of our own, written to `out` with what it was measured on."""
    try:
        from bench import report
        from bench.gateway import scripted_gateway
        from bench.machine import machine, revision
    except ModuleNotFoundError as missing:
        raise OperatorError(f"The bench needs the package {missing.name}: pip install '.[dev]'.") from missing

    async def run() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            async with scripted_gateway(2) as gateway:
                return await measured(gateway.http, Path(folder))

    with opened(out) as file, stoppable():
        about = {"bench": name, "git": revision(), "machine": machine()}
        facts = about | asyncio.run(run())
        report.write(facts, file)
    return facts
