"""A gateway with scripted engines in a process of its own, on uvloop as in service: for what is about processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

GATEWAY = "from voicegw.commands.scripted_gateway import main; main(4, None)"


@contextmanager
def gateway_process(*, descriptors: int | None = None) -> Iterator[str]:
    """Its address. descriptors: how many it may have."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({descriptors}, {descriptors}));"
    with python((limit if descriptors else "") + GATEWAY) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


@contextmanager
def python(script: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that is ended in the end."""
    command = [sys.executable, "-c", script, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)
