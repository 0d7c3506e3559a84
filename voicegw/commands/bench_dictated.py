"""`voicegw bench dictated`: a corpus for `bench quality` of names spelled and numbers dictated by people."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import OperatorError


def dictated(
    sounds: Annotated[Path, typer.Argument(help="Folder of one language, with letters, digits and phonetic.")],
    out: Annotated[Path, typer.Option(help="Folder for the corpus.")],
    language: Annotated[str, typer.Option(help="ISO 639-1 code of what is said.")] = "en",
    strings: Annotated[int, typer.Option(min=1, help="How many names and numbers.")] = 36,
    seed: Annotated[
        int, typer.Option(help="Which names and numbers: rules are tuned on one seed, judged on others.")
    ] = 1,
) -> None:
    """Spell names and dictate numbers with recordings of letters and digits, for `bench quality --corpus`."""
    from bench.quality.dictated import made

    try:
        out.mkdir(parents=True, exist_ok=True)
        count = made(sounds, out, language, strings, seed)
    except OSError as error:
        raise OperatorError(f"The corpus cannot be written to {out}: {error.strerror}.") from error
    typer.echo(f"{count} recordings are in {out}. Measure with: voicegw bench quality --corpus {out}")
