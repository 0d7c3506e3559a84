"""Is the speaker done? Smart Turn v3 (ONNX) listens to the last 8 seconds and says how complete they sound.

Input, as its reference code in pipecat-ai makes it: the last 8 s at 16 kHz, zeros in front of shorter audio, normalised
to zero mean and unit variance, then Whisper's log-mel spectrogram of 80 bands x 800 frames. Output: P(complete).
"""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.batching import BatchWorker
from models.onnx import onnx_file, open_session
from models.worker_stats import WorkerStats
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.engines import EngineInfo

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

HEARD = 8 * HEARING_RATE
"""Samples that the model hears."""
VARIANCE_FLOOR = 1e-7
"""Keeps silence from being divided by zero; the value the model was trained with."""


class SmartTurnGraph:
    """The ONNX graph with its features: turns (s16le at 16 kHz) in, P(complete) out."""

    def __init__(self, session: "InferenceSession") -> None:
        from faster_whisper.feature_extractor import FeatureExtractor

        self._session = session
        self._features = FeatureExtractor()

    def __call__(self, turns: Sequence[bytes]) -> list[float]:
        batch = np.zeros((len(turns), HEARD), dtype=np.float32)
        for row, turn in enumerate(turns):
            heard = np.frombuffer(turn, dtype="<i2")[-HEARD:].astype(np.float32) / 32768
            batch[row, HEARD - len(heard) :] = heard
        batch -= batch.mean(axis=1, keepdims=True)
        batch /= np.sqrt(batch.var(axis=1, keepdims=True) + VARIANCE_FLOOR)
        features = np.stack([self._features(sound, padding=0) for sound in batch]).astype(np.float32)
        (complete,) = self._session.run(None, {"input_features": features})
        return [float(row[0]) for row in complete]


class SmartTurn:
    """A `TurnDetector`."""

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 1,
        max_waiting: int = 64,
        deadline_s: float = 2.0,
    ) -> None:
        """folder: holds the ONNX file. threads: cores one run may use.

        A run takes as many turns as it has cores: a core works on one turn at a time, so that another turn in the run
        would make the first wait and win nothing (bench/engines/turn_bench.py).
        """
        self._folder = folder
        self._threads = threads
        self._deadline_s = deadline_s
        self._worker = BatchWorker[bytes, float](
            "end-of-turn detection", self._load, max_waiting=max_waiting, max_batch=threads
        )

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("turn", "onnxruntime", self._folder.name, "cpu", version("onnxruntime"))

    @property
    def stats(self) -> WorkerStats:
        return self._worker.stats

    @property
    def stuck(self) -> bool:
        return self._worker.stuck

    async def start(self) -> None:
        await self._worker.start()
        await self.completion(Pcm(bytes(HEARING_RATE * SAMPLE_BYTES), HEARING_RATE), caller="warm-up")

    async def close(self) -> None:
        await self._worker.close()

    async def completion(self, audio: Pcm, *, caller: str) -> float:
        if audio.rate != HEARING_RATE:
            raise ValueError(f"end-of-turn detection hears {HEARING_RATE} Hz, got {audio.rate} Hz")
        heard = audio.data[-HEARD * SAMPLE_BYTES :]
        return await self._worker.submit(heard, caller=caller, deadline_s=self._deadline_s)

    def _load(self) -> SmartTurnGraph:
        return SmartTurnGraph(open_session(onnx_file(self._folder), threads=self._threads))
