"""Speech recognition: how soon the text is there and how much of it is right, against faster-whisper as it comes.

    python -m pytest bench/engines/asr_bench.py -s [--enforce] [--benchmark-json FILE]

Three ways to hear the same are timed in turn, utterance after utterance, so that a busy moment of the machine falls on
all; the model, its precision and its threads are the same, and all decode greedily:

    stock    `WhisperModel.transcribe`: padded to 30 s, with timestamps
    ours     this project's engine: padded as little as can be
    drafted  the same, with what a partial heard when most of the utterance was said
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.engines.asr_corpus import Said, corpus, recordings
from bench.words import word_error_rate
from models.weights.files import ModelStore
from models.weights.manifest import Role, default_manifest
from models.whisper_model import Whisper
from models.whisper_short import ShortContextWhisper, Utterance
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.engines import Listening
from pipeline.errors import OperatorError
from voicegw import settings

MOST_WER: Final = 0.005
"""Ours may be worse than stock by half a percentage point."""
MOST_TIME: Final = 0.4
"""Ours may take this part of stock's time, at the median."""
PARTIAL_S: Final = 0.4
"""How long before the end of the utterance the last partial was asked for."""

Hear = Callable[[Said], str]


def folder(role: Role) -> Path:
    model = next(model for model in default_manifest().profile("default") if model.role == role)
    return ModelStore(settings.load().models_dir).require(model)


class Ways:
    """The ways to hear an utterance."""

    def __init__(self, model: Path) -> None:
        from faster_whisper import WhisperModel

        threads = len(os.sched_getaffinity(0))
        self._stock = WhisperModel(
            str(model), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )
        self._ours = ShortContextWhisper(Whisper(model, "cpu", "int8", threads))

    def stock(self, said: Said) -> str:
        samples = np.frombuffer(said.audio.data, dtype="<i2").astype(np.float32) / 32768
        segments, _ = self._stock.transcribe(samples, language=said.language, beam_size=1, temperature=0.0)
        return " ".join(segment.text.strip() for segment in segments)

    def ours(self, said: Said, draft: str = "") -> str:
        (transcript,) = self._ours([Utterance(said.audio.data, Listening(said.language), draft)])
        return transcript.text

    def partial(self, said: Said) -> str:
        cut = round(PARTIAL_S * HEARING_RATE) * SAMPLE_BYTES
        return self.ours(Said("", Pcm(said.audio.data[:-cut], HEARING_RATE), said.language))


@pytest.fixture(scope="module")
def ways() -> Ways:
    return Ways(folder("asr"))


@pytest.fixture
def cache(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return request.config.cache.mkdir("asr-bench")


@pytest.fixture
def enforced(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--enforce"))


def test_spoken(benchmark: BenchmarkFixture, ways: Ways, cache: Path, enforced: bool) -> None:
    utterances = [said for said in corpus(folder("tts"), cache) if said.audio.seconds > 1.0]
    assert len(utterances) >= 100
    compare(benchmark, ways, utterances, "spoken by machines", enforced=enforced)


def test_recorded(benchmark: BenchmarkFixture, ways: Ways, cache: Path) -> None:
    """Too few for a rate of errors that could be held to a target."""
    try:
        utterances = recordings(cache)
    except OperatorError as error:
        pytest.skip(str(error))
    compare(benchmark, ways, utterances, "spoken by people, six languages", enforced=False)


def compare(benchmark: BenchmarkFixture, ways: Ways, utterances: Sequence[Said], name: str, *, enforced: bool) -> None:
    heard: dict[str, list[str]] = {"stock": [], "ours": [], "drafted": []}
    took: dict[str, list[float]] = {way: [] for way in heard}
    waiting = iter(utterances)

    def timed(way: str, hear: Callable[[], str]) -> None:
        began = perf_counter()
        heard[way].append(hear())
        took[way].append(perf_counter() - began)

    def others() -> tuple[tuple[Said, str], dict[str, Any]]:
        said = next(waiting)
        timed("stock", lambda: ways.stock(said))
        timed("ours", lambda: ways.ours(said))
        return (said, ways.partial(said)), {}

    ways.stock(utterances[0])
    ways.ours(utterances[0])
    pedantic: Any = benchmark.pedantic  # has no types
    pedantic(lambda said, draft: timed("drafted", lambda: ways.ours(said, draft)), setup=others, rounds=len(utterances))
    found = {way: facts(utterances, heard[way], took[way]) for way in heard}
    benchmark.extra_info.update(found)
    shortest, middle, longest = np.percentile([said.audio.seconds for said in utterances], [0, 50, 100])
    show(f"{len(utterances)} utterances {name}, {shortest:.1f} to {longest:.1f} s, half of them under {middle:.1f} s")
    for way, its in found.items():
        show(f"{way:>8}: {its['wer']:6.2%} of words wrong, p50 {its['p50_ms']:5.0f} ms, p95 {its['p95_ms']:5.0f} ms")
    for way in ("ours", "drafted"):
        worse, time = found[way]["wer"] - found["stock"]["wer"], found[way]["p50_ms"] / found["stock"]["p50_ms"]
        show(f"{way} against stock: {worse * 100:+.2f} points of words wrong, {time:.2f} of the time")
        if enforced:
            assert worse <= MOST_WER, f"{way} is worse than stock by more than {MOST_WER:.1%}"
            assert time <= MOST_TIME, f"{way} takes more than {MOST_TIME} of stock's time"


def facts(utterances: Sequence[Said], heard: Sequence[str], took: Sequence[float]) -> dict[str, float]:
    wrong = word_error_rate([(said.text, text) for said, text in zip(utterances, heard, strict=True)])
    p50, p95 = np.percentile(took, [50, 95])
    return {"wer": wrong or 0.0, "p50_ms": float(p50) * 1000, "p95_ms": float(p95) * 1000}


def show(line: str) -> None:
    print(f"\n{line}" if line[0].isdigit() else line)  # noqa: T201 - it is what was asked for
