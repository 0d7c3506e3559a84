"""The shared worker: what it adds to every job, and what pacing it saves.

python -m pytest bench/engines/worker_bench.py -s [--benchmark-json FILE]
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.engines.in_turn import default_model, in_turn, once, say
from models.batching import BatchWorker
from models.vad_silero import PACE_S, WINDOW, SileroVad
from pipeline.audio import HEARING_RATE, Pcm

CALLERS = 64
JOBS = 50
"""Of each caller."""
WINDOW_S = WINDOW / HEARING_RATE
TALK_S = 3.0


@pytest.mark.parametrize("max_batch", [1, 8, 64])
def test_overhead(benchmark: BenchmarkFixture, max_batch: int) -> None:
    """64 callers, each with its next job as soon as the last is done, and an engine that does nothing."""
    cpu: list[float] = []

    async def round_() -> None:
        worker = BatchWorker[int, int]("nothing", lambda: list, max_waiting=CALLERS, max_batch=max_batch)
        await worker.start()

        async def calls(caller: int) -> None:
            for _ in range(JOBS):
                await worker.submit(caller, caller=str(caller), deadline_s=30)

        began = time.process_time()
        await asyncio.gather(*(calls(caller) for caller in range(CALLERS)))
        cpu.append((time.process_time() - began) / (CALLERS * JOBS))
        await worker.close()

    took = in_turn(benchmark, {"round": lambda: asyncio.run(round_())}, rounds=8)
    wall, busy = took["round"] / (CALLERS * JOBS), float(np.median(cpu))
    benchmark.extra_info.update(wall_s_per_job=wall, cpu_s_per_job=busy)
    say(f"batches of up to {max_batch}, us for each job: {wall * 1e6:.0f}, of which CPU {busy * 1e6:.0f}")


@dataclass(frozen=True, slots=True)
class Talk:
    """cpu: share of a core. latency: seconds from pushing a window to its score."""

    cpu: float
    p50: float
    p95: float
    batch: float


async def talk(folder: Path, calls: int, pace_s: float) -> Talk:
    """Calls that send a window every 32 ms, each at its own moment."""
    vad = SileroVad(folder, pace_s=pace_s)
    await vad.start()
    random = np.random.default_rng(1)
    data = (random.normal(size=WINDOW) * 1000).astype("<i2").tobytes()
    latencies: list[float] = []

    async def call(name: str, offset: float) -> None:
        stream = vad.open(name)
        began = time.perf_counter() + offset
        for at in range(int(TALK_S / WINDOW_S)):
            await asyncio.sleep(max(0.0, began + at * WINDOW_S - time.perf_counter()))
            pushed = time.perf_counter()
            await stream.push(Pcm(data, HEARING_RATE, at * WINDOW))
            latencies.append(time.perf_counter() - pushed)

    used = time.process_time()
    offsets = [float(offset) for offset in random.uniform(0, WINDOW_S, calls)]
    await asyncio.gather(*(call(str(at), offset) for at, offset in enumerate(offsets)))
    used = time.process_time() - used
    stats = vad.stats
    await vad.close()
    p50, p95 = np.percentile(latencies, [50, 95])
    return Talk(used / TALK_S, float(p50), float(p95), stats.batch_size.total / stats.batch_size.count)


@pytest.mark.parametrize("calls", [1, 8, CALLERS])
def test_pace(benchmark: BenchmarkFixture, calls: int) -> None:
    """Voice activity detection of many calls, with and without the pace that lets their windows share runs."""
    folder = default_model("vad")
    found: dict[float, Talk] = {}

    def both() -> None:
        for pace_s in (0.0, PACE_S):
            found[pace_s] = asyncio.run(talk(folder, calls, pace_s))

    once(benchmark, both)
    for pace_s, told in found.items():
        benchmark.extra_info[f"pace {pace_s:g} s"] = {"core": told.cpu, "p50_s": told.p50, "p95_s": told.p95}
        say(
            f"{calls} calls, pace {pace_s * 1000:g} ms: {told.cpu * 100:.1f} % of a core, "
            f"{told.batch:.1f} windows a run, latency p50 {told.p50 * 1000:.1f} ms, p95 {told.p95 * 1000:.1f} ms"
        )
