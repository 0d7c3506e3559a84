"""What a worker has done, in numbers."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["accepted", "refused", "done", "failed", "displaced", "timed_out", "cancelled"]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was measured, the sum, and the largest value."""

    count: int = 0
    total: float = 0.0
    largest: float = 0.0

    def plus(self, value: float) -> "Tally":
        return Tally(self.count + 1, self.total + value, max(self.largest, value))


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """Exact counters of one worker, since it was made.

    Every accepted job ends as exactly one of done, failed, displaced, timed_out, cancelled; refused ones were never
    accepted, displaced ones gave way to a more urgent job in a full queue.
    waiting, running: jobs at this moment. stuck: see `BatchWorker.stuck`.
    queue_wait_s: per job, seconds until it left the queue. batch_size, run_s: per run of the engine.
    """

    name: str
    waiting: int = 0
    running: int = 0
    stuck: bool = False
    accepted: int = 0
    refused: int = 0
    done: int = 0
    failed: int = 0
    displaced: int = 0
    timed_out: int = 0
    cancelled: int = 0
    queue_wait_s: Tally = Tally()
    batch_size: Tally = Tally()
    run_s: Tally = Tally()


class StatsBook:
    """Where a worker keeps count. Not a lock of its own: whoever writes into it has one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counts: dict[Outcome, int] = {}
        self._queue_wait_s = Tally()
        self._batch_size = Tally()
        self._run_s = Tally()

    def count(self, outcome: Outcome) -> None:
        self._counts[outcome] = self._counts.get(outcome, 0) + 1

    def waited(self, seconds: float) -> None:
        self._queue_wait_s = self._queue_wait_s.plus(seconds)

    def ran(self, jobs: int, seconds: float) -> None:
        self._batch_size = self._batch_size.plus(jobs)
        self._run_s = self._run_s.plus(seconds)

    def read(self, *, waiting: int, running: int, stuck: bool) -> WorkerStats:
        return WorkerStats(
            self._name,
            waiting,
            running,
            stuck,
            queue_wait_s=self._queue_wait_s,
            batch_size=self._batch_size,
            run_s=self._run_s,
            **self._counts,
        )
