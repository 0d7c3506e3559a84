"""Processes of engines end with the gateway, however it ends and whatever they are doing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from models import child

SECONDS = 10.0
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-P", {launcher!r}, {script!r}], stdin=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
"""


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of its input must do")
@pytest.mark.parametrize("state", ["waits for its input", "hangs", "was stopped"])
def test_a_child_does_not_outlive_a_gateway_that_is_killed(tmp_path: Path, state: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys; print('up', file=sys.stderr, flush=True)\n"
        + ("while True: pass" if state == "hangs" else "sys.stdin.read()")
    )
    source = PARENT.format(launcher=str(Path(child.__file__)), script=str(script))
    parent = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        pid = int(parent.stdout.readline())
        assert parent.stderr.readline() == b"up\n"
        if state == "was stopped":
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
        parent.wait()
    until = time.monotonic() + SECONDS
    while not gone(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert gone(pid)
