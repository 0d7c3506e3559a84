"""`voicegw bench endings`: how well the words tell whether a turn is complete."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voicegw.client.output import opened
from voicegw.commands.bench_quality import told

if TYPE_CHECKING:
    from bench.endings.places import Place
    from bench.quality.telling import Tell


class Half(StrEnum):
    """Of our own set."""

    TUNING = "tuning"
    HELD_OUT = "held-out"


def endings(
    places: Annotated[
        Path | None, typer.Option("--set", help='JSON: [{"language", "text", "complete", "question" if any}, …].')
    ] = None,
    half: Annotated[Half, typer.Option(help="Of our own set, in place of --set. Tune on one, report the other.")] = (
        Half.TUNING
    ),
    profile: Annotated[str | None, typer.Option(help="Models to read with.")] = None,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/endings.json"),
) -> None:
    """Sentences and fragments in several languages: would their turns be over in time, and not too early?"""
    from rich.console import Console

    from bench import report
    from bench.endings import measure
    from bench.endings import places as sets
    from bench.endings.report import rendered
    from pipeline.settings import TurnPolicy

    chosen = places or (sets.TUNING if half is Half.TUNING else sets.HELD_OUT)
    asked = sets.read(chosen)
    console = Console()
    with opened(out) as file:
        found = told(console, lambda tell: asyncio.run(_judged(asked, profile, tell)))
        about = {"bench": "endings", "set": chosen.name}
        report.write({**about, **measure.facts(found, TurnPolicy())}, file)
    read = frozenset(one.place.language for one in found if one.evidence.finished is not None)
    console.print(rendered(measure.by_language(found), read))
    console.print(f"Everything is in {out}.", highlight=False)


async def _judged(asked: "list[Place]", profile: str | None, tell: "Tell") -> Any:
    from bench.endings.measure import judged
    from models.registry import build_engines
    from pipeline.settings import TurnPolicy
    from voicegw.app import engine_choice
    from voicegw.settings import load

    detector = build_engines(engine_choice(load(**({"profile": profile} if profile else {})))).sentence_detector
    if detector is None:
        return await judged(asked, None, TurnPolicy(), tell)
    try:
        await detector.start()
        return await judged(asked, detector, TurnPolicy(), tell)
    finally:
        await detector.close()
