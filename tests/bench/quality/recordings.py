"""Labelled recordings for tests, of tones, and engines that take a tone for speech."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.quality import labels, sound, tutor
from bench.quality.labels import Item, Label
from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer, ScriptedTurnDetector, ScriptedVad
from pipeline.audio import Pcm
from pipeline.engines import Engines

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen."


def tone(seconds: float, level: float = 0.2, hertz: float = 300) -> sound.Floats:
    time = np.arange(round(seconds * sound.RATE)) / sound.RATE
    return np.asarray(level * np.sin(2 * np.pi * hertz * time), dtype=np.float32)


def recording(folder: Path, name: str, kind: labels.Kind, speech: Sequence[labels.Span], **label: Any) -> Item:
    """A tone in each stretch of `speech`, silence for a second after the last."""
    samples = sound.silence((speech[-1][1] if speech else 0.0) + 1.0)
    for start, end in speech:
        sound.added(samples, tone(end - start), round(start * sound.RATE))
    sound.write(folder / f"{name}.wav", samples)
    made = Label(f"{name}.wav", kind, speech=list(speech), **label)
    labels.write(folder, name, made)
    return Item(name, made, folder / f"{name}.wav")


def paused(folder: Path, seconds: float, name: str = "paused") -> Item:
    """A turn with one pause in it, which begins at 1.5 s."""
    spans = [(0.5, 1.5), (1.5 + seconds, 2.5 + seconds)]
    pauses = [labels.Pause(1.5, 1.5 + seconds, "mid-clause")]
    return recording(folder, name, "turn", spans, pauses=pauses, text="one, two", voice="tone")


def whole(folder: Path, name: str = "whole") -> Item:
    return recording(folder, name, "turn", [(0.5, 1.5)], text="one", voice="tone")


def interruption(folder: Path, **label: Any) -> Item:
    """One and a half seconds of speech, two seconds into the tutor's."""
    said = labels.Tutor(LONG, 2.0)
    return recording(folder, "interruption", "interruption", [(0.0, 1.5)], tutor=said, text="stop", **label)


def scripted(words: str = "so it is.", complete: float = 1.0) -> Engines:
    """words: what everybody is heard to say."""

    def heard(_: Pcm) -> str:
        return words

    return Engines(
        vad=ScriptedVad(loud=0.003),
        recognizer=ScriptedRecognizer(heard),
        chat=ScriptedChat(tutor.words),
        synthesizer=ScriptedSynthesizer(),
        turn_detector=ScriptedTurnDetector(complete),
    )
