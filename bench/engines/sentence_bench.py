"""The model that says whether a sentence could end: how soon it answers, by how much of the question was read along.

    python -m pytest bench/engines/sentence_bench.py -s [--benchmark-json FILE]

A caller says 14 words, after an answer of the tutor's of which 200 characters are shown. Each round asks three times:

    nothing   all is read when the caller is done
    before    the tutor's words were read when the caller began to speak
    words     and so was what the caller said, but for the last three words
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from models.llama_server import EmbeddedServer
from models.sentence_llama import LlamaSentences
from models.weights.files import ModelStore
from models.weights.manifest import default_manifest
from voicegw import settings

ROUNDS = 15
BEFORE = (
    "A lovely plan. The old town is small, so you can see all of it on foot, and there is a "
    "market on Saturday morning. What would you like to see first when you are there?"
)
SAID = "I would like to visit the big tower and then perhaps eat something."


class Asker:
    """One caller after another, whose tutor never said the same."""

    def __init__(self, sentences: LlamaSentences) -> None:
        self._sentences = sentences
        self._callers = 0

    async def seconds(self, ahead: str) -> float:
        """From the question to the answer. ahead: what was read along, `nothing`, `before` or `words`."""
        self._callers += 1
        caller = str(self._callers)
        before = f"{caller} times yes! {BEFORE}"  # another prompt from there on
        if ahead != "nothing":
            await self._sentences.prepare("", before=before, caller=caller)
        if ahead == "words":
            await self._sentences.prepare(SAID.rsplit(maxsplit=3)[0], before=before, caller=caller)
        began = time.perf_counter()
        await self._sentences.finished(SAID, before=before, caller=caller)
        return time.perf_counter() - began


@pytest.fixture
def seconds() -> Iterator[Callable[[str], float]]:
    model = default_manifest().model("smollm2-135m")
    file = ModelStore(settings.load().models_dir).require(model) / model.files[0].name
    sentences = LlamaSentences(EmbeddedServer(file, threads=1, slots=4, context=512), deadline_s=10)
    with asyncio.Runner() as runner:
        runner.run(sentences.start())
        asker = Asker(sentences)
        yield lambda ahead: runner.run(asker.seconds(ahead))
        runner.run(sentences.close())


def test_answer(benchmark: BenchmarkFixture, seconds: Callable[[str], float]) -> None:
    taken: dict[str, list[float]] = {"nothing": [], "before": [], "words": []}

    def round_of_three() -> None:
        for ahead, times in taken.items():
            times.append(seconds(ahead))

    benchmark.pedantic(round_of_three, rounds=ROUNDS, warmup_rounds=1)
    found = {ahead: median(times) * 1000 for ahead, times in taken.items()}
    benchmark.extra_info.update(answer_ms=found)
    for ahead, ms in found.items():
        print(f"  {ahead:>8} read along: {ms:5.0f} ms")  # noqa: T201 - it was asked for
