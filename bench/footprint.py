"""How much memory the gateway's own process holds, its language model's child not counted."""

from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

MIB: Final = 2**20
PARTS: Final = 5
"""Growth is the median of the last fifth of the turns less that of the second: the first fills pools and caches."""
FEWEST: Final = 2 * PARTS


class Footprint:
    """Look at it after every turn with `note`."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._seen: list[float] = []

    def note(self) -> None:
        self._seen.append(self._process.memory_info().rss / MIB)

    def facts(self) -> dict[str, Any]:
        """Resident memory in MiB; while the process is still there. growth: None for too few turns to tell."""
        growth = None
        if len(self._seen) >= FEWEST:
            part = len(self._seen) // PARTS
            growth = round(median(self._seen[-part:]) - median(self._seen[part : 2 * part]), 1)
        children = sum(child.memory_info().rss for child in self._process.children(recursive=True)) / MIB
        return {
            "peak_mib": round(max(self._kernels_peak(), *self._seen), 1),
            "first_mib": round(self._seen[0], 1),
            "last_mib": round(self._seen[-1], 1),
            "growth_mib": growth,
            "turns": len(self._seen),
            "after_each_turn_mib": [round(mib, 1) for mib in self._seen],
            "children_mib": round(children, 1),
        }

    def _kernels_peak(self) -> float:
        """Linux remembers the highest peak of a process's whole life, loading of models included."""
        status = Path(f"/proc/{self._process.pid}/status")
        if status.is_file():
            for line in status.read_text(encoding="utf-8").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 / MIB
        return 0.0
