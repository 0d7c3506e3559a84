"""The last resort: eSpeak NG speaks nearly every language, like a robot, at once.

A text is made whole, hundreds of times faster than it sounds, in one process of its own for all calls.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np

from models.batching import BATCH, BatchWorker, Run
from models.shaping import AUDIBLE, Shaper, Sound, gain_for, s16le
from models.spoken.form import units
from models.tempo import Tempo
from models.tts_espeak_library import Said
from models.tts_espeak_process import EspeakProcess
from models.tts_loudness import loudness
from models.tts_words import Unit
from models.voices import pick
from models.worker_stats import WorkerStats
from pipeline.audio import Pcm
from pipeline.engines import EngineInfo, Speaking, Spoken, Voice, Word

PREFIX = "espeak-"
"""Of the voices' names; the language follows."""
WARM_UP = "1, 2, 3, 4, 5, 6."
"""Tells how loud the library is; all its voices are made by one synthesis, and come out alike."""


@dataclass(frozen=True, slots=True)
class Speech:
    text: str
    language: str
    speed: float


class EspeakSynthesizer:
    """A `Synthesizer` with one voice for each language."""

    def __init__(self, *, max_waiting: int = 64, deadline_s: float = 10.0) -> None:
        """deadline_s: for a text."""
        self._deadline_s = deadline_s
        self._version = ""
        self._voices: tuple[Voice, ...] = ()
        self._process: EspeakProcess | None = None
        self._worker = BatchWorker[Speech, Spoken | None]("eSpeak NG", self._load, max_waiting=max_waiting)

    @property
    def info(self) -> EngineInfo:
        """The version is known after `start`."""
        return EngineInfo("tts", "espeak-ng", "espeak-ng", "cpu", self._version)

    @property
    def stats(self) -> WorkerStats:
        return self._worker.stats

    @property
    def voices(self) -> Sequence[Voice]:
        """Known after `start`."""
        return self._voices

    async def start(self) -> None:
        await self._worker.start()

    async def close(self) -> None:
        if self._process is not None:  # first, for a text that it hangs over would keep the worker from ending
            await asyncio.to_thread(self._process.close)
        await self._worker.close()

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        language = pick(self.voices, how).languages[0]
        if not any(char.isalnum() for char in text):
            return  # it would read signs out by their names
        speech = Speech(text, language, how.speed)
        spoken = await self._worker.submit(
            speech, caller=caller, deadline_s=self._deadline_s, priority=BATCH if batch else 0
        )
        if spoken:
            yield spoken

    def _load(self) -> Run[Speech, Spoken | None]:
        process = self._process = EspeakProcess()
        facts = process.facts()
        languages, rate = facts.languages, facts.rate
        gain = gain_for(loudness(process.say(WARM_UP, languages["en"]).sound, rate))
        self._version = facts.version
        self._voices = tuple(Voice(PREFIX + code, (code,), rate, natural=False) for code in languages)

        def speak(speeches: Sequence[Speech]) -> list[Spoken | None]:
            words = [units(speech.text, speech.language) for speech in speeches]
            said = [
                at_speed(
                    partial(process.say, "".join(unit.said for unit in text), languages[speech.language]),
                    speech.speed,
                    rate,
                )
                for speech, text in zip(speeches, words, strict=True)
            ]
            return [shaped(text, one, rate, gain) for text, one in zip(words, said, strict=True)]

        return speak


def at_speed(say: Callable[[float], Said], speed: float, rate: int) -> Said:
    """What is said, `speed` times as quick as at 1.0: the library's own paces are not that exact, nor go so far."""
    said = say(speed)
    if speed == 1.0 or not (own := audible(say(1.0).sound)):
        return said
    tempo = Tempo(rate, audible(said.sound) * speed / own)
    sound = np.concatenate([tempo.push(said.sound), tempo.finish()])
    return Said(sound, tuple((at, round(sample / tempo.factor)) for at, sample in said.words))


def audible(sound: Sound) -> int:
    """Samples from the first that can be heard to the last."""
    loud = np.flatnonzero(np.abs(sound) > AUDIBLE)
    return int(loud[-1] - loud[0]) if loud.size else 0


def shaped(words: Sequence[Unit], said: Said, rate: int, gain: float) -> Spoken | None:
    """As it is sent; None when nothing of it can be heard."""
    shaper = Shaper(rate, gain)
    sound = np.concatenate([shaper.push(said.sound), shaper.finish()])
    if not sound.size:
        return None
    return Spoken(Pcm(s16le(sound), rate), timed(words, said, rate, lead=shaper.lead or 0, end=len(sound)))


def timed(words: Sequence[Unit], said: Said, rate: int, *, lead: int, end: int) -> tuple[Word, ...]:
    """The words of the text: each lasts until the next begins, which is all that the library tells.

    lead: samples left out in front. end: samples that are sent.
    """
    begins = list(accumulate((len(word.said) for word in words), initial=0))
    starts = [end] * len(words)
    for index in reversed(range(len(words))):
        later = starts[index + 1] if index + 1 < len(words) else end
        inside = [sample - lead for at, sample in said.words if begins[index] <= at < begins[index + 1]]
        starts[index] = min(max(0, min(inside, default=later)), later)
    return tuple(
        Word(word.written, start / rate, stop / rate)
        for word, start, stop in zip(words, starts, [*starts[1:], end], strict=True)
    )
