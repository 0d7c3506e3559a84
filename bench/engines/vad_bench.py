"""Voice activity detection: what one window costs, alone and next to those of other calls.

    python -m pytest bench/engines/vad_bench.py -s [--benchmark-json FILE]

Four ways to score 64 windows of 32 ms, timed in turn:

    one by one   the published graph, a run for each window: how it is used everywhere
    stacked      the published graph, one run
    ours singly  this project's network, a run for each window
    ours         this project's network, one run
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.engines.in_turn import default_model, in_turn, say
from models.onnx import onnx_file, open_session
from models.vad_silero import CONTEXT, WINDOW, SileroGraph, Slice
from pipeline.audio import HEARING_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS = 60
CALLS = 64


@pytest.fixture(scope="module")
def ways() -> dict[str, Callable[[], object]]:
    file = onnx_file(default_model("vad"))
    random = np.random.default_rng(1)
    sound: NDArray[np.int16] = (random.normal(size=(CALLS, CONTEXT + WINDOW)) * 1000).astype("<i2")
    slices = [Slice(row.tobytes(), np.zeros((2, 128), dtype=np.float32)) for row in sound]
    ours, published = SileroGraph(file), open_session(file, threads=1)
    stacked = sound.astype(np.float32) / 32768
    states = np.zeros((2, CALLS, 128), dtype=np.float32)
    rate = np.array(HEARING_RATE)

    def score(first: int, last: int) -> object:
        given = {"input": stacked[first:last], "state": states[:, first:last], "sr": rate}
        return published.run(None, given)

    return {
        "one by one": lambda: [score(at, at + 1) for at in range(CALLS)],
        "stacked": lambda: score(0, CALLS),
        "ours singly": lambda: [ours([one]) for one in slices],
        "ours": lambda: ours(slices),
    }


def test_64_calls(benchmark: BenchmarkFixture, ways: dict[str, Callable[[], object]]) -> None:
    took = in_turn(benchmark, ways, rounds=ROUNDS, warm_up=3)
    ratios = {name: took["ours"] / took[name] for name in ways if name != "ours"}
    benchmark.extra_info["ours_of"] = ratios
    say(f"{CALLS} windows, ms: " + ", ".join(f"{name} {seconds * 1000:.2f}" for name, seconds in took.items()))
    say("ours, as a share of: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))
