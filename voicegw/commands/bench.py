"""`voicegw bench`: measure a gateway from the outside, as a caller sees it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.audio import Pcm
from pipeline.engines import Speaking
from pipeline.errors import OperatorError
from voicegw.commands.bench_calls import calls
from voicegw.commands.bench_quality import quality

if TYPE_CHECKING:
    from rich.console import Console

    from bench.speech import Prompt, Speak

_Reached = tuple[str, str | None]
"""WebSocket address of a gateway, and the key to it."""

app = typer.Typer(help="Measure a gateway from the outside, as a caller sees it.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure a gateway from the outside, as a caller sees it."""


app.command("quality")(quality)
app.command("calls")(calls)


@app.command("turn")
def turn(
    turns: Annotated[int, typer.Option(min=1, help="Turns to count.")] = 20,
    *,
    url: Annotated[str | None, typer.Option(help="A running gateway; without it, one is started.")] = None,
    key: Annotated[str | None, typer.Option(help="The key of the gateway at --url.")] = None,
    profile: Annotated[str | None, typer.Option(help="Models of the gateway that is started.")] = None,
    prompts: Annotated[Path | None, typer.Option(help="A folder of recordings to say instead of our prompts.")] = None,
    seed: Annotated[int, typer.Option(help="Decides speed, loudness and room noise of the prompts.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/turn.json"),
) -> None:
    """Measure turns of a real call: from the last sound of the caller to the first sound of the answer."""
    from rich.console import Console

    try:
        from bench import report
    except ModuleNotFoundError as missing:
        raise OperatorError(f"The bench needs the package {missing.name}: pip install '.[dev]'.") from missing

    if url is not None and profile is not None:
        raise OperatorError("--profile is for the gateway that the bench starts: leave it out, or leave out --url.")
    console = Console()
    chosen = {"profile": profile} if profile else {}
    console.print("Preparing the prompts ...")
    said = asyncio.run(_prompts(prompts, chosen, seed))
    found = asyncio.run(_measured(console, said, turns, _gateway(console, url, key, chosen), seed))
    report.write(found, out)
    console.print(report.rendered(found))
    console.print(f"Every turn is in {out}.", highlight=False)


async def _measured(
    console: "Console", prompts: "list[Prompt]", turns: int, reached: AbstractAsyncContextManager[_Reached], seed: int
) -> dict[str, Any]:
    from bench.turn import measure

    def tell(number: int, facts: dict[str, Any]) -> None:
        outcome = facts["failure"] or f"{facts['latency_ms']:.0f} ms{', split' if facts['split'] else ''}"
        console.print(f"{number:>3}/{turns}  {facts['prompt']}: {outcome}", markup=False, highlight=False)

    async with reached as (url, key):
        console.print(f"Calling {url}, one turn to warm up, then {turns} ...", highlight=False)
        return await measure(url, key, prompts, turns, seed=seed, tell=tell)


@asynccontextmanager
async def _gateway(
    console: "Console", url: str | None, key: str | None, chosen: dict[str, str]
) -> AsyncIterator[_Reached]:
    """The gateway that was given; without one, our own for as long as it is needed."""
    from bench.gateway import own_gateway
    from voicegw.settings import load

    if url is not None:
        yield url, key
        return
    own_key = load(**chosen).api_key
    console.print("Starting a gateway ...")
    async with own_gateway({f"VOICEGW_{name.upper()}": value for name, value in chosen.items()}) as address:
        yield address, own_key.get_secret_value() if own_key else None


async def _prompts(folder: Path | None, chosen: dict[str, str], seed: int) -> "list[Prompt]":
    from bench import speech

    if folder is not None:
        return await asyncio.to_thread(speech.recorded, folder, seed)
    async with _voice(chosen) as speak:
        return await speech.spoken(speech.texts(), speak, seed)


@asynccontextmanager
async def _voice(chosen: dict[str, str]) -> "AsyncIterator[Speak]":
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
