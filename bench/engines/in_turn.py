"""Several ways to do the same, timed in turn, so that a busy moment of the machine falls on all of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from models.weights.files import ModelStore
from models.weights.manifest import Role, default_manifest
from voicegw import settings


def in_turn(
    benchmark: BenchmarkFixture, ways: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 1
) -> dict[str, float]:
    """Median seconds of each way. The last one is what pytest-benchmark keeps; the medians of all are in its JSON."""
    fixture: Any = benchmark  # its methods have no types
    *others, kept = ways
    took: dict[str, list[float]] = {name: [] for name in others}

    def time_the_others() -> None:
        for name, measured in took.items():
            began = perf_counter()
            ways[name]()
            measured.append(perf_counter() - began)

    fixture.pedantic(ways[kept], setup=time_the_others, rounds=rounds, warmup_rounds=warm_up)
    medians = {name: median(measured) for name, measured in took.items()} | {kept: fixture.stats.stats.median}
    fixture.extra_info["median_s"] = medians
    return medians


def once(benchmark: BenchmarkFixture, work: Callable[[], object]) -> None:
    """For what measures itself."""
    fixture: Any = benchmark
    fixture.pedantic(work, rounds=1)


def say(line: str) -> None:
    """A line for whoever runs the benchmark with `-s`."""
    print(f"\n{line}")  # noqa: T201 - it is what was asked for


def default_model(role: Role) -> Path:
    """The folder of the default profile's model for a role."""
    model = next(model for model in default_manifest().profile("default") if model.role == role)
    return ModelStore(settings.load().models_dir).require(model)
