"""One thread per engine, shared by all calls.

A `BatchWorker` loads an engine's model in a thread of its own and runs jobs there, so that the event loop never waits
for a model, and the number of threads does not grow with the number of calls. Which job goes next is decided in
`models.queueing`. What a caller can rely on:

* it gets its result or an EngineError within its deadline, whether its job waits, runs, or the engine hangs;
* giving up (cancelling) takes its job out of the queue;
* a job that makes the engine fail does not fail the jobs it was batched with.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from models.queueing import FairQueue, Ticket
from models.worker_stats import WorkerStats
from pipeline.errors import EngineDown, EngineError, EngineTimeout, OperatorError

Job = TypeVar("Job")
Result = TypeVar("Result")
Part = TypeVar("Part")

Run: TypeAlias = Callable[[Sequence[Job]], Sequence[Result]]
"""Works off jobs of one key: one result for each, in the same order. Called in the worker's thread only."""

LOAD_TIMEOUT_S = 120.0
"""Longest time for loading a model: large ones come from slow disks."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Order(Generic[Job, Result]):
    job: Job
    future: "Future[Result]"


class BatchWorker(Generic[Job, Result]):
    """Runs jobs of many callers on one model in one thread. Used from one event loop."""

    def __init__(
        self,
        name: str,
        load: Callable[[], Run[Job, Result]],
        *,
        max_waiting: int,
        max_batch: int = 1,
        linger_s: float = 0.0,
        stuck_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """name: of the engine, for errors and the thread. load: makes the model; called once, in the worker's thread.

        max_waiting, max_batch, linger_s: see FairQueue. stuck_s: a run longer than this means that the engine hangs.
        """
        self.name = name
        self._load = load
        self._stuck_s = stuck_s
        self._clock = clock
        self._changed = threading.Condition()  # guards everything below
        self._queue: FairQueue[_Order[Job, Result]] = FairQueue(
            name, limit=max_waiting, max_batch=max_batch, linger_s=linger_s
        )
        self._running: list[Ticket[_Order[Job, Result]]] = []
        self._run_began: float | None = None
        self._thread: threading.Thread | None = None
        self._ready = False
        self._closing = False
        self._stats = WorkerStats(name)

    # --- on the event loop ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load the model; raises what `load` raises, or OperatorError when it takes too long. To be called once."""
        if self._thread is not None or self._closing:
            raise RuntimeError(f"the worker of {self.name} cannot be started twice")
        loaded: Future[None] = Future()
        # A daemon, because a native call that hangs must not keep the process from exiting.
        self._thread = threading.Thread(target=self._work, args=(loaded,), name=f"{self.name} worker", daemon=True)
        self._thread.start()
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                await asyncio.wrap_future(loaded)
        except TimeoutError:
            raise OperatorError(
                f"The model of {self.name} was not loaded within {LOAD_TIMEOUT_S:g} s: "
                "put it on a faster disk, or choose a smaller one."
            ) from None

    async def submit(
        self, job: Job, *, caller: str, deadline_s: float, key: Hashable = None, priority: int = 0
    ) -> Result:
        """The result of `job`; jobs with an equal `key` may run together. A smaller priority number goes first.

        Raises EngineTimeout after `deadline_s` seconds, EngineOverloaded when the queue is full, EngineDown when the
        worker is not running or hangs, EngineError when the engine fails on this job.
        """
        ticket = self._enter(job, key, caller, priority, deadline_s)
        outcome = "failed"
        try:
            async with asyncio.timeout(deadline_s):
                result = await asyncio.wrap_future(ticket.job.future)
            outcome = "done"
        except TimeoutError:
            outcome = "timed_out"
            raise EngineTimeout(f"{self.name} did not answer within its deadline of {deadline_s:g} s.") from None
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            with self._changed:
                self._queue.discard(ticket)
                self._count(outcome)
        return result

    async def close(self, timeout_s: float = 5.0) -> None:
        """Fail the waiting jobs, let the running one end for at most `timeout_s` seconds, and end the thread."""
        with self._changed:
            self._closing = True
            for ticket in self._queue.clear():
                _settle(ticket.job.future, error=EngineDown(f"{self.name} was closed."))
            self._changed.notify_all()
        if self._thread is None:
            return
        await asyncio.to_thread(self._thread.join, timeout_s)
        if self._thread.is_alive():
            log.warning("%s did not end within %g s; its thread is left behind", self.name, timeout_s)
        with self._changed:
            for ticket in self._running:
                _settle(ticket.job.future, error=EngineDown(f"{self.name} was closed."))

    @property
    def stuck(self) -> bool:
        """True while the engine has been busy with one run for longer than `stuck_s`."""
        with self._changed:
            return self._is_stuck()

    @property
    def stats(self) -> WorkerStats:
        with self._changed:
            return replace(self._stats, waiting=len(self._queue), running=len(self._running), stuck=self._is_stuck())

    def _enter(
        self, job: Job, key: Hashable, caller: str, priority: int, deadline_s: float
    ) -> Ticket[_Order[Job, Result]]:
        with self._changed:
            if self._closing or not self._ready:
                raise EngineDown(f"{self.name} is not running.")
            if self._is_stuck():
                self._count("refused")
                raise EngineDown(f"{self.name} hangs: it has been busy with one run for over {self._stuck_s:g} s.")
            now = self._clock()
            order: _Order[Job, Result] = _Order(job, Future())
            try:
                ticket = self._queue.add(
                    order, key=key, caller=caller, priority=priority, deadline=now + deadline_s, now=now
                )
            except EngineError:
                self._count("refused")
                raise
            self._count("accepted")
            self._changed.notify_all()
            return ticket

    def _is_stuck(self) -> bool:
        return self._run_began is not None and self._clock() - self._run_began > self._stuck_s

    def _count(self, outcome: str) -> None:
        self._stats = replace(self._stats, **{outcome: getattr(self._stats, outcome) + 1})

    # --- in the worker's thread ----------------------------------------------------------------------------------

    def _work(self, loaded: "Future[None]") -> None:
        if not loaded.set_running_or_notify_cancel():
            return
        try:
            run = self._load()
        except BaseException as error:
            loaded.set_exception(error)
            return
        with self._changed:
            self._ready = True
        loaded.set_result(None)
        while self._serve(run):
            pass

    def _serve(self, run: Run[Job, Result]) -> bool:
        """Work off one batch; False when the worker is to end. Keeps nothing of it: jobs can be megabytes."""
        batch = self._next_batch()
        if batch:
            self._run_together(run, batch)
        return bool(batch)

    def _next_batch(self) -> list[Ticket[_Order[Job, Result]]]:
        """Wait for the next jobs that somebody still waits for; empty when the worker is to end."""
        with self._changed:
            while not self._closing:
                now = self._clock()
                batch = self._queue.take(now)
                wanted = [ticket for ticket in batch if ticket.job.future.set_running_or_notify_cancel()]
                if wanted:
                    waits = self._stats.queue_wait_s
                    for ticket in wanted:
                        waits = waits.plus(now - ticket.queued_at)
                    self._stats = replace(self._stats, queue_wait_s=waits)
                    self._running = list(wanted)
                    return wanted
                if not batch:
                    self._changed.wait(self._queue.ready_in(now))
            return []

    def _run_together(self, run: Run[Job, Result], batch: list[Ticket[_Order[Job, Result]]]) -> None:
        try:
            results = self._run(run, batch)
        except Exception as error:
            if len(batch) == 1:
                self._fail(batch[0], error)
                return
            log.warning("%s failed on %d jobs at once; trying them one by one", self.name, len(batch))
            for ticket in batch:
                self._run_together(run, [ticket])
            return
        with self._changed:
            for ticket, result in zip(batch, results, strict=True):
                self._running.remove(ticket)
                _settle(ticket.job.future, result=result)

    def _run(self, run: Run[Job, Result], batch: list[Ticket[_Order[Job, Result]]]) -> Sequence[Result]:
        with self._changed:
            began = self._run_began = self._clock()
        try:
            results = run([ticket.job.job for ticket in batch])
        finally:
            with self._changed:
                self._run_began = None
                self._stats = replace(
                    self._stats,
                    batch_size=self._stats.batch_size.plus(len(batch)),
                    run_s=self._stats.run_s.plus(self._clock() - began),
                )
        if len(results) != len(batch):
            raise EngineError(f"{self.name} gave {len(results)} results for {len(batch)} jobs.")
        return results

    def _fail(self, ticket: Ticket[_Order[Job, Result]], error: Exception) -> None:
        if not isinstance(error, EngineError):
            described = EngineError(f"{self.name} failed: {type(error).__name__}: {error}")
            described.__cause__ = error
            error = described
        with self._changed:
            self._running.remove(ticket)
            _settle(ticket.job.future, error=error)


async def in_parts(
    worker: BatchWorker[Job, Part | None], job: Job, *, caller: str, deadline_s: float, priority: int = 0
) -> AsyncGenerator[Part, None]:
    """What a job gives part by part: it is submitted again for every next part, until a run answers None.

    The consumer sets the pace, so nothing piles up; between two parts other callers get their turn, and closing the
    generator is enough to stop. `deadline_s` is for each part. The job itself remembers how far it is.
    """
    while True:
        part = await worker.submit(job, caller=caller, deadline_s=deadline_s, priority=priority)
        if part is None:
            return
        yield part


def _settle(future: "Future[Result]", *, result: Result | None = None, error: Exception | None = None) -> None:
    """Answer whoever waits, unless that has been done: a closed worker may still finish its last run."""
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]
