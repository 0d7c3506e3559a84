"""Downloads one wheel with pip, so that the user's own index, proxy and certificate settings apply."""

import errno
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from models.weights.sources import SourceUnavailable

OLDEST = (24, 1)
"""The first pip whose progress can be read by a program (`--progress-bar raw`)."""
_PROGRESS = re.compile(rb"^Progress (\d+) of \d+\s*$")
_POLL_S = 0.1
_END_S = 5.0


class Stopped(Exception):
    """The download was called off."""


class Pip:
    """pip of this very Python, as a child process."""

    def __init__(self, env: Mapping[str, str], *, silence_s: float = 300.0) -> None:
        """env: the child's environment. silence_s: a pip that says nothing for so long is given up."""
        self._env = env
        self._silence_s = silence_s

    def check(self) -> None:
        """Raises SourceUnavailable when this Python has no pip, or one that is too old."""
        try:
            version = metadata.version("pip")
        except metadata.PackageNotFoundError:
            raise SourceUnavailable(
                f"{sys.executable} has no pip; add it with `{sys.executable} -m ensurepip --upgrade`"
            ) from None
        if tuple(int(number) for number in re.findall(r"\d+", version)[:2]) < OLDEST:
            raise SourceUnavailable(
                f"pip {version} is too old; update it with `{sys.executable} -m pip install --upgrade pip`"
            )

    def download(self, package: str, wheel: Path, moved: Callable[[int], None], stop: threading.Event) -> None:
        """Put the wheel of `package` (`name==version`) at `wheel`: all of it or nothing.

        moved: told the bytes so far, from this thread. Raises SourceUnavailable, Stopped, OSError (a full disk).
        """
        folder = wheel.with_name(f"{wheel.name}.tmp")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "out").mkdir(parents=True)
        try:
            self._run(package, folder, moved, stop)
            found = list((folder / "out").glob("*.whl"))
            if len(found) != 1:
                raise SourceUnavailable(f"pip brought {len(found)} wheels for {package} instead of one")
            found[0].replace(wheel)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, package: str, folder: Path, moved: Callable[[int], None], stop: threading.Event) -> None:
        command = [
            sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python",
            "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--progress-bar=raw",
            "--dest", str(folder / "out"), package,
        ]  # fmt: skip
        # A session of its own: Ctrl-C reaches us alone, and we end it. TMPDIR: everything stays on the disk that was
        # checked for room, and goes when the folder goes.
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self._env, "TMPDIR": str(folder)},
            start_new_session=True,
        ) as process:
            last: deque[str] = deque(maxlen=20)
            try:
                for line in self._lines(process, package, stop):
                    if progress := _PROGRESS.match(line):
                        moved(int(progress[1]))
                    elif text := line.decode(errors="replace").strip():
                        last.append(text)
            except BaseException:
                _end(process)
                raise
        if process.returncode:
            _raise(package, last)

    def _lines(self, process: "subprocess.Popen[bytes]", package: str, stop: threading.Event) -> Iterator[bytes]:
        """What the process prints, until it closes its output."""
        assert process.stdout is not None
        output = process.stdout.fileno()
        heard = time.monotonic()
        rest = b""
        while True:
            if stop.is_set():
                raise Stopped(package)
            if not select.select([output], [], [], _POLL_S)[0]:
                if time.monotonic() - heard > self._silence_s:
                    raise SourceUnavailable(f"pip was silent for {self._silence_s:.0f} s while it fetched {package}")
                continue
            heard = time.monotonic()
            data = os.read(output, 65536)
            *lines, rest = (rest + data).split(b"\n")
            yield from lines
            if not data:
                yield rest
                return


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _raise(package: str, output: deque[str]) -> None:
    said = " ".join(output)
    if f"[Errno {errno.ENOSPC}]" in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    errors = [line for line in output if line.startswith("ERROR:")] or list(output) or ["it gave no reason"]
    raise SourceUnavailable(f"pip could not fetch {package}: {errors[-1].removeprefix('ERROR: ')}")
