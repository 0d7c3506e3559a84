"""What a number was measured on: no benchmark means anything without it."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil


def machine() -> dict[str, Any]:
    """The hardware, as far as this process may use it."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        "load_1m": round(psutil.getloadavg()[0], 2),
        "ram_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpus": _gpus(),
        "os": platform.platform(),
        "python": platform.python_version(),
    }


def revision() -> dict[str, Any]:
    """The commit that the code of this benchmark comes from, and whether files differ from it; None without git."""
    here = Path(__file__).parent
    commit = _output("git", "-C", str(here), "rev-parse", "HEAD")
    changed = _output("git", "-C", str(here), "status", "--porcelain")
    return {"revision": commit, "dirty": None if changed is None else bool(changed)}


def _usable_cores() -> int | None:
    """A container or a job may be held to fewer cores than there are; not every system can tell."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _gpus() -> list[str]:
    names = _output("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
    return names.splitlines() if names else []


def _output(*command: str) -> str | None:
    """What a command prints; None when it is not there or fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
