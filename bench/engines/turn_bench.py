"""End of turn: what a verdict costs, several at once, and the audio features under it.

python -m pytest bench/engines/turn_bench.py -s [--benchmark-json FILE]
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.engines.in_turn import default_model, in_turn, once, say
from models.blas import calm_blas
from models.onnx import onnx_file, open_session
from models.turn_smart import HEARD, SmartTurnGraph

ROUNDS = 12


@pytest.fixture(params=[0, 2], ids=["quiet", "two busy neighbours"])
def neighbours(request: pytest.FixtureRequest) -> Iterator[int]:
    """Other processes that compute without a pause, as a language model's server does."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(request.param)]
    yield len(busy)
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.parametrize("threads", [1, 2])
def test_turns_in_one_run(benchmark: BenchmarkFixture, threads: int) -> None:
    """8, 4 and 1 turns in a run. Several are worth it only if the run takes less than as many runs."""
    calm_blas()
    graph = SmartTurnGraph(open_session(onnx_file(default_model("turn")), threads=threads))
    turn = (np.random.default_rng(1).normal(size=HEARD) * 1000).astype("<i2").tobytes()
    took = in_turn(benchmark, {str(count): partial(graph, [turn] * count) for count in (8, 4, 1)}, rounds=ROUNDS)
    each = ", ".join(f"{count} at once {seconds / int(count) * 1000:.0f}" for count, seconds in took.items())
    say(f"{threads} threads, ms for each turn: {each}")


FEATURES = """
import sys, time
from statistics import quantiles
import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from bench.engines.in_turn import default_model, in_turn, once, say
from models.blas import calm_blas
sound = np.random.default_rng(1).normal(size=int(sys.argv[1])).astype(np.float32)
if sys.argv[2] == "calm":
    calm_blas()
features, took = FeatureExtractor(), []
for _ in range(40):
    began = time.perf_counter()
    features(sound, padding=0)
    took.append(time.perf_counter() - began)
    time.sleep(0.02)  # as in a conversation, where they are wanted now and then
print(*quantiles(took, n=20))
"""


def test_features(benchmark: BenchmarkFixture, neighbours: int) -> None:
    """Whisper's features of 8 s, with BLAS as it comes and calmed, each in a process of its own."""
    took: dict[str, tuple[float, float]] = {}

    def both() -> None:
        for blas in ("as it comes", "calm"):
            command = [sys.executable, "-c", FEATURES, str(HEARD), blas]
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            points = [float(point) for point in done.stdout.split()]
            took[blas] = points[9], points[18]

    once(benchmark, both)
    for blas, (middle, late) in took.items():
        benchmark.extra_info.update({f"{blas} p50_s": middle, f"{blas} p95_s": late})
        say(
            f"features of 8 s, {neighbours} busy neighbours, BLAS {blas}: "
            f"p50 {middle * 1000:.1f} ms, p95 {late * 1000:.1f} ms"
        )
