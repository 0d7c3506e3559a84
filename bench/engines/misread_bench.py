"""Sound in another format than was said: how often it is noticed, and how often what is right is taken for it.

    python -m pytest bench/engines/misread_bench.py -s [--enforce]

Heard are all recordings of people of the Asterisk telephone system (Debian: asterisk-core-sounds-{en,es,fr,it}-g722),
one after the other in streams of a quarter of a minute or a little more.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from bench.engines.in_turn import once, say
from bench.quality import sound
from bench.quality.noises import keyboard, music
from bench.quality.sound import RATE, Floats
from pipeline.audio import Pcm
from voicegw.client import wav
from voicegw.protocol.formats import AudioFormat, PcmaFormat, PcmFormat, PcmuFormat
from voicegw.protocol.g711 import a_law, mu_law
from voicegw.protocol.misread import Misread

SOUNDS: Final = Path("/usr/share/asterisk/sounds")
STREAM_S: Final = 15.0
APPEND_S: Final = 0.1
LEAST_FOUND: Final = 0.9
WRONG_EACH: Final = 8
"""Mistakes are tried with one of so many streams; what is right, with all."""
SEED: Final = 5
WIRE: Final = 24000

Samples = NDArray[np.int16]
Written = Callable[[Floats], tuple[AudioFormat, bytes]]

PCM, MU, A = PcmFormat(), PcmuFormat(), PcmaFormat()


def at(voice: Floats, rate: int = WIRE, gain: float = 1.0) -> Samples:
    loud = voice / max(1e-6, float(np.abs(voice).max())) * np.float32(0.4 * gain)
    return np.frombuffer(wav.resampled(Pcm(sound.s16(loud), RATE), rate).data, "<i2")


def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


def noisy(voice: Floats) -> bytes:
    clean = at(voice, gain=0.3).astype(np.float64)
    return (clean + rng().normal(0, 1500, len(clean))).clip(-32768, 32767).astype("<i2").tobytes()


def telephone(voice: Floats) -> bytes:
    return wav.resampled(Pcm(at(voice, 8000).tobytes(), 8000), WIRE).data


RIGHT: Final[Mapping[str, Written]] = {
    "24 kHz": lambda voice: (PCM, at(voice).tobytes()),
    "softly": lambda voice: (PCM, at(voice, gain=0.02).tobytes()),
    "in noise": lambda voice: (PCM, noisy(voice)),
    "by telephone": lambda voice: (PCM, telephone(voice)),
    "by telephone, every sample thrice": lambda voice: (PCM, np.repeat(at(voice, 8000), 3).tobytes()),
    "µ-law": lambda voice: (MU, mu_law().encode(at(voice, 8000).tobytes())),
    "A-law": lambda voice: (A, a_law().encode(at(voice, 8000).tobytes())),
    "softly in µ-law": lambda voice: (MU, mu_law().encode(at(voice, 8000, 0.05).tobytes())),
    "beside music": lambda voice: (PCM, at(voice + music(rng(), len(voice) / RATE)[: len(voice)]).tobytes()),
    "beside keys": lambda voice: (PCM, at(voice + keyboard(rng(), len(voice) / RATE)[: len(voice)]).tobytes()),
}  # fmt: skip
WRONG: Final[Mapping[str, Written]] = {
    "big-endian": lambda voice: (PCM, at(voice).astype(">i2").tobytes()),
    "shifted by a byte": lambda voice: (PCM, b"\0" + at(voice).tobytes() + b"\0"),
    "32-bit float": lambda voice: (PCM, (at(voice) / 32768).astype("<f4").tobytes()),
    "32-bit float at 48 kHz": lambda voice: (PCM, (at(voice, 48000) / 32768).astype("<f4").tobytes()),
    "32-bit integers": lambda voice: (PCM, (at(voice).astype("<i4") << 16).tobytes()),
    "stereo": lambda voice: (PCM, np.repeat(at(voice), 2).tobytes()),
    "stereo at 48 kHz": lambda voice: (PCM, np.repeat(at(voice, 48000), 2).tobytes()),
    "the left of two channels": lambda voice: (PCM, np.stack([at(voice), 0 * at(voice)], axis=1).tobytes()),
    "µ-law at 24 kHz": lambda voice: (PCM, mu_law().encode(at(voice).tobytes())),
    "A-law at 24 kHz": lambda voice: (PCM, a_law().encode(at(voice).tobytes())),
    "8 bits": lambda voice: (PCM, (at(voice) // 256 + 128).astype(np.uint8).tobytes()),
    "PCM as µ-law": lambda voice: (MU, at(voice, 8000).tobytes()),
    "PCM as A-law": lambda voice: (A, at(voice, 8000).tobytes()),
    "A-law as µ-law": lambda voice: (MU, a_law().encode(at(voice, 8000).tobytes())),
    "µ-law as A-law": lambda voice: (A, mu_law().encode(at(voice, 8000).tobytes())),
}


def streams() -> Iterator[Floats]:
    """Every recording once."""
    paths = sorted(SOUNDS.glob("*/**/*.g722"))
    if not paths:
        pytest.skip(f"There are no recordings in {SOUNDS}: install asterisk-core-sounds-en-g722 and others.")
    random.Random(SEED).shuffle(paths)
    say(f"{len(paths)} recordings of people")
    parts: list[Floats] = []
    seconds = 0.0
    for path in paths:
        parts += [sound.from_s16(sound.read(path).data), sound.silence(0.3)]
        seconds += len(parts[-2]) / RATE
        if seconds >= STREAM_S:
            yield np.concatenate(parts)
            parts, seconds = [], 0.0


def found(form: AudioFormat, data: bytes) -> str:
    watch, size = Misread(), round(form.bytes_per_ms * APPEND_S * 1000)
    appends = (data[start : start + size] for start in range(0, len(data) // 8 * 8, size))
    return next((told for append in appends if (told := watch.push(append[: len(append) // 2 * 2], form))), "")


def test_misread(benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> None:
    told: dict[str, Counter[str]] = {name: Counter() for name in (*RIGHT, *WRONG)}

    def measure() -> None:
        for number, voice in enumerate(streams()):
            for name, write in {**RIGHT, **({} if number % WRONG_EACH else WRONG)}.items():
                told[name][found(*write(voice))] += 1

    once(benchmark, measure)
    benchmark.extra_info.update({name: dict(counts) for name, counts in told.items()})
    for name, counts in told.items():
        total = counts.total()
        kinds = ", ".join(f"{count} {what}" for what, count in counts.most_common() if what) or "none"
        say(f"{'right' if name in RIGHT else 'wrong'}: {name}: {total} streams, told: {kinds}")
    assert {name: counts for name, counts in told.items() if name in RIGHT and set(counts) != {""}} == {}
    if request.config.getoption("--enforce"):
        missed = {name: told[name][""] / told[name].total() for name in WRONG}
        assert {name: share for name, share in missed.items() if share > 1 - LEAST_FOUND} == {}
