"""Speech synthesis with Piper voices, sentence by sentence.

All calls share the loaded voices and one thread. Between two sentences of one text other callers get their turn, so
that a long answer does not keep a short one waiting.
"""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from models.batching import BatchWorker, Run, in_parts
from models.onnx import REMEDY, onnx_file, open_session
from models.shaping import faded, gain_for, s16le, trimmed, unclipped
from models.worker_stats import WorkerStats
from pipeline.audio import Pcm
from pipeline.engines import EngineInfo, Speaking, Spoken, Voice
from pipeline.errors import EngineError, OperatorError

WARM_UP = "1, 2, 3, 4, 5, 6."
"""Every voice can say this, in its own language; it also tells how loud the voice is."""


class PiperSpeaker:
    """One loaded voice. Blocks; used in one thread."""

    def __init__(self, name: str, folder: Path, *, threads: int) -> None:
        """Load and warm up. Raises OperatorError naming the file that is missing or broken."""
        from piper import PiperVoice
        from piper.config import PiperConfig

        model = onnx_file(folder)
        config = model.with_name(f"{model.name}.json")
        try:
            described = json.loads(config.read_text(encoding="utf-8"))
            piper_config = PiperConfig.from_dict(described)
            language = described.get("language", {}).get("family") or piper_config.espeak_voice.partition("-")[0]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise OperatorError(f"{config} does not describe a Piper voice ({error!r}). {REMEDY}") from error
        self.voice = Voice(name, (language,), piper_config.sample_rate)
        self._piper = PiperVoice(session=open_session(model, threads=threads), config=piper_config)
        try:
            self._gain = self._measure()
        except Exception as error:  # onnxruntime's errors have no common base but Exception
            raise OperatorError(f"The voice {model} cannot speak ({error}). {REMEDY}") from error

    def speak(self, text: str, speed: float) -> Iterator[Pcm]:
        """Audio of each sentence in turn; one without a sound is left out."""
        from piper import SynthesisConfig

        rate = self.voice.rate
        # Not Piper's own normalisation: it makes every sentence equally loud at its peak, so that short ones shout.
        how = SynthesisConfig(length_scale=self._piper.config.length_scale / speed, normalize_audio=False)
        at = 0
        # Double brackets would be read as raw phonemes.
        for chunk in self._piper.synthesize(text.replace("[[", " ").replace("]]", " "), how):
            sound = unclipped(trimmed(chunk.audio_float_array * np.float32(self._gain), rate))
            if sound.size:
                pcm = Pcm(s16le(faded(sound, rate)), rate, at)
                at += pcm.samples
                yield pcm

    def _measure(self) -> float:
        from piper import SynthesisConfig

        chunks = self._piper.synthesize(WARM_UP, SynthesisConfig(normalize_audio=False))
        sound = np.concatenate([trimmed(chunk.audio_float_array, self.voice.rate) for chunk in chunks])
        return gain_for(sound)


@dataclass(slots=True, eq=False)
class Speech:
    """A text on its way to sound. parts: what is still to be said, once it has begun."""

    text: str
    speed: float
    voice: str
    parts: Iterator[Pcm] | None = None

    def parts_by(self, speaker: PiperSpeaker) -> Iterator[Pcm]:
        if self.parts is None:
            self.parts = speaker.speak(self.text, self.speed)
        return self.parts


class PiperSynthesizer:
    """A `Synthesizer`."""

    def __init__(
        self, voices: Mapping[str, Path], *, threads: int = 1, max_waiting: int = 64, deadline_s: float = 10.0
    ) -> None:
        """voices: name → folder with one `*.onnx` and its `*.onnx.json`; the first is the default.

        threads: cores one run may use. deadline_s: for each sentence.
        """
        if not voices:
            raise OperatorError("Speech synthesis needs at least one voice. Run `voicegw models pull` to fetch one.")
        self._folders = dict(voices)
        self._threads = threads
        self._deadline_s = deadline_s
        self._voices: tuple[Voice, ...] = ()
        self._worker = BatchWorker[Speech, Pcm | None]("speech synthesis", self._load, max_waiting=max_waiting)

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("tts", "piper", ", ".join(self._folders), "cpu", version("piper-tts"))

    @property
    def stats(self) -> WorkerStats:
        return self._worker.stats

    @property
    def stuck(self) -> bool:
        return self._worker.stuck

    @property
    def voices(self) -> Sequence[Voice]:
        """Known after `start`."""
        return self._voices

    async def start(self) -> None:
        await self._worker.start()

    async def close(self) -> None:
        await self._worker.close()

    async def stream(self, text: str, how: Speaking, *, caller: str) -> AsyncGenerator[Spoken, None]:
        voice = how.voice or next(iter(self._folders))
        if voice not in self._folders:
            raise EngineError(f"There is no voice {voice!r}. Installed: {', '.join(self._folders)}.")
        if not any(char.isalnum() for char in text):
            return  # eSpeak would read signs out by their names
        speech = Speech(text, how.speed, voice)
        async with aclosing(in_parts(self._worker, speech, caller=caller, deadline_s=self._deadline_s)) as parts:
            async for pcm in parts:
                yield Spoken(pcm)

    def _load(self) -> Run[Speech, Pcm | None]:
        speakers = {name: PiperSpeaker(name, folder, threads=self._threads) for name, folder in self._folders.items()}
        self._voices = tuple(speaker.voice for speaker in speakers.values())

        def next_parts(speeches: Sequence[Speech]) -> list[Pcm | None]:
            return [next(speech.parts_by(speakers[speech.voice]), None) for speech in speeches]

        return next_parts
