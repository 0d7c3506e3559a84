"""`voicegw bench turn`: how long callers wait for the first sound of an answer, and what for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.audio import Pcm
from pipeline.engines import Speaking
from pipeline.errors import OperatorError

if TYPE_CHECKING:
    from rich.console import Console

    from bench.budgets import Budget
    from bench.chain import Chain
    from bench.gateway import Reached
    from bench.speech import Prompt, Speak

ROUNDS = 3
"""Of the chain of the same models, before the turns and again after them."""


def turn(  # noqa: PLR0913 - the options of a command
    turns: Annotated[int, typer.Option(min=1, help="Turns to count, of each caller.")] = 20,
    *,
    calls: Annotated[int, typer.Option(min=1, help="Callers at the same time.")] = 1,
    url: Annotated[str | None, typer.Option(help="A running gateway; without it, one is started.")] = None,
    key: Annotated[str | None, typer.Option(help="The key of the gateway at --url.")] = None,
    profile: Annotated[str | None, typer.Option(help="Models of the gateway that is started.")] = None,
    prompts: Annotated[Path | None, typer.Option(help="A folder of recordings to say instead of our prompts.")] = None,
    seed: Annotated[int, typer.Option(help="Decides speed, loudness and room noise of the prompts.")] = 1,
    enforce: Annotated[bool, typer.Option("--enforce", help="Fail when a budget is broken.")] = False,
    budgets: Annotated[Path | None, typer.Option(help="Budgets in place of bench/budgets.toml.")] = None,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/turn.json"),
) -> None:
    """Measure turns of a real call: from the last sound of the caller to the first sound of the answer."""
    from rich.console import Console

    try:
        from bench import budgets as rules
        from bench import report
        from bench.turn import STOPPED
    except ModuleNotFoundError as missing:
        raise OperatorError(f"The bench needs the package {missing.name}: pip install '.[dev]'.") from missing
    from voicegw.client.address import realtime
    from voicegw.client.output import opened
    from voicegw.commands.stopping import stoppable
    from voicegw.settings import load

    if url is not None:
        url = realtime(url)
    if url is not None and profile is not None:
        raise OperatorError("--profile is for the gateway that the bench starts: leave it out, or leave out --url.")
    console = Console()
    chosen: dict[str, Any] = {"profile": profile} if profile else {}
    chosen["max_calls"] = max(calls, load(**chosen).max_calls)
    budget = _budget(budgets, load(**chosen).profile, calls, url) if enforce else None
    with opened(out) as file, stoppable() as stopping:
        reached = _gateway(console, url, key, chosen)
        console.print("Preparing the prompts ...")
        said = asyncio.run(_prompts(prompts, chosen, seed))
        before = _chain(console, chosen, budget)
        found = asyncio.run(_measured(console, said, turns, calls, reached, seed))
        if before and not found["partial"]:
            found |= _chained(console, chosen, budget, before)
        verdicts = rules.judge(budget, found) if budget and not found["partial"] else []
        found["budgets"] = [verdict.facts() for verdict in verdicts]
        report.write(found, file)
    console.print(report.rendered(found))
    if verdicts:
        console.print(report.judged(verdicts))
    console.print(f"Every turn is in {out}.", highlight=False)
    if found["partial"] == STOPPED:
        raise stopping.exit
    if found["partial"]:
        raise OperatorError(f"The turns ended early: {found['partial']}")
    rules.broken(verdicts)


def _budget(path: Path | None, profile: str, calls: int, url: str | None) -> "Budget":
    from bench import budgets

    budget = budgets.load(path or budgets.BUDGETS).of(profile, calls)
    if url is not None and budget.unit == "chain":
        raise OperatorError(
            "--enforce measures a chain of the same models on this machine, and cannot know that the gateway at --url "
            f"has them, or runs here: leave out --url, or give the profile '{profile}' a budget in ms."
        )
    return budget


def _chain(console: "Console", chosen: dict[str, Any], budget: "Budget | None") -> "list[Chain]":
    """What the same models cost one after the other; nothing when the budget is not counted in that."""
    from voicegw.commands.bench_chain import rounds

    if budget is None or budget.unit != "chain":
        return []
    console.print("Measuring a chain of the same models ...")
    return asyncio.run(rounds(chosen, ROUNDS))


def _chained(
    console: "Console", chosen: dict[str, Any], budget: "Budget | None", before: "list[Chain]"
) -> dict[str, Any]:
    """The chain, measured once more; a report that is partial when this was stopped."""
    from bench import chain
    from bench.turn import STOPPED

    try:
        return {"chain": chain.facts(before, _chain(console, chosen, budget))}
    except KeyboardInterrupt:
        return {"partial": STOPPED}


async def _measured(
    console: "Console",
    prompts: "list[Prompt]",
    turns: int,
    calls: int,
    reached: "AbstractAsyncContextManager[Reached]",
    seed: int,
) -> dict[str, Any]:
    from bench.turn import measure

    def tell(number: int, facts: dict[str, Any]) -> None:
        outcome = facts["failure"] or f"{facts['latency_ms']:.0f} ms{', split' if facts['split'] else ''}"
        console.print(f"{number:>3}/{turns * calls}  {facts['prompt']}: {outcome}", markup=False, highlight=False)

    async with reached as gateway:
        console.print(f"Calling {gateway.url}, one turn to warm up, then {turns} ...", highlight=False)
        return await measure(gateway, prompts, turns, seed=seed, tell=tell, calls=calls)


@asynccontextmanager
async def _gateway(
    console: "Console", url: str | None, key: str | None, chosen: dict[str, Any]
) -> "AsyncIterator[Reached]":
    """The gateway that was given; without one, our own for as long as it is needed."""
    from bench.gateway import Reached, own_gateway
    from voicegw.settings import load

    if url is not None:
        yield Reached(url, key)
        return
    own_key = load(**chosen).key
    console.print("Starting a gateway ...")
    async with own_gateway({f"VOICEGW_{name.upper()}": str(value) for name, value in chosen.items()}) as own:
        yield replace(own, key=own_key.text if own_key else None)


async def _prompts(folder: Path | None, chosen: dict[str, Any], seed: int) -> "list[Prompt]":
    from bench import speech

    if folder is not None:
        return await asyncio.to_thread(speech.recorded, folder, seed)
    async with _voice(chosen) as speak:
        return await speech.spoken(speech.texts(), speak, seed)


@asynccontextmanager
async def _voice(chosen: dict[str, Any]) -> "AsyncIterator[Speak]":
    """The default voice, loaded for as long as the prompts are made and gone before anything is measured."""
    from models.registry import build_engines
    from voicegw.app import engine_choice
    from voicegw.settings import load

    synthesizer = build_engines(engine_choice(load(**chosen))).synthesizer

    async def speak(text: str, speed: float) -> Pcm:
        how = Speaking(speed=speed)
        pieces = [spoken.pcm async for spoken in synthesizer.stream(text, how, caller="bench")]
        return Pcm(b"".join(piece.data for piece in pieces), synthesizer.voices[0].rate)

    try:
        await synthesizer.start()
        yield speak
    finally:
        await synthesizer.close()
