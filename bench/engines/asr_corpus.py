"""What the benchmark of speech recognition hears: at least a hundred utterances of 1 to 12 s, the same in every run.

Spoken by the casts of `bench.quality` (the default neural voice at several speeds and sizes, and two voices of eSpeak
NG) at several levels in a quiet room: the prompts of `bench/prompts/en.txt`, one, two or three to an utterance.
"""

import random
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench import speech
from bench.quality import sound
from bench.quality.noises import room
from bench.quality.sound import RATE, Floats, s16
from bench.quality.voices import cast
from pipeline.audio import Pcm
from pipeline.errors import OperatorError

SEED: Final = 11
TIMES: Final = {1: 96, 2: 28, 3: 20}
"""Utterances of so many prompts."""
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 12.0
RECORDINGS: Final = "pytest-audioeval==0.1.3"
LANGUAGES: Final = ("en", "es", "fr", "it", "pl", "pt")
"""Of those in the package, the ones that put spaces between words and that the default model knows well."""
_PAUSE_S: Final = (0.15, 0.5)
_PEAKS_DBFS: Final = (-9.0, -3.0)


@dataclass(frozen=True, slots=True)
class Said:
    """text: what `audio` (16 kHz) holds."""

    text: str
    audio: Pcm
    language: str = "en"


def corpus(voice: Path, folder: Path) -> list[Said]:
    """Made once and kept in `folder`. voice: folder of the Piper voice."""
    kept = folder / f"spoken-{SEED}.npz"
    if not kept.is_file():
        said = _spoken(voice)
        sounds = {f"{at}": np.frombuffer(one.audio.data, dtype="<i2") for at, one in enumerate(said)}
        np.savez(kept, allow_pickle=False, texts=np.array([one.text for one in said]), **sounds)
    with np.load(kept) as stored:
        return [Said(str(text), Pcm(stored[f"{at}"].tobytes(), RATE)) for at, text in enumerate(stored["texts"])]


def recordings(folder: Path) -> list[Said]:
    """Eighteen recordings of people, three in each of six languages; fetched once and kept in `folder`.

    They come out of a package, which is neither installed nor imported. Raises OperatorError when it cannot be had.
    """
    if not list(folder.glob("*.whl")):
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), RECORDINGS)
        done = subprocess.run(pip, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise OperatorError(f"The recordings in {RECORDINGS} cannot be had: {done.stderr.strip()[-200:]}")
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder)
    found = []
    for language in LANGUAGES:
        for path in sorted(folder.glob(f"pytest_audioeval/samples/audio/{language}/*.wav")):
            text = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
            found.append(Said(text, sound.read(path), language))
    return found


def _spoken(voice: Path) -> list[Said]:
    chosen, rng = random.Random(SEED), np.random.default_rng(SEED)
    actors = cast(voice, SEED)
    lines = speech.texts()
    turns = [[lines[at % len(lines)]] for at in range(TIMES[1])]
    turns += [chosen.sample(lines, count) for count in (2, 3) for _ in range(TIMES[count])]
    made = []
    for number, prompts in enumerate(turns):
        actor = actors[number % len(actors)]
        parts: list[Floats] = []
        for prompt in prompts:
            parts += [*actor.say([prompt]), np.zeros(int(chosen.uniform(*_PAUSE_S) * RATE), dtype=np.float32)]
        audio = _recorded(parts, chosen.uniform(*_PEAKS_DBFS), rng)
        if SHORTEST_S <= audio.seconds <= LONGEST_S:
            made.append(Said(" ".join(prompts), audio))
    return made


def _recorded(parts: Sequence[Floats], peak_dbfs: float, rng: np.random.Generator) -> Pcm:
    """In a quiet room, at a level."""
    voice = np.concatenate(parts)
    voice *= 10 ** (peak_dbfs / 20) / np.abs(voice).max()
    voice += room(rng, len(voice) / RATE)[: len(voice)]
    return Pcm(s16(voice), RATE)
