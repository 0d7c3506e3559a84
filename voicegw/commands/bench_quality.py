"""`voicegw bench quality`: how well turns are taken, in virtual time."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipeline.engines import Engines
from pipeline.errors import OperatorError
from voicegw.client.output import opened
from voicegw.commands.stopping import stoppable

if TYPE_CHECKING:
    from rich.console import Console

    from bench.quality.labels import Item
    from bench.quality.telling import Tell

Result = TypeVar("Result")


def quality(  # noqa: PLR0913 - the options of a command
    *,
    corpus: Annotated[Path | None, typer.Option(help="A folder of labelled recordings in place of our corpus.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A quarter of the corpus, a coarser curve.")] = False,
    policy: Annotated[list[str] | None, typer.Option(help="A rule to change, e.g. patience=1500. Repeatable.")] = None,
    latency: Annotated[
        str, typer.Option(help="Fixed seconds for engines: asr=0.3,turn=0.07,sentence=0.03,tts=0.1.")
    ] = "",
    slowdown: Annotated[float, typer.Option(min=0, help="Multiplies what the engines are measured to take.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Decides everything that is drawn for the corpus.")] = 1,
    profile: Annotated[str | None, typer.Option(help="Models to listen with.")] = None,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Keep the engines' answers, and use those kept before.")
    ] = False,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Only write what the engines say at every pause.")
    ] = False,
    corpus_out: Annotated[Path | None, typer.Option(help="Also copy our corpus into this folder.")] = None,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON; its plot beside it.")] = Path(
        "bench/results/quality.json"
    ),
) -> None:
    """Measure turn-taking: cut-offs against waiting, interruptions, noises, echo; real engines, virtual time."""
    from rich.console import Console

    try:
        from bench import report
        from bench.quality import evidence as raw
        from bench.quality import options, plot, run
        from bench.quality.memory import Memory, load, save
        from bench.quality.metered import Prices
        from bench.quality.report import rendered
    except ModuleNotFoundError as missing:
        raise OperatorError(f"The bench needs the package {missing.name}: pip install '.[dev]'.") from missing

    rules, prices = options.policy(policy or ()), Prices(options.latencies(latency), slowdown)
    console = Console()
    with opened(out) as file, opened(out.with_suffix(".svg")) as picture, stoppable() as stopping:
        items = _items(console, corpus, corpus_out, seed, quick)
        engines = _engines(profile)
        if evidence:
            rows = told(console, lambda tell: asyncio.run(raw.collected(items, engines, tell)))
            report.write({"bench": "quality evidence", "places": rows}, file)
            console.print(f"What the engines say at {len(rows)} places is in {out}.", highlight=False)
            return
        kept = _cache() / "engines.msgpack"
        memory = load(kept) if reuse else Memory()
        try:
            found = told(
                console,
                lambda tell: run.measure(items, engines, rules, prices=prices, memory=memory, quick=quick, tell=tell),
            )
        finally:  # what was asked before an interruption need not be asked again
            if reuse:
                save(memory, kept)
        report.write(found, file)
        if found["curve"]:
            picture.write(plot.drawn(found))
    console.print(rendered(found))
    console.print(f"Everything is in {out}, the curve in {out.with_suffix('.svg')}.", highlight=False)
    if found["partial"]:
        raise stopping.exit


def _items(console: "Console", corpus: Path | None, corpus_out: Path | None, seed: int, quick: bool) -> "list[Item]":
    """The recordings of the folder that was given, or our own, which are made when they are not there yet."""
    from bench.quality import corpus as ours
    from bench.quality import labels, plan

    if corpus is not None:
        if corpus_out is not None:
            raise OperatorError("--corpus-out copies our own corpus: leave it out, or leave out --corpus.")
        return labels.read(corpus)
    size = plan.QUICK if quick else plan.Size()
    items = told(console, lambda tell: ours.prepared(_cache(), _voice(), seed, size, tell))
    if corpus_out is not None:
        ours.copied(items, corpus_out)
        console.print(f"{len(items)} recordings are in {corpus_out}.", highlight=False)
    return items


def _engines(profile: str | None) -> Engines:
    """The models of the settings, with a scripted tutor in place of the language model."""
    from bench.quality import tutor
    from models.registry import build_engines
    from models.scripted import ScriptedChat
    from voicegw.app import engine_choice
    from voicegw.settings import load

    chosen = {"profile": profile} if profile else {}
    return replace(build_engines(engine_choice(load(**chosen))), chat=ScriptedChat(tutor.words))


def _voice() -> Path:
    """The folder of the default voice, which speaks most of our corpus."""
    from models.weights.files import ModelStore
    from models.weights.manifest import default_manifest
    from voicegw.settings import load

    voice = next(model for model in default_manifest().profile("default") if model.role == "tts")
    return ModelStore(load().models_dir).require(voice)


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("voicegw") / "quality"


def told(console: "Console", work: "Callable[[Tell], Result]") -> Result:
    """Do `work`, with a bar for each thing that it says it is doing."""
    from rich.progress import Progress, TaskID

    bars: dict[str, TaskID] = {}
    with Progress(console=console) as progress:

        def tell(what: str, done: int, of: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=of)
            progress.update(bars[what], completed=done, total=of)

        return work(tell)
