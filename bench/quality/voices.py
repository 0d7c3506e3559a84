"""Who speaks in the corpus: the project's own neural voice at several speeds and sizes, and eSpeak NG's voices.

A sentence with a pause in it is spoken whole and then cut, so that the part before the pause has the melody of a
sentence that goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.quality.sound import RATE, Floats, bounds, faded, resampled
from models.tts_espeak_library import WORDS_PER_MINUTE, EspeakLibrary

_SENTENCE_MARKS = ".?!,;:"


class Actor(Protocol):
    """A voice of the corpus. name: for reports."""

    @property
    def name(self) -> str: ...

    def say(self, parts: Sequence[str]) -> list[Floats]:
        """One sentence, given in parts: the sound of each, from its first to its last audible sample."""


@dataclass(frozen=True, slots=True)
class PiperActor:
    """speed: 1.0 is the voice's own. size: 1.15 sounds like a smaller person (pitch and formants 15 % up).

    Piper tells how many samples each phoneme takes. The parts are made phonemes one by one and spoken as one sentence,
    so that the cut is known even where eSpeak would have drawn two words together.
    """

    name: str
    voice: Any
    speed: float
    size: float

    def say(self, parts: Sequence[str]) -> list[Floats]:
        from piper import SynthesisConfig

        phonemes = [self._phonemes(part, last=part is parts[-1]) for part in parts]
        joined: list[str] = []
        cuts: list[int] = []  # in ids: "^", then each phoneme and a pad, then "$"
        for part in phonemes:
            joined += [" ", *part] if joined else part
            cuts.append(len(self.voice.phonemes_to_ids(joined)) - 1)
        how = SynthesisConfig(length_scale=self.voice.config.length_scale * self.size / self.speed)
        audio, widths = self.voice.phoneme_ids_to_audio(
            self.voice.phonemes_to_ids(joined), how, include_alignments=True
        )
        ends = list(accumulate(int(width) for width in widths))
        marks = [0, *(ends[cut - 1] for cut in cuts[:-1]), len(audio)]
        rate = round(self.voice.config.sample_rate * self.size)
        return [_cut(resampled(audio[start:end], rate)) for start, end in pairwise(marks)]

    def _phonemes(self, part: str, *, last: bool) -> list[str]:
        found = [phoneme for sentence in self.voice.phonemize(part) for phoneme in sentence]
        if not last and not part.endswith(tuple(_SENTENCE_MARKS)):
            while found and found[-1] in _SENTENCE_MARKS + " ":
                found.pop()  # eSpeak ends everything with a full stop
        return found


@dataclass(frozen=True, slots=True)
class EspeakActor:
    """voice: language and variant. pace: words per minute."""

    name: str
    espeak: EspeakLibrary
    voice: str
    pace: int

    def say(self, parts: Sequence[str]) -> list[Floats]:
        spoken = self.espeak.say(" ".join(parts), self.voice, self.pace / WORDS_PER_MINUTE)
        starts = [0, *accumulate(len(part) + 1 for part in parts[:-1])]
        marks = [_first_word(spoken.words, start) for start in starts] + [len(spoken.sound)]
        return [_cut(resampled(spoken.sound[a:b], self.espeak.rate)) for a, b in pairwise(marks)]


def cast(voice: Path, seed: int) -> list[Actor]:
    """Everybody. voice: folder with a Piper voice. seed: the same sentences in the same order sound the same again."""
    import onnxruntime
    from piper import PiperVoice

    onnxruntime.set_seed(seed)  # taken over by models when they are loaded
    piper = PiperVoice.load(next(voice.glob("*.onnx")), include_alignments=True)
    name = voice.name.rpartition("_US-")[2].removesuffix("-medium")
    sizes = [(0.8, 1.0), (1.0, 1.0), (1.15, 1.0), (0.9, 1.18), (1.0, 0.9)]
    actors: list[Actor] = [PiperActor(f"{name} x{speed} size {size}", piper, speed, size) for speed, size in sizes]
    espeak = EspeakLibrary()
    robots = [("en-us+f3", 140), ("en+m3", 165)]
    return actors + [EspeakActor(f"espeak {voice} {pace}", espeak, voice, pace) for voice, pace in robots]


def _first_word(words: Sequence[tuple[int, int]], character: int) -> int:
    """The first sample of the word that begins at this character, or of the next one that eSpeak tells of."""
    if character == 0:
        return 0
    return next(sample for at, sample in words if at >= character)


def _cut(sound: Floats) -> Floats:
    start, end = bounds(sound)
    margin = round(0.004 * RATE)
    return faded(np.asarray(sound[max(0, start - margin) : end + margin], dtype=np.float32), 0.004)
