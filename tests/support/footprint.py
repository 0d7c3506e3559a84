"""What a process holds: to count before and after."""

import asyncio
import gc
import threading
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 5.0


@dataclass(frozen=True)
class Footprint:
    tasks: frozenset[str]
    sockets: int
    threads: int


async def footprint() -> Footprint:
    """Tasks, open sockets and threads at this moment, after what has just ended is gone."""
    await asyncio.sleep(0.1)
    gc.collect()
    tasks = frozenset(repr(task.get_coro()) for task in asyncio.all_tasks() if task is not asyncio.current_task())
    return Footprint(tasks, _sockets(), _threads())


async def same_footprint(before: Footprint) -> None:
    """Fails unless everything that was not held before is let go, soon."""
    end = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        now = await footprint()
        if now.tasks <= before.tasks and now.sockets <= before.sockets and now.threads <= before.threads:
            return
        assert asyncio.get_running_loop().time() < end, (now.tasks - before.tasks, before, now)


def _threads() -> int:
    """All but those of the event loop's own pool (`asyncio_0`, ...): it is bounded, and grows when the test is busy."""
    return sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate())


def _sockets() -> int:
    """UDP and TCP sockets of this process (Linux)."""
    return sum(_is_socket(link) for link in Path("/proc/self/fd").iterdir())


def _is_socket(link: Path) -> bool:
    try:
        return str(link.readlink()).startswith("socket:")
    except FileNotFoundError:
        return False
