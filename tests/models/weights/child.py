"""`voicegw models` in a process of its own, with a manifest of the test's.

python -m tests.models.weights.child MANIFEST ARGS...
"""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.models.weights.stand import read_manifest

PATIENCE_S = 60.0
_LIMIT = "TEST_LARGEST_FILE"


@contextmanager
def child(
    manifest: Path, *args: str, env: dict[str, str], largest_file: int | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Runs it. largest_file: bytes after which writing fails, as on a full disk. Nothing of it outlives the block."""
    env = env | ({_LIMIT: str(largest_file)} if largest_file else {})
    with subprocess.Popen(
        [sys.executable, "-u", "-m", __name__, str(manifest), *args],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, cwd=Path(__file__).parents[3],
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for it. Its exit status and what it said."""
    said, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def kill(process: "subprocess.Popen[str]") -> None:
    """End it as a power cut would, and then the downloads it had started, so that the test leaves none behind."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait(PATIENCE_S)
    for orphan in children:
        with suppress(psutil.NoSuchProcess):  # it may have noticed by itself
            orphan.kill()
    psutil.wait_procs(children, timeout=PATIENCE_S)


def main() -> None:
    from pipeline.errors import VoiceError
    from voicegw.commands.models import app

    # Whoever runs the tests in the background (`pytest &` in a script) hands down that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if limit := os.environ.get(_LIMIT):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        app(sys.argv[2:], obj=read_manifest(Path(sys.argv[1])))
    except VoiceError as error:
        sys.exit(f"voicegw: {error}")


if __name__ == "__main__":
    main()
