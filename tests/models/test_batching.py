"""The worker with real threads: what its callers can rely on, whatever the engine does."""

import asyncio
import gc
import logging
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest

from models import batching
from models.batching import BatchWorker, Run, in_parts
from pipeline.errors import EngineDown, EngineError, EngineOverloaded, EngineTimeout, OperatorError
from tests.support.until import until

DEADLINE_S = 10.0
"""Far more than anything here takes; reached only when something is broken."""


class Engine:
    """Doubles numbers. While `gate` is closed a run waits in it; a batch with a poisoned number fails."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.runs: list[list[int]] = []
        self.poison: set[int] = set()

    def __call__(self, jobs: Sequence[int]) -> list[int]:
        self.runs.append(list(jobs))
        self.entered.set()
        assert self.gate.wait(DEADLINE_S)
        if self.poison & set(jobs):
            raise ValueError("poison")
        return [2 * job for job in jobs]

    async def hold(self, worker: BatchWorker[int, int]) -> "asyncio.Task[int]":
        """Close the gate and let the job 0 run into it, so that what follows has to wait."""
        self.gate.clear()
        self.entered.clear()
        held = asyncio.create_task(worker.submit(0, caller="holder", deadline_s=DEADLINE_S))
        assert await asyncio.to_thread(self.entered.wait, DEADLINE_S)
        return held


@asynccontextmanager
async def running(
    engine: Run[int, int],
    *,
    max_waiting: int = 64,
    max_batch: int = 1,
    stuck_s: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[BatchWorker[int, int]]:
    worker: BatchWorker[int, int] = BatchWorker(
        "doubling", lambda: engine, max_waiting=max_waiting, max_batch=max_batch, stuck_s=stuck_s, clock=clock
    )
    await worker.start()
    try:
        yield worker
    finally:
        await worker.close()


async def queued(
    worker: BatchWorker[int, int], job: int, *, caller: str = "anna", key: str = "", priority: int = 0
) -> "asyncio.Task[int]":
    """A submission that has reached the queue."""
    before = worker.stats.accepted
    task = asyncio.create_task(worker.submit(job, caller=caller, key=key, priority=priority, deadline_s=DEADLINE_S))
    await asyncio.sleep(0)  # lets the task begin
    assert worker.stats.accepted == before + 1
    return task


async def test_a_job_gets_its_result() -> None:
    async with running(Engine()) as worker:
        assert await worker.submit(21, caller="anna", deadline_s=DEADLINE_S) == 42


async def test_the_engine_is_loaded_and_run_in_one_thread_that_is_not_the_loops() -> None:
    threads: list[int] = []

    def load() -> Run[int, int]:
        threads.append(threading.get_ident())

        def run(jobs: Sequence[int]) -> Sequence[int]:
            threads.append(threading.get_ident())
            return jobs

        return run

    worker: BatchWorker[int, int] = BatchWorker("echo", load, max_waiting=1)
    await worker.start()
    await worker.submit(1, caller="anna", deadline_s=DEADLINE_S)
    await worker.close()
    assert len(threads) == 2
    assert threads[0] == threads[1] != threading.get_ident()


async def test_waiting_jobs_of_one_key_run_together_and_others_do_not() -> None:
    engine = Engine()
    async with running(engine, max_batch=4) as worker:
        held = await engine.hold(worker)
        tasks = [
            await queued(worker, job, caller=f"caller {job}", key="odd" if job % 2 else "even") for job in range(1, 6)
        ]
        engine.gate.set()
        assert await asyncio.gather(held, *tasks) == [0, 2, 4, 6, 8, 10]
    assert engine.runs == [[0], [1, 3, 5], [2, 4]]


async def test_priority_decides_who_is_next() -> None:
    engine = Engine()
    async with running(engine) as worker:
        held = await engine.hold(worker)
        tasks = [await queued(worker, 1, priority=1), await queued(worker, 2, priority=0)]
        engine.gate.set()
        await asyncio.gather(held, *tasks)
    assert engine.runs == [[0], [2], [1]]


async def test_a_poison_job_fails_alone() -> None:
    engine = Engine()
    engine.poison = {2}
    async with running(engine, max_batch=4) as worker:
        held = await engine.hold(worker)
        tasks = [await queued(worker, job) for job in (1, 2, 3)]
        engine.gate.set()
        results = await asyncio.gather(held, *tasks, return_exceptions=True)
        assert (results[0], results[1], results[3]) == (0, 2, 6)
        assert isinstance(results[2], EngineError)
        assert str(results[2]) == "doubling failed: ValueError: poison"
        assert isinstance(results[2].__cause__, ValueError)
        assert (worker.stats.done, worker.stats.failed) == (3, 1)
        assert await worker.submit(5, caller="anna", deadline_s=DEADLINE_S) == 10


async def test_an_engines_own_error_reaches_the_caller_as_it_is() -> None:
    error = EngineDown("the engine said so")

    def run(_jobs: Sequence[int]) -> list[int]:
        raise error

    async with running(run) as worker:
        with pytest.raises(EngineDown, match="the engine said so") as caught:
            await worker.submit(1, caller="anna", deadline_s=DEADLINE_S)
    assert caught.value is error


async def test_an_engine_that_loses_a_result_fails_the_job() -> None:
    async with running(lambda _jobs: []) as worker:
        with pytest.raises(EngineError, match="0 results for 1 jobs"):
            await worker.submit(1, caller="anna", deadline_s=DEADLINE_S)


async def test_a_timeout_raised_by_the_engine_is_its_failure_and_not_the_callers_deadline() -> None:
    def run(_jobs: Sequence[int]) -> list[int]:
        raise TimeoutError("disk")

    async with running(run) as worker:
        with pytest.raises(EngineError, match="doubling failed: TimeoutError: disk") as caught:
            await worker.submit(1, caller="anna", deadline_s=DEADLINE_S)
    assert not isinstance(caught.value, EngineTimeout)


async def test_a_job_that_waits_too_long_times_out_and_never_runs() -> None:
    engine = Engine()
    async with running(engine) as worker:
        held = await engine.hold(worker)
        with pytest.raises(EngineTimeout, match=r"doubling did not answer within its deadline of 0\.01 s"):
            await worker.submit(1, caller="anna", deadline_s=0.01)
        assert worker.stats.waiting == 0
        engine.gate.set()
        await held
        await worker.submit(2, caller="anna", deadline_s=DEADLINE_S)
    assert engine.runs == [[0], [2]]


async def test_a_job_that_runs_too_long_times_out_and_the_worker_goes_on() -> None:
    engine = Engine()
    engine.gate.clear()
    async with running(engine) as worker:
        with pytest.raises(EngineTimeout):
            await worker.submit(1, caller="anna", deadline_s=0.01)
        engine.gate.set()
        assert await worker.submit(2, caller="anna", deadline_s=DEADLINE_S) == 4
        assert (worker.stats.timed_out, worker.stats.done) == (1, 1)


async def test_a_cancelled_job_leaves_the_queue() -> None:
    engine = Engine()
    async with running(engine) as worker:
        held = await engine.hold(worker)
        task = await queued(worker, 1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert worker.stats.waiting == 0
        engine.gate.set()
        await held
        await worker.submit(2, caller="anna", deadline_s=DEADLINE_S)
        assert (worker.stats.cancelled, worker.stats.done) == (1, 2)
    assert engine.runs == [[0], [2]]


async def test_a_full_queue_refuses_at_once() -> None:
    engine = Engine()
    async with running(engine, max_waiting=1) as worker:
        held = await engine.hold(worker)
        waiting = await queued(worker, 1)
        with pytest.raises(EngineOverloaded, match="doubling is full: its limit is 1"):
            await worker.submit(2, caller="anna", deadline_s=DEADLINE_S)
        engine.gate.set()
        await asyncio.gather(held, waiting)
        assert worker.stats.refused == 1


async def test_in_a_full_queue_a_partial_gives_way_to_a_final_and_is_told() -> None:
    engine = Engine()
    async with running(engine, max_waiting=1) as worker:
        held = await engine.hold(worker)
        partial = await queued(worker, 1, priority=1)
        final = await queued(worker, 2, priority=0)
        with pytest.raises(EngineOverloaded, match="doubling is full, and more urgent jobs go first"):
            await partial
        with pytest.raises(EngineOverloaded, match="its limit is 1"):
            await worker.submit(3, caller="ben", priority=1, deadline_s=DEADLINE_S)
        engine.gate.set()
        assert [await held, await final] == [0, 4]
        stats = worker.stats
        assert (stats.accepted, stats.displaced, stats.refused, stats.failed, stats.done) == (3, 1, 1, 0, 2)
    assert engine.runs == [[0], [2]]


async def test_a_hanging_engine_is_reported_and_refuses_new_jobs_until_it_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = Engine()
    now = 0.0
    async with running(engine, stuck_s=30.0, clock=lambda: now) as worker:

        def stuck() -> bool:
            return worker.stuck

        held = await engine.hold(worker)
        now = 30.0
        assert not stuck()
        now = 30.1
        assert stuck()
        assert worker.stats.stuck
        assert caplog.messages == []
        for _ in range(2):
            with pytest.raises(EngineDown, match="doubling hangs"):
                await worker.submit(1, caller="anna", deadline_s=DEADLINE_S)
        assert caplog.messages == ["doubling hangs: one run has taken over 30 s; its jobs fail until it is back"]
        engine.gate.set()
        assert await held == 0
        assert not stuck()
        assert await worker.submit(1, caller="anna", deadline_s=DEADLINE_S) == 2
        assert caplog.messages[1:] == ["doubling is back, after 30.1 s in one run"]


async def test_who_waits_for_a_hanging_engine_gets_an_error_within_the_deadline_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = Engine()
    async with running(engine, stuck_s=0.001) as worker:
        engine.gate.clear()
        with pytest.raises(EngineTimeout):
            await worker.submit(1, caller="anna", deadline_s=0.05)
        assert caplog.messages == ["doubling hangs: one run has taken over 0.001 s; its jobs fail until it is back"]
        engine.gate.set()


async def test_jobs_that_come_close_together_run_together_when_the_worker_is_paced() -> None:
    engine = Engine()
    now = 0.0
    worker: BatchWorker[int, int] = BatchWorker(
        "doubling", lambda: engine, max_waiting=8, max_batch=3, pace_s=1000.0, clock=lambda: now
    )
    await worker.start()
    assert await worker.submit(0, caller="first", deadline_s=DEADLINE_S) == 0  # a worker at rest does not wait
    tasks = [await queued(worker, job, caller=f"caller {job}") for job in (1, 2, 3)]
    assert await asyncio.gather(*tasks) == [2, 4, 6]  # a full batch does not wait either
    waiting = await queued(worker, 4)
    assert engine.runs == [[0], [1, 2, 3]]
    await worker.close()
    with pytest.raises(EngineDown, match="was closed"):
        await waiting


async def test_the_counters_are_exact() -> None:
    engine = Engine()
    now = 0.0
    async with running(engine, max_batch=2, clock=lambda: now) as worker:
        held = await engine.hold(worker)
        tasks = [await queued(worker, job, caller=f"caller {job}") for job in (1, 2, 3)]
        assert (worker.stats.waiting, worker.stats.running) == (3, 1)
        now = 2.0
        engine.gate.set()
        await asyncio.gather(held, *tasks)
        stats = worker.stats
        assert (stats.accepted, stats.done, stats.waiting, stats.running) == (4, 4, 0, 0)
        assert (stats.queue_wait_s.count, stats.queue_wait_s.total, stats.queue_wait_s.largest) == (4, 6.0, 2.0)
        assert (stats.batch_size.count, stats.batch_size.total, stats.batch_size.largest) == (3, 4, 2)
        assert (stats.run_s.count, stats.run_s.total, stats.run_s.largest) == (3, 2.0, 2.0)


async def test_what_cannot_be_loaded_says_so_to_whoever_starts_it() -> None:
    def load() -> Run[int, int]:
        raise OperatorError("no such file")

    worker: BatchWorker[int, int] = BatchWorker("doubling", load, max_waiting=1)
    with pytest.raises(OperatorError, match="no such file"):
        await worker.start()
    with pytest.raises(EngineDown, match="doubling is not running"):
        await worker.submit(1, caller="anna", deadline_s=DEADLINE_S)
    await worker.close()


async def test_a_model_that_takes_for_ever_to_load_is_an_operators_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "LOAD_TIMEOUT_S", 0.01)
    loading = threading.Event()

    def load() -> Run[int, int]:
        assert loading.wait(DEADLINE_S)
        return Engine()

    worker: BatchWorker[int, int] = BatchWorker("doubling", load, max_waiting=1)
    with pytest.raises(OperatorError, match="not loaded within"):
        await worker.start()
    loading.set()
    await worker.close()


async def test_a_worker_starts_once() -> None:
    async with running(Engine()) as worker:
        with pytest.raises(RuntimeError, match="cannot be started twice"):
            await worker.start()


async def test_closing_fails_what_waits_lets_the_running_job_end_and_ends_the_thread() -> None:
    engine = Engine()
    async with running(engine) as worker:
        held = await engine.hold(worker)
        waiting = await queued(worker, 1)
        closing = asyncio.create_task(worker.close(DEADLINE_S))
        with pytest.raises(EngineDown, match="doubling was closed"):
            await waiting
        engine.gate.set()
        await closing
        assert await held == 0
        await worker.close()
        with pytest.raises(EngineDown, match="doubling is not running"):
            await worker.submit(2, caller="anna", deadline_s=DEADLINE_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "doubling worker"]


async def test_closing_does_not_wait_for_ever_for_an_engine_that_hangs(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine()
    async with running(engine) as worker:
        held = await engine.hold(worker)
        with caplog.at_level(logging.WARNING):
            await worker.close(0.01)
        with pytest.raises(EngineDown, match="doubling was closed"):
            await held
        assert "doubling did not end" in caplog.text
        engine.gate.set()  # the abandoned run ends after all, and nobody minds


async def test_closing_before_the_start_is_fine_and_final() -> None:
    worker: BatchWorker[int, int] = BatchWorker("doubling", Engine, max_waiting=1)
    await worker.close()
    with pytest.raises(RuntimeError, match="cannot be started"):
        await worker.start()


async def test_a_closed_worker_lets_go_of_its_model() -> None:
    engine = Engine()
    seen = weakref.ref(engine)
    loaded = [engine]
    worker: BatchWorker[int, int] = BatchWorker("doubling", loaded.pop, max_waiting=1)
    del engine
    await worker.start()
    await worker.submit(1, caller="anna", deadline_s=DEADLINE_S)
    assert seen() is not None
    await worker.close()
    gc.collect()
    assert seen() is None


class Countdown:
    """A job in parts: 3, 2, 1."""

    def __init__(self, length: int) -> None:
        self.left = length


def count_down(jobs: Sequence[Countdown]) -> list[int | None]:
    answers: list[int | None] = []
    for job in jobs:
        answers.append(job.left or None)
        job.left -= 1
    return answers


@asynccontextmanager
async def counting() -> AsyncIterator[BatchWorker[Countdown, int | None]]:
    worker: BatchWorker[Countdown, int | None] = BatchWorker("counting", lambda: count_down, max_waiting=8)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.close()


async def test_a_job_in_parts_gives_them_in_order_until_it_ends() -> None:
    async with counting() as worker:
        parts = [part async for part in in_parts(worker, Countdown(3), caller="anna", deadline_s=DEADLINE_S)]
    assert parts == [3, 2, 1]


async def test_a_job_in_parts_is_only_worked_on_as_far_as_it_is_asked_for() -> None:
    job = Countdown(1000)
    async with counting() as worker:
        async with aclosing(in_parts(worker, job, caller="anna", deadline_s=DEADLINE_S)) as parts:
            async for part in parts:
                if part == 998:
                    break
        assert worker.stats.accepted == 3
        assert worker.stats.waiting == 0
    assert job.left == 997


async def test_between_two_parts_another_caller_gets_a_turn() -> None:
    job = Countdown(1000)
    async with counting() as worker, aclosing(in_parts(worker, job, caller="anna", deadline_s=DEADLINE_S)) as long:
        assert await anext(long) == 1000
        short = in_parts(worker, Countdown(2), caller="ben", deadline_s=DEADLINE_S)
        assert [part async for part in short] == [2, 1]
        assert await anext(long) == 999


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_worker_whose_thread_has_died_is_stuck_and_refuses_at_once() -> None:
    def run(_: Sequence[int]) -> list[int]:
        raise SystemExit  # nothing that an engine raises gets through

    worker = BatchWorker[int, int]("mortal", lambda: run, max_waiting=4)
    await worker.start()
    try:
        assert not worker.stuck
        with pytest.raises(EngineTimeout):
            await worker.submit(1, caller="anna", deadline_s=0.1)
        await until(lambda: worker.stuck)
        with pytest.raises(EngineDown, match="has died"):
            await worker.submit(2, caller="anna", deadline_s=DEADLINE_S)
    finally:
        await worker.close()
