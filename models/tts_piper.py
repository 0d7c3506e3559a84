"""Speech synthesis with Piper voices, a fraction of a sentence at a time.

All calls share the loaded voices and one thread. Between two stretches of one text other callers get their turn, so
that a long answer does not keep a short one waiting.
"""

import logging
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from models.batching import BATCH, BatchWorker, Run, in_parts
from models.tts_piper_voice import Description, PiperSpeaker, describe
from models.voices import pick
from models.worker_stats import WorkerStats
from pipeline.engines import EngineInfo, Speaking, Spoken, Voice
from pipeline.errors import EngineError, OperatorError

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Speech:
    """A text on its way to sound. voice: with its speaker. parts: what is still to be said, once it has begun."""

    text: str
    speed: float
    voice: str
    parts: Iterator[Spoken] | None = None

    def parts_by(self, speakers: Mapping[str, PiperSpeaker]) -> Iterator[Spoken]:
        if self.parts is None:
            name, _, speaker = self.voice.partition("#")
            self.parts = speakers[name].speak(self.text, self.speed, speaker)
        return self.parts


class PiperSynthesizer:
    """A `Synthesizer`. The default voice is loaded at the start, another when it is first asked for."""

    def __init__(
        self, voices: Mapping[str, Path], *, threads: int = 1, max_waiting: int = 64, deadline_s: float = 10.0
    ) -> None:
        """voices: name → folder with one `*.onnx` and its `*.onnx.json`; the first is the default.

        threads: cores one run may use. deadline_s: for each part, and for loading a voice.
        """
        if not voices:
            raise OperatorError("Speech synthesis needs at least one voice. Run `voicegw models pull` to fetch one.")
        self._folders = dict(voices)
        self._threads = threads
        self._deadline_s = deadline_s
        self._described: dict[str, Description] = {}
        self._speakers: dict[str, PiperSpeaker] = {}
        # Loading has a thread of its own: it takes seconds, and nobody's speech is to wait for another's voice.
        self._loader = BatchWorker[str, None]("loading a voice", self._load_default, max_waiting=max_waiting)
        self._worker = BatchWorker[Speech, Spoken | None](
            "speech synthesis", lambda: self._speak, max_waiting=max_waiting
        )

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
        return tuple(voice for described in self._described.values() for voice in described.voices)

    @property
    def loaded(self) -> Sequence[str]:
        """Names of the voices that are in memory."""
        return tuple(self._speakers)

    async def start(self) -> None:
        await self._loader.start()
        await self._worker.start()

    async def close(self) -> None:
        await self._worker.close()
        await self._loader.close()

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        voice = pick(self.voices, how).name
        if not any(char.isalnum() for char in text):
            return  # eSpeak would read signs out by their names
        if (name := voice.partition("#")[0]) not in self._speakers:
            await self._loader.submit(name, caller=caller, deadline_s=self._deadline_s)
        speech = Speech(text, how.speed, voice)
        parts = in_parts(
            self._worker, speech, caller=caller, deadline_s=self._deadline_s, priority=BATCH if batch else 0
        )
        async with aclosing(parts):
            async for spoken in parts:
                yield spoken

    def _load_default(self) -> Run[str, None]:
        default, *others = self._folders
        self._described[default] = describe(default, self._folders[default])
        for name in others:
            try:
                self._described[name] = describe(name, self._folders[name])
            except OperatorError as error:
                log.warning("the voice %s is not offered: %s", name, error)
        self._speakers[default] = PiperSpeaker(self._described[default], threads=self._threads)
        return self._load

    def _load(self, names: Sequence[str]) -> list[None]:
        for name in names:
            if name not in self._speakers:  # two calls may have asked for it
                try:
                    self._speakers[name] = PiperSpeaker(self._described[name], threads=self._threads)
                except OperatorError as error:
                    raise EngineError(str(error)) from error
        return [None for _ in names]

    def _speak(self, speeches: Sequence[Speech]) -> list[Spoken | None]:
        return [next(speech.parts_by(self._speakers), None) for speech in speeches]
