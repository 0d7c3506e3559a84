"""What a worker has done, in numbers."""

from dataclasses import dataclass


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

    Every accepted job ends as exactly one of done, failed, timed_out, cancelled; refused ones were never accepted.
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
    timed_out: int = 0
    cancelled: int = 0
    queue_wait_s: Tally = Tally()
    batch_size: Tally = Tally()
    run_s: Tally = Tally()
