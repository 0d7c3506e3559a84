"""Voice activity detection with Silero VAD 6 (ONNX, 16 kHz), batched over calls.

The graph hears one window of 512 samples with the 64 samples before it, and carries a recurrent state of shape
[2, batch, 128] from window to window; see `OnnxWrapper` in snakers4/silero-vad, utils_vad.py. Windows of one call
follow each other, windows of several calls go through the graph side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.batching import BatchWorker
from models.onnx import onnx_file, open_session
from models.worker_stats import WorkerStats
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm, Span
from pipeline.engines import EngineInfo, SpeechScore

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WINDOW = 512
"""Samples that are scored at a time (32 ms)."""
CONTEXT = 64
"""Samples before the window that the graph is shown too."""
MAX_WINDOWS = 32
"""Most windows of one job (about a second of sound), so that a long push does not hold up the other calls."""

Floats: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Work for the graph. audio: CONTEXT + n * WINDOW samples, s16le. state: float32 [2, 128]."""

    audio: bytes
    state: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The graph's answer: a probability (0..1) for each window, and the state after the last."""

    probabilities: tuple[float, ...]
    state: Floats


class SileroGraph:
    """The ONNX graph: slices of several streams in, their scores out."""

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session
        self._rate = np.array(HEARING_RATE, dtype=np.int64)

    def __call__(self, slices: Sequence[Slice]) -> list[Scored]:
        """Scores of all slices; the nth windows of all of them go through the graph together."""
        # Longest first: the streams that still have an nth window are then always the first ones.
        order = sorted(range(len(slices)), key=lambda at: -len(slices[at].audio))
        sounds = [np.frombuffer(slices[at].audio, dtype="<i2").astype(np.float32) / 32768 for at in order]
        state = np.stack([slices[at].state for at in order], axis=1)
        windows = [(len(sound) - CONTEXT) // WINDOW for sound in sounds]
        scores: list[list[float]] = [[] for _ in slices]
        for nth in range(max(windows, default=0)):
            active = sum(count > nth for count in windows)
            start = nth * WINDOW
            batch = np.stack([sound[start : start + CONTEXT + WINDOW] for sound in sounds[:active]])
            inputs: dict[str, Any] = {"input": batch, "state": state[:, :active], "sr": self._rate}
            output, after = self._session.run(None, inputs)
            state[:, :active] = after
            for row in range(active):
                scores[order[row]].append(float(output[row, 0]))
        states = {at: state[:, row].copy() for row, at in enumerate(order)}
        return [Scored(tuple(scores[at]), states[at]) for at in range(len(slices))]


class SileroVad:
    """A `Vad`."""

    def __init__(self, folder: Path, *, max_calls: int = 64, deadline_s: float = 1.0) -> None:
        """folder: holds the 16 kHz ONNX file. max_calls: most streams with work at one time. deadline_s: per slice."""
        self._folder = folder
        self._deadline_s = deadline_s
        self._worker = BatchWorker[Slice, Scored](
            "voice activity detection", self._load, max_waiting=max_calls, max_batch=max_calls
        )

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("vad", "onnxruntime", self._folder.name, "cpu", version("onnxruntime"))

    @property
    def stats(self) -> WorkerStats:
        return self._worker.stats

    async def start(self) -> None:
        await self._worker.start()
        await self.open("warm-up").push(Pcm(bytes(2 * WINDOW * SAMPLE_BYTES), HEARING_RATE))

    async def close(self) -> None:
        await self._worker.close()

    def open(self, caller: str) -> "SileroStream":
        return SileroStream(self._worker, caller, self._deadline_s)

    def _load(self) -> SileroGraph:
        return SileroGraph(open_session(onnx_file(self._folder), threads=1))


class SileroStream:
    """A `VadStream`: one call's state, and its audio that does not fill a window yet. One `push` at a time.

    Audio that does not follow the last push without a gap, or follows a push that failed, starts afresh.
    """

    def __init__(self, worker: BatchWorker[Slice, Scored], caller: str, deadline_s: float) -> None:
        self._worker = worker
        self._caller = caller
        self._deadline_s = deadline_s
        self._expected: int | None = None
        self._at = 0  # sample index of the next window
        self._audio = b""  # the context of the next window, and what there is of it
        self._state: Floats = np.zeros((2, 128), dtype=np.float32)

    async def push(self, pcm: Pcm) -> Sequence[SpeechScore]:
        if pcm.rate != HEARING_RATE:
            raise ValueError(f"voice activity detection hears {HEARING_RATE} Hz, got {pcm.rate} Hz")
        if pcm.start != self._expected:
            self._at = pcm.start
            self._audio = bytes(CONTEXT * SAMPLE_BYTES)
            self._state = np.zeros((2, 128), dtype=np.float32)
        self._expected = None  # until this push is through
        audio = memoryview(self._audio + pcm.data)
        scores: list[SpeechScore] = []
        while windows := min(MAX_WINDOWS, (len(audio) // SAMPLE_BYTES - CONTEXT) // WINDOW):
            used = windows * WINDOW * SAMPLE_BYTES
            scored = await self._worker.submit(
                Slice(bytes(audio[: CONTEXT * SAMPLE_BYTES + used]), self._state),
                caller=self._caller,
                deadline_s=self._deadline_s,
            )
            for probability in scored.probabilities:
                scores.append(SpeechScore(Span(self._at, self._at + WINDOW), probability))
                self._at += WINDOW
            self._state = scored.state
            audio = audio[used:]
        self._audio = bytes(audio)
        self._expected = pcm.start + pcm.samples
        return scores
