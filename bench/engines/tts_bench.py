"""Speech synthesis: how soon the first sample is there, and what the whole sentence costs.

    python -m pytest bench/engines/tts_bench.py -s [--benchmark-json FILE]

Four ways to say the same are timed in turn, round after round, so that a busy moment of the machine falls on all:

    piper   piper-tts as it comes: the whole graph, with ONNX Runtime's own settings
    whole   this project's engine when it cannot cut the graph
    first   this project's engine, cut: until its first sound can be sent
    all     the same, until its last
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from unittest import mock

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from models.tts_espeak import at_speed, audible
from models.tts_espeak_library import EspeakLibrary
from models.tts_piper_voice import FIRST_FRAMES, WARM_UP, PiperSpeaker, describe
from models.tts_vits import Scales, open_vits
from models.weights.files import ModelStore
from models.weights.manifest import default_manifest
from voicegw import settings

ROUNDS = 11
SPEEDS = (0.25, 0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0)
SENTENCES = (
    "Well, that is a good question.", "I went to the market yesterday, and bought some fresh apples.",
    "Could you tell me where the station is?", "She has lived in this house for more than twenty years.",
    "The weather is going to be very nice tomorrow.", "My brother works at a bank in the city.",
    "It takes two to three days.", "We could meet at half past seven.", "Have you ever been to Scotland?",
    "He plays the guitar, and she sings.", "Please open the window a little.", "That sounds like a lot of fun!",
    "I would like a cup of coffee with milk.", "The film was longer than I had expected.", "What did you do then?",
    "There are nine million bicycles in Beijing.", "You can buy a ticket for the train at the station.",
    "Let us begin with something easy.", "They have three cats and an old dog.", "See you again next week.",
)  # fmt: skip
TEXTS = {
    "a word": "Yes.",
    "three seconds": "I went to the market yesterday, and bought some fresh apples.",
    "seven seconds": (
        "I went to the market yesterday with my brother and his two children, and although it was raining we bought "
        "some fresh green apples for our grandmother."
    ),
}


@pytest.fixture(scope="module")
def voice() -> Path:
    model = next(model for model in default_manifest().profile("default") if model.role == "tts")
    return ModelStore(settings.load().models_dir).require(model)


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    """Lines that are printed at the end."""
    lines: list[str] = []
    yield lines
    print("\n\n" + "\n".join(lines))  # noqa: T201 - it is what was asked for


def speaker(voice: Path, *, threads: int = 1, cut: bool = True) -> PiperSpeaker:
    with ExitStack() as stack:
        if not cut:
            stack.enter_context(mock.patch("models.tts_vits.parts_of", return_value=None))
        return PiperSpeaker(describe("bench", voice), threads=threads)


@pytest.fixture(scope="module")
def ways(voice: Path) -> dict[str, Callable[[str], float]]:
    """How each way says a text; seconds of sound that it made."""
    from piper import PiperVoice, SynthesisConfig

    stock = PiperVoice.load(next(voice.glob("*.onnx")))
    whole, ours = speaker(voice, cut=False), speaker(voice)

    def piper(text: str) -> float:
        chunks = stock.synthesize(text, SynthesisConfig(normalize_audio=False))
        return sum(len(chunk.audio_float_array) / chunk.sample_rate for chunk in chunks)

    def said(by: PiperSpeaker) -> Callable[[str], float]:
        return lambda text: sum(part.pcm.seconds for part in by.speak(text))

    found = {"piper": piper, "whole": said(whole), "first": lambda text: next(ours.speak(text)).pcm.seconds}
    return found | {"all": said(ours)}


@pytest.mark.parametrize("length", TEXTS)
def test_ways(
    benchmark: BenchmarkFixture, ways: dict[str, Callable[[str], float]], table: list[str], length: str
) -> None:
    text = TEXTS[length]
    others: dict[str, list[tuple[float, float]]] = {name: [] for name in ways if name != "first"}

    def take_turns() -> None:
        for name, measured in others.items():
            measured.append(timed(ways[name], text))

    for way in ways.values():
        way(text)
    benchmark.pedantic(ways["first"], args=(text,), setup=take_turns, rounds=ROUNDS)
    first = middle(benchmark)
    took = {name: median(seconds for seconds, _ in measured) for name, measured in others.items()}
    sound = median(sound for _, sound in others["all"])
    benchmark.extra_info.update(took, sound=sound, first_of_whole=first / took["whole"], factor=took["all"] / sound)
    table.append(
        f"{length:>14}: {sound:4.1f} s of sound; ms: piper {took['piper'] * 1000:4.0f}, "
        f"whole {took['whole'] * 1000:4.0f}, first {first * 1000:4.0f}, all {took['all'] * 1000:4.0f}; "
        f"first / whole {first / took['whole']:.2f}, "
        f"first / piper {first / took['piper']:.2f}, all / whole {took['all'] / took['whole']:.2f}, "
        f"real-time factor {took['all'] / sound:.3f}"
    )


def test_prior(benchmark: BenchmarkFixture, voice: Path, table: list[str]) -> None:
    """What must be done for the whole three-second sentence before its first stretch, and that stretch."""
    from piper import PiperVoice

    described = describe("bench", voice)
    vits = open_vits(described.model, threads=1)
    reader = PiperVoice(session=None, config=described.config)
    (phonemes,) = reader.phonemize(TEXTS["three seconds"])
    ids, scales = reader.phonemes_to_ids(phonemes), Scales(0.667, 1.0, 0.8)
    stretch: list[float] = []

    def first_stretch() -> None:
        take = vits.begin(ids, scales, None)
        stretch.append(timed(lambda _: len(take.sound(0, FIRST_FRAMES)), "")[0])

    benchmark.pedantic(vits.begin, args=(ids, scales, None), setup=first_stretch, rounds=ROUNDS)
    benchmark.extra_info.update(first_stretch=median(stretch))
    table.append(
        f"of the first sample; ms: prior of the sentence {middle(benchmark) * 1000:.0f}, "
        f"flow and decoder of {FIRST_FRAMES} frames {median(stretch) * 1000:.0f}"
    )


@pytest.fixture(params=[0, 2], ids=["quiet", "two busy neighbours"])
def neighbours(request: pytest.FixtureRequest) -> Iterator[int]:
    """Other processes that compute without a pause, as a language model's server does."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(request.param)]
    yield len(busy)
    for process in busy:
        process.kill()
        process.wait()


def test_threads(benchmark: BenchmarkFixture, voice: Path, table: list[str], neighbours: int) -> None:
    """First sample of the three-second sentence with one thread for an operator and with two."""
    one, two = speaker(voice), speaker(voice, threads=2)
    text = TEXTS["three seconds"]
    other: list[float] = []

    def first(by: PiperSpeaker) -> float:
        return next(by.speak(text)).pcm.seconds

    for by in (one, two):
        first(by)
    benchmark.pedantic(
        first, args=(one,), setup=lambda: other.append(timed(lambda _: first(two), text)[0]), rounds=ROUNDS
    )
    single, double = middle(benchmark), median(other)
    benchmark.extra_info.update(two_threads=double)
    table.append(
        f"first sample, {neighbours} busy neighbours; ms: 1 thread {single * 1000:.0f}, 2 threads {double * 1000:.0f}"
    )


def test_loading(benchmark: BenchmarkFixture, voice: Path, table: list[str]) -> None:
    """A voice whose parts are in the cache, until it is warm."""
    speaker(voice)
    benchmark.pedantic(speaker, args=(voice,), rounds=5)
    table.append(f"loading and warming a voice; ms: {middle(benchmark) * 1000:.0f} (says {WARM_UP!r})")


@pytest.mark.parametrize("engine", ["piper", "espeak"])
def test_speed(voice: Path, table: list[str], engine: str) -> None:
    """How many times as quick the sentences are as at 1.0, without the silence at their ends."""
    say = says(voice, engine)
    own = [say(text, 1.0) for text in SENTENCES]
    for speed in SPEEDS:
        found = [before / say(text, speed) for text, before in zip(SENTENCES, own, strict=True)]
        whole = sum(own) / sum(before / factor for before, factor in zip(own, found, strict=True))
        table.append(
            f"{engine} at {speed:.2f}: {whole:.3f} in all ({whole / speed - 1:+.1%}); "
            f"sentences from {min(found):.2f} to {max(found):.2f}"
        )


def says(voice: Path, engine: str) -> Callable[[str, float], float]:
    """Seconds of speech that a text takes at a speed."""
    if engine == "piper":
        ours = speaker(voice)
        return lambda text, speed: (
            audible(np.concatenate([np.frombuffer(part.pcm.data, "<i2") / 32768 for part in ours.speak(text, speed)]))
            / 22_050
        )
    library = EspeakLibrary()
    return lambda text, speed: (
        audible(at_speed(lambda pace: library.say(text, "English (Great Britain)", pace), speed, library.rate).sound)
        / library.rate
    )


def middle(benchmark: BenchmarkFixture) -> float:
    """The median of what was measured, in seconds."""
    assert benchmark.stats is not None
    return float(benchmark.stats.stats.median)


def timed(way: Callable[[str], float], text: str) -> tuple[float, float]:
    """Seconds that it took, and what it gave."""
    began = time.perf_counter()
    given = way(text)
    return time.perf_counter() - began, given
