"""`voicegw bench spoken`: is written text said as people say it."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from voicegw.client.output import opened


def spoken(
    file: Annotated[
        Path | None, typer.Option("--set", help='Texts of your own: [{"language", "text", "spoken": [readings]}].')
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON.")] = Path("bench/results/spoken.json"),
) -> None:
    """Compare what the voices are given to read with the ways in which people say it. No model is loaded."""
    from rich.console import Console

    from bench.spoken.judge import SETS, read
    from models.spoken.form import say

    console = Console()
    with opened(out) as report:
        facts: dict[str, object] = {}
        for name, path in {file.stem: file}.items() if file else SETS.items():
            right: Counter[str] = Counter()
            asked: Counter[str] = Counter()
            wrong = []
            for saying in read(path):
                said = say(saying.text, saying.language)
                asked[saying.language] += 1
                if saying.accepts(said):
                    right[saying.language] += 1
                else:
                    wrong.append({"language": saying.language, "text": saying.text, "said": said})
                    console.print(f"{saying.language}: {saying.text} -> {said}", highlight=False, markup=False)
            by_language = {language: f"{right[language]}/{count}" for language, count in asked.items()}
            facts[name] = {"right": right.total(), "asked": asked.total(), "by_language": by_language, "wrong": wrong}
            listed = ", ".join(f"{language} {share}" for language, share in by_language.items())
            console.print(f"{name}: {right.total()} of {asked.total()} as people say it ({listed}).", highlight=False)
        report.write(f"{json.dumps(facts, indent=2, ensure_ascii=False)}\n".encode())
