"""The command line: `voicegw serve`, `talk`, `models`, `bench`, `doctor`, `settings`."""

import errno
import io
import logging
import os
import sys
import threading
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from pipeline.errors import VoiceError
from voicegw.commands import bench, doctor, models, serve, talk
from voicegw.commands import settings as settings_command

FULL = (errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    name="voicegw",
    help="A real-time voice gateway: talk, hands-free, with a language model on a machine you own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"voicegw {version('voicegw')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Options of every command."""


app.command("serve")(serve.serve)
app.command("talk")(talk.talk)
app.command("doctor")(doctor.doctor)
app.command("settings")(settings_command.settings)
app.add_typer(models.app, name="models")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run a command. What went wrong on purpose is one sentence and exit status 1, never a traceback."""
    _have_streams()
    _speak_utf8()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of few characters shows the others as "?"
    try:
        app()
    except VoiceError as error:
        _leave(f"voicegw: {error}")
    except SystemExit as end:
        _leave(end.code)
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - what is left in it cannot be written
        _leave(f"voicegw: The output cannot be written: {error.strerror}.")


def _have_streams() -> None:
    """A stream that was closed before the start takes everything, and keeps nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the process ends


def _speak_utf8() -> None:
    """Begin again in Python's UTF-8 mode where the locale is of another encoding.

    The engines take the names of files as UTF-8 and nothing else; in such a locale an umlaut in a path would end them.
    The terminal goes on getting its own encoding.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding() == "utf-8":
        return
    terminal = {"PYTHONIOENCODING": f"{sys.stdout.encoding}:replace"} | dict(os.environ)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], terminal | {"PYTHONUTF8": "1"})


def _leave(code: int | str | None) -> NoReturn:
    """End the process, even while a thread of an engine is busy in native code.

    Python would let that thread run into an interpreter that is gone, which aborts the process with a core dump.
    """
    if not any(thread.daemon for thread in threading.enumerate()):
        sys.exit(code)
    if isinstance(code, str):
        print(code, file=sys.stderr)  # noqa: T201 - what sys.exit does with a sentence
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if isinstance(code, str) else code or 0)
