"""Fetching, shown to a person: bars on a terminal, lines anywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Column

from models.weights.progress import Moved
from models.weights.sizes import human

LINE_EVERY_S = 10.0
"""Seconds between two lines about one file where there is no terminal."""


class Bars:
    """One bar per file: size, speed, time left. A context manager: the terminal is given back at its end."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=3)),
            BarColumn(bar_width=None, table_column=Column(ratio=2)),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            speed_estimate_period=10,
            expand=True,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def notice(self, sentence: str) -> None:
        self._progress.console.print(sentence, markup=False, highlight=False)

    @contextmanager
    def track(self, label: str, size: int) -> Iterator[Moved]:
        task = self._progress.add_task(label, total=size)
        try:
            yield lambda done: self._progress.update(task, completed=done)
        finally:
            self._progress.stop_task(task)


class Lines:
    """A line when a file begins, one now and then, one when it is there."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock

    def notice(self, sentence: str) -> None:
        self._say(sentence)

    @contextmanager
    def track(self, label: str, size: int) -> Iterator[Moved]:
        follow = _Follower(label, size, self._say, self._clock)
        yield follow.moved
        follow.end()


class _Follower:
    def __init__(self, label: str, size: int, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._label = label
        self._size = size
        self._say = say
        self._clock = clock
        self._began = self._said = clock()
        self._first: int | None = None
        self._done = 0

    def moved(self, done: int) -> None:
        if self._first is None:
            self._first = done
            here = f", {human(done)} are here already" if done else ""
            self._say(f"{self._label}: fetching {human(self._size)}{here}")
        self._done = done
        now = self._clock()
        if now - self._said >= LINE_EVERY_S:
            self._said = now
            speed = self._speed(now)
            left = f", {(self._size - done) / speed:.0f} s left" if speed else ""
            self._say(f"{self._label}: {human(done)} of {human(self._size)}, {human(round(speed))}/s{left}")

    def end(self) -> None:
        now = self._clock()
        self._say(f"{self._label}: done in {now - self._began:.1f} s ({human(round(self._speed(now)))}/s)")

    def _speed(self, now: float) -> float:
        """Bytes per second in this run."""
        return (self._done - (self._first or 0)) / max(now - self._began, 1e-3)
