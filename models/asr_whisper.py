"""Speech recognition with Whisper, in short context and batched over calls.

`models.whisper_short` decodes what fits into a window; longer recordings are cut at quiet places and worked off piece
by piece, so that no caller holds the model for long.

Somebody waits for a final; a partial is worth something only at once. So partials have a worker of their own, on the
same weights: a final never waits until one is done, and no partial is accepted while there are finals to be heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from models.batching import BATCH, BatchWorker
from models.whisper_model import Whisper
from models.whisper_rules import pieces
from models.whisper_short import ShortContextWhisper, Utterance
from models.worker_stats import WorkerStats
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.engines import EngineInfo, Listening, Token, Transcript, Word
from pipeline.errors import EngineError, EngineOverloaded

MAX_FINALS = 64
"""Most finals that may wait."""
MAX_PARTIALS = 8
"""Most partials that may wait; more could not be made in time."""


class WhisperRecognizer:
    """A `Recognizer`."""

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "cpu",
        compute_type: str = "int8",
        cpu_threads: int = 2,
        max_batch: int = 4,
        deadline_s: float = 15.0,
        partial_deadline_s: float = 2.0,
    ) -> None:
        """folder: a Whisper model converted for CTranslate2. device: cpu or cuda. compute_type: int8, float16, ...

        deadline_s: for each piece of at most 29 s. partial_deadline_s: likewise; later there is more to be heard, and a
        new partial to be had.
        """
        self._folder = folder
        self._device = device
        self._compute_type = compute_type
        self._cpu_threads = cpu_threads
        self._deadline_s = deadline_s
        self._partial_deadline_s = partial_deadline_s
        self._model: Whisper | None = None
        self._finals = BatchWorker[Utterance, Transcript](
            "speech recognition", self._load, max_waiting=MAX_FINALS, max_batch=max_batch
        )
        self._partials = BatchWorker[Utterance, Transcript](
            "partial speech recognition", self._load, max_waiting=MAX_PARTIALS, max_batch=max_batch
        )

    @property
    def info(self) -> EngineInfo:
        device = f"{self._device} {self._compute_type}"
        engine = f"faster-whisper, {self._model.decoder}" if self._model else "faster-whisper"
        return EngineInfo("asr", engine, self._folder.name, device, version("faster-whisper"))

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes (and Whisper's own for languages without one) that can be asked for; known after `start`."""
        return self._model.languages if self._model else frozenset()

    @property
    def stats(self) -> WorkerStats:
        """Of finals."""
        return self._finals.stats

    @property
    def partial_stats(self) -> WorkerStats:
        return self._partials.stats

    @property
    def stuck(self) -> bool:
        return self._finals.stuck or self._partials.stuck

    async def start(self) -> None:
        await self._finals.start()
        await self._partials.start()
        second = Pcm(bytes(HEARING_RATE * SAMPLE_BYTES), HEARING_RATE)
        for final in (True, False):
            await self.transcribe(second, Listening(), caller="warm-up", final=final)

    async def close(self) -> None:
        await self._finals.close()
        await self._partials.close()

    async def transcribe(
        self, audio: Pcm, how: Listening, *, caller: str, final: bool = True, draft: str = "", batch: bool = False
    ) -> Transcript:
        if audio.rate != HEARING_RATE:
            raise ValueError(f"speech recognition hears {HEARING_RATE} Hz, got {audio.rate} Hz")
        if how.language is not None and self.languages and how.language not in self.languages:
            names = ", ".join(sorted(self.languages))
            sentence = f"The language {how.language!r} is not known. These are: {names}."
            raise EngineError(f"{self._folder.name}: {sentence}", told=sentence)
        if not final:
            how = replace(how, word_times=False, token_logprobs=False)
        heard: list[_Piece] = []
        start = 0
        for data in pieces(audio.data):
            utterance = Utterance(data, how, draft if start == 0 and len(data) == len(audio.data) else "")
            transcript = await self._heard(utterance, caller, final=final, batch=batch)
            if transcript.text:
                how = replace(how, language=transcript.language)  # what was heard first decides for the rest
            heard.append(_Piece(start / HEARING_RATE, transcript))
            start += utterance.samples
        return _joined(heard)

    async def _heard(self, utterance: Utterance, caller: str, *, final: bool, batch: bool) -> Transcript:
        if not final:
            return await self._partial(utterance, caller)
        return await self._finals.submit(
            utterance,
            key=(batch, utterance.key),  # a long piece of a file would keep a short turn beside it waiting
            caller=caller,
            deadline_s=self._deadline_s,
            priority=BATCH if batch else 0,
        )

    async def _partial(self, utterance: Utterance, caller: str) -> Transcript:
        finals = self._finals.stats
        if finals.waiting or finals.running:
            raise EngineOverloaded("There is no time for a partial transcript: finals are being heard.")
        return await self._partials.submit(
            utterance, key=utterance.key, caller=caller, deadline_s=self._partial_deadline_s
        )

    def _load(self) -> ShortContextWhisper:
        """For both workers, one after the other."""
        if self._model is None:
            self._model = Whisper(self._folder, self._device, self._compute_type, self._cpu_threads)
        return ShortContextWhisper(self._model)


@dataclass(frozen=True, slots=True)
class _Piece:
    """start: seconds from the first sample of the recording."""

    start: float
    transcript: Transcript

    def words(self, *, first: bool) -> list[Word]:
        """Timed from the first sample of the recording, with a space in front unless they are the first."""
        moved = [
            replace(word, start=word.start + self.start, end=word.end + self.start) for word in self.transcript.words
        ]
        if moved and not first:
            moved[0] = replace(moved[0], text=" " + moved[0].text)
        return moved

    def tokens(self, *, first: bool) -> Sequence[Token]:
        """Likewise."""
        found = self.transcript.tokens
        return found if first or not found else (replace(found[0], text=" " + found[0].text), *found[1:])


def _joined(parts: Sequence[_Piece]) -> Transcript:
    """One transcript from those of consecutive pieces. Pieces without speech add nothing to the text."""
    spoken = [part for part in parts if part.transcript.text]
    if not spoken:
        return parts[0].transcript
    return Transcript(
        text=" ".join(part.transcript.text for part in spoken),
        language=spoken[0].transcript.language,
        no_speech=min(part.transcript.no_speech for part in parts),
        logprob=sum(part.transcript.logprob for part in spoken) / len(spoken),
        words=tuple(word for part in spoken for word in part.words(first=part is spoken[0])),
        tokens=tuple(token for part in spoken for token in part.tokens(first=part is spoken[0])),
        ids=tuple(number for part in spoken for number in part.transcript.ids),
    )
