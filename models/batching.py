"""One thread per engine, shared by all calls.

A `BatchWorker` loads an engine's model in a thread of its own and runs jobs there, so that the event loop never waits
for a model, and the number of threads does not grow with the number of calls. Which job goes next is decided in
`models.queueing`. What a caller can rely on:

* it gets its result or an EngineError within its deadline, whether its job waits, runs, or the engine hangs;
* giving up (cancelling) takes its job out of the queue;
* a job that makes the engine fail does not fail the jobs it was batched with;
* when the queue is full, the least urgent job gives way to a more urgent one.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from models.queueing import FairQueue, Ticket
from models.worker_stats import Outcome, StatsBook, WorkerStats
from pipeline.errors import EngineDown, EngineError, EngineOverloaded, EngineTimeout, OperatorError

Job = TypeVar("Job")
Result = TypeVar("Result")
Part = TypeVar("Part")

Run: TypeAlias = Callable[[Sequence[Job]], Sequence[Result]]
"""Works off jobs of one key: one result for each, in the same order. Called in the worker's thread only."""

BATCH = 1
"""Priority of work that nobody in a call waits for; theirs is 0."""
LOAD_TIMEOUT_S = 120.0
"""Longest time for loading a model: large ones come from slow disks."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Order(Generic[Job, Result]):
    """A job, and where its caller waits for the result: touched on the event loop only."""

    job: Job
    future: "asyncio.Future[Result]"


class _Displaced(EngineOverloaded):
    """Gave way to a more urgent job."""


class BatchWorker(Generic[Job, Result]):
    """Runs jobs of many callers on one model in one thread. Used from one event loop."""

    def __init__(
        self,
        name: str,
        load: Callable[[], Run[Job, Result]],
        *,
        max_waiting: int,
        max_batch: int = 1,
        pace_s: float = 0.0,
        stuck_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """name: of the engine, for errors and the thread. load: makes the model; called once, in the worker's thread.

        max_waiting, max_batch, pace_s: see FairQueue. stuck_s: a run longer than this means that the engine hangs.
        """
        self.name = name
        self._load = load
        self._stuck_s = stuck_s
        self._clock = clock
        self._changed = threading.Condition()  # guards everything below
        self._queue: FairQueue[_Order[Job, Result]] = FairQueue(
            name, limit=max_waiting, max_batch=max_batch, pace_s=pace_s
        )
        self._running: set[Ticket[_Order[Job, Result]]] = set()
        self._run_began: float | None = None
        self._hang_told = False
        self._thread: threading.Thread | None = None
        self._ready = False
        self._closing = False
        self._abandoned = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._max_batch = max_batch
        self._book = StatsBook(name)

    # --- on the event loop ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load the model; raises what `load` raises, or OperatorError when it takes too long. To be called once."""
        if self._thread is not None or self._closing:
            raise RuntimeError(f"the worker of {self.name} cannot be started twice")
        self._loop = asyncio.get_running_loop()
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

        Raises EngineTimeout after `deadline_s` seconds, EngineOverloaded when the queue is full or this job had to give
        way, EngineDown when the worker is not running or hangs, EngineError when the engine fails on this job.
        """
        ticket = self._enter(job, key, caller, priority, deadline_s)
        outcome: Outcome = "failed"
        try:
            async with asyncio.timeout(deadline_s):
                result = await ticket.job.future
            outcome = "done"
        except _Displaced:
            outcome = "displaced"
            raise
        except TimeoutError:
            outcome = "timed_out"
            self._tell_of_a_hang()
            raise EngineTimeout(f"{self.name} did not answer within its deadline of {deadline_s:g} s.") from None
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            with self._changed:
                self._queue.discard(ticket)
                self._book.count(outcome)
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
            self._abandoned = True
            for ticket in self._running:
                _settle(ticket.job.future, error=EngineDown(f"{self.name} was closed."))

    @property
    def stuck(self) -> bool:
        """True while the engine has been busy with one run for longer than `stuck_s`, or its thread has died."""
        with self._changed:
            return self._is_stuck() or self._is_dead()

    @property
    def stats(self) -> WorkerStats:
        with self._changed:
            return self._book.read(waiting=len(self._queue), running=len(self._running), stuck=self._is_stuck())

    def _enter(
        self, job: Job, key: Hashable, caller: str, priority: int, deadline_s: float
    ) -> Ticket[_Order[Job, Result]]:
        with self._changed:
            if self._closing or not self._ready or self._loop is None:
                raise EngineDown(f"{self.name} is not running.")
            if self._is_stuck():
                self._book.count("refused")
                self._tell_of_a_hang()
                raise EngineDown(f"{self.name} hangs: it has been busy with one run for over {self._stuck_s:g} s.")
            if self._is_dead():
                raise EngineDown(f"The worker of {self.name} has died; the gateway must be started anew.")
            now = self._clock()
            if displaced := self._queue.displace(priority, now):
                reason = f"The queue of {self.name} is full, and more urgent jobs go first. Try again later."
                _settle(displaced.job.future, error=_Displaced(reason))
            order: _Order[Job, Result] = _Order(job, self._loop.create_future())
            try:
                ticket = self._queue.add(
                    order, key=key, caller=caller, priority=priority, deadline=now + deadline_s, now=now
                )
            except EngineError:
                self._book.count("refused")
                raise
            self._book.count("accepted")
            # While others wait, the thread is busy or will wake up by itself; only a full batch need not wait for that.
            if len(self._queue) == 1 or len(self._queue) >= self._max_batch:
                self._changed.notify_all()
            return ticket

    def _is_stuck(self) -> bool:
        return self._run_began is not None and self._clock() - self._run_began > self._stuck_s

    def _is_dead(self) -> bool:
        """Whether its thread ended without being told to."""
        return self._ready and not self._closing and self._thread is not None and not self._thread.is_alive()

    def _tell_of_a_hang(self) -> None:
        """Once for each run that hangs."""
        with self._changed:
            if self._is_stuck() and not self._hang_told:
                self._hang_told = True
                log.error(
                    "%s hangs: one run has taken over %g s; its jobs fail until it is back", self.name, self._stuck_s
                )

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
        """Wait for the next jobs; empty when the worker is to end."""
        with self._changed:
            while not self._closing:
                now = self._clock()
                batch = self._queue.take(now)
                if batch:
                    for ticket in batch:
                        self._book.waited(now - ticket.queued_at)
                    self._running.update(batch)
                    return batch
                self._changed.wait(self._queue.ready_in(now))
            return []

    def _run_together(self, run: Run[Job, Result], batch: list[Ticket[_Order[Job, Result]]]) -> None:
        try:
            results = self._run(run, batch)
        except Exception as error:
            if len(batch) == 1:
                self._hand_over(batch, error=self._described(error))
                return
            log.warning("%s failed on %d jobs at once; trying them one by one", self.name, len(batch))
            for ticket in batch:
                self._run_together(run, [ticket])
            return
        self._hand_over(batch, results)

    def _run(self, run: Run[Job, Result], batch: list[Ticket[_Order[Job, Result]]]) -> Sequence[Result]:
        with self._changed:
            began = self._run_began = self._clock()
        try:
            results = run([ticket.job.job for ticket in batch])
        finally:
            with self._changed:
                took = self._clock() - began
                self._run_began = None
                self._book.ran(len(batch), took)
                if self._hang_told:
                    self._hang_told = False
                    log.warning("%s is back, after %.1f s in one run", self.name, took)
        if len(results) != len(batch):
            raise EngineError(f"{self.name} gave {len(results)} results for {len(batch)} jobs.")
        return results

    def _described(self, error: Exception) -> EngineError:
        if isinstance(error, EngineError):
            return error
        described = EngineError(f"{self.name} failed: {type(error).__name__}: {error}")
        described.__cause__ = error
        return described

    def _hand_over(
        self,
        batch: list[Ticket[_Order[Job, Result]]],
        results: Sequence[Result] = (),
        error: EngineError | None = None,
    ) -> None:
        """Answer a batch. The loop is woken once for all of it, because waking it is what costs."""

        def on_the_loop() -> None:
            for at, ticket in enumerate(batch):
                if error is not None:
                    _settle(ticket.job.future, error=error)
                else:
                    _settle(ticket.job.future, result=results[at])

        with self._changed:
            self._running.difference_update(batch)
            if self._loop is not None and not self._abandoned:
                self._loop.call_soon_threadsafe(on_the_loop)


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


def _settle(future: "asyncio.Future[Result]", *, result: Result | None = None, error: Exception | None = None) -> None:
    """Answer whoever waits, unless nobody does any more, or that has been done."""
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]
