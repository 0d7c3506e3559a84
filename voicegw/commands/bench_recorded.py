"""`voicegw bench recorded`: a corpus for `bench quality` from recordings of people."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.audio import Pcm
from pipeline.engines import Listening, Word
from pipeline.errors import OperatorError
from voicegw.commands.bench_quality import told

if TYPE_CHECKING:
    from bench.quality.telling import Tell


def recorded(
    sounds: Annotated[Path, typer.Argument(help="Folder of recordings (wav, g722, flac).")],
    texts: Annotated[Path, typer.Argument(help="File with lines of 'name: what is said', plain or gzip.")],
    out: Annotated[Path, typer.Option(help="Folder for the corpus.")],
    language: Annotated[str, typer.Option(help="ISO 639-1 code of what is said.")] = "en",
    seed: Annotated[int, typer.Option(help="Where the pauses are cut in.")] = 1,
) -> None:
    """Cut pauses into people's recordings, for `bench quality --corpus`."""
    from rich.console import Console

    from bench.quality.recorded import made, prompts_in
    from models.registry import build_engines
    from voicegw.app import engine_choice
    from voicegw.settings import load

    prompts = prompts_in(sounds, texts)
    recognizer = build_engines(engine_choice(load())).recognizer
    how = Listening(language, word_times=True)

    async def hear(recording: Pcm) -> Sequence[Word]:
        return (await recognizer.transcribe(recording, how, caller="bench")).words

    async def make(tell: "Tell") -> int:
        await recognizer.start()
        try:
            return await made(prompts, out, language, seed, hear, tell)
        finally:
            await recognizer.close()

    try:
        out.mkdir(parents=True, exist_ok=True)
        count = told(Console(), lambda tell: asyncio.run(make(tell)))
    except OSError as error:
        raise OperatorError(f"The corpus cannot be written to {out}: {error.strerror}.") from error
    typer.echo(f"{count} recordings are in {out}. Measure with: voicegw bench quality --corpus {out}")
