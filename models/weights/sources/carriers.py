"""Wheels on their way: a few at a time, in the order in which they will be asked for, never more of them on disk."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from models.weights.sources.pip import Pip

PARALLEL = 3
"""Wheels at a time. One alone waits for the index between any two; many only share the same line."""
_TELL_S = 0.25


class Carriers:
    """Use it as a context manager: leaving ends what is still being fetched. Whole wheels stay until dropped."""

    def __init__(self, folder: Path, pip: Pip, *, parallel: int = PARALLEL) -> None:
        self._folder = folder
        self._pip = pip
        self._parallel = parallel
        self._queue: deque[str] = deque()
        self._started: dict[str, Future[None]] = {}
        self._arrived: dict[str, int] = {}
        """Bytes so far, of each wheel that was started and not yet asked for."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="pip")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def expect(self, packages: Iterable[str]) -> None:
        """Announce what `get` will be asked for, in that order."""
        self._queue.extend(dict.fromkeys(packages))
        self._fill()

    def get(self, package: str, tell: Callable[[int], None]) -> Path:
        """The wheel, once it is there. Raises SourceUnavailable, OSError (a full disk).

        tell: told now and then how many bytes have arrived, of this wheel and of those after it.
        """
        self._start(package)
        while not wait([self._started[package]], _TELL_S).done:
            with self._lock:
                sizes = sum(self._arrived.values())
            tell(sizes)
        self._started[package].result()
        with self._lock:
            self._arrived.pop(package, None)
        self._fill()
        return self._wheel(package)

    def drop(self, package: str) -> None:
        """The wheel is not needed any more."""
        self._wheel(package).unlink(missing_ok=True)

    def _fill(self) -> None:
        while self._queue and len(self._arrived) < self._parallel:
            self._start(self._queue.popleft())

    def _start(self, package: str) -> None:
        if package not in self._started:
            with self._lock:
                self._arrived[package] = 0
            self._started[package] = self._pool.submit(self._bring, package)

    def _bring(self, package: str) -> None:
        wheel = self._wheel(package)
        if not wheel.exists():  # else it is whole, from a pull that was interrupted
            self._pip.download(package, wheel, lambda size: self._note(package, size), self._stop)
        self._note(package, wheel.stat().st_size)

    def _note(self, package: str, size: int) -> None:
        with self._lock:
            if package in self._arrived:
                self._arrived[package] = size

    def _wheel(self, package: str) -> Path:
        return self._folder / f"{package}.whl"
