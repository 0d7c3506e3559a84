"""Speech recognition with Whisper (faster-whisper, CTranslate2), in short context and batched over calls.

`models.whisper_short` decodes what fits into a window; longer recordings are cut at quiet places and worked off piece
by piece, so that no caller holds the model for long.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from models.batching import BatchWorker
from models.whisper_rules import pieces
from models.whisper_short import ShortContextWhisper, Utterance
from models.worker_stats import WorkerStats
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.engines import EngineInfo, Listening, Transcript
from pipeline.errors import EngineError, OperatorError

FILES = ("model.bin", "config.json", "tokenizer.json")


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
        max_waiting: int = 64,
        deadline_s: float = 15.0,
    ) -> None:
        """folder: a Whisper model converted for CTranslate2. device: cpu or cuda. compute_type: int8, float16, ...

        deadline_s: for each piece of at most 29 s.
        """
        self._folder = folder
        self._device = device
        self._compute_type = compute_type
        self._cpu_threads = cpu_threads
        self._deadline_s = deadline_s
        self._languages: frozenset[str] = frozenset()
        self._worker = BatchWorker[Utterance, Transcript](
            "speech recognition", self._load, max_waiting=max_waiting, max_batch=max_batch
        )

    @property
    def info(self) -> EngineInfo:
        device = f"{self._device} {self._compute_type}"
        return EngineInfo("asr", "faster-whisper", self._folder.name, device, version("faster-whisper"))

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes (and Whisper's own for languages without one) that can be asked for; known after `start`."""
        return self._languages

    @property
    def stats(self) -> WorkerStats:
        return self._worker.stats

    @property
    def stuck(self) -> bool:
        return self._worker.stuck

    async def start(self) -> None:
        await self._worker.start()
        second = Pcm(bytes(HEARING_RATE * SAMPLE_BYTES), HEARING_RATE)
        await self.transcribe(second, Listening(), caller="warm-up")

    async def close(self) -> None:
        await self._worker.close()

    async def transcribe(
        self, audio: Pcm, how: Listening, *, caller: str, final: bool = True, known: str = ""
    ) -> Transcript:
        if audio.rate != HEARING_RATE:
            raise ValueError(f"speech recognition hears {HEARING_RATE} Hz, got {audio.rate} Hz")
        if how.language is not None and self._languages and how.language not in self._languages:
            known = ", ".join(sorted(self._languages))
            raise EngineError(f"{self._folder.name} does not know the language {how.language!r}. It knows: {known}.")
        heard: list[Transcript] = []
        for piece in pieces(audio.data):
            utterance = Utterance(piece, how)
            transcript = await self._worker.submit(
                utterance,
                key=utterance.key,
                caller=caller,
                priority=0 if final else 1,
                deadline_s=self._deadline_s,
            )
            if transcript.text:
                how = replace(how, language=transcript.language)  # what was heard first decides for the rest
            heard.append(transcript)
        return _joined(heard)

    def _load(self) -> ShortContextWhisper:
        missing = [name for name in FILES if not (self._folder / name).is_file()]
        if missing:
            # Checked here, because faster-whisper would go and look for them on the internet.
            raise OperatorError(
                f"{', '.join(missing)} missing in {self._folder}. Run `voicegw models pull` to fetch the model."
            )
        from faster_whisper import WhisperModel

        try:
            model = WhisperModel(
                str(self._folder),
                device=self._device,
                compute_type=self._compute_type,
                cpu_threads=self._cpu_threads,
                local_files_only=True,
            )
        except Exception as error:  # CTranslate2 and tokenizers raise what they like
            raise OperatorError(
                f"The speech recognition model in {self._folder} cannot be loaded on {self._device} with compute type "
                f"{self._compute_type}: {error}. Run `voicegw models verify`, or choose another device or compute type."
            ) from error
        self._languages = frozenset(model.supported_languages)
        return ShortContextWhisper(model)


def _joined(parts: Sequence[Transcript]) -> Transcript:
    """One transcript from those of consecutive pieces. Pieces without speech add nothing to the text."""
    spoken = [part for part in parts if part.text]
    if not spoken:
        return parts[0]
    return Transcript(
        text=" ".join(part.text for part in spoken),
        language=spoken[0].language,
        no_speech=min(part.no_speech for part in parts),
        logprob=sum(part.logprob for part in spoken) / len(spoken),
    )
