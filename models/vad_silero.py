"""Voice activity detection with Silero VAD 6 (ONNX, 16 kHz), batched over calls.

The network hears one window of 512 samples with the 64 samples before it, and carries a recurrent state of shape
[2, 128] from window to window; see `OnnxWrapper` in snakers4/silero-vad, utils_vad.py. Windows of one call follow each
other, windows of several calls go through it side by side (`models.vad_graph`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.batching import BATCH, BatchWorker
from models.onnx import onnx_file, open_session
from models.vad_graph import FRAME, HOP, STATE, Floats, batched_graph
from models.worker_stats import WorkerStats
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm, Span
from pipeline.engines import EngineInfo, SpeechScore

WINDOW = 512
"""Samples that are scored at a time (32 ms)."""
CONTEXT = 64
"""Samples before the window that the network is shown too."""
QUIETEST_DBFS = -96.0
"""Below the smallest 16-bit sample."""
MIRRORED = 64
"""Samples from the end of a window that it hears once more, backwards."""
PACE_S = 0.004
"""A caller who is alone never waits for it, because its windows are 32 ms apart (bench/engines/worker_bench.py)."""
STUCK_S = 5.0
"""A run takes a millisecond or so; one that takes longer than this will not come back by itself."""
MAX_WINDOWS = 32
"""Most windows of one job (about a second of sound), so that a long push does not hold up the other calls."""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Work for the network. audio: CONTEXT + n * WINDOW samples, s16le. state: float32 [2, 128]."""

    audio: bytes
    state: Floats

    @property
    def windows(self) -> int:
        return (len(self.audio) // SAMPLE_BYTES - CONTEXT) // WINDOW


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A probability (0..1) and a level (dBFS) for each window, and the network's state after the last."""

    probabilities: tuple[float, ...]
    levels: tuple[float, ...]
    state: Floats


class SileroGraph:
    """The network: slices of several streams in, their scores out, in one run."""

    def __init__(self, file: Path, *, threads: int = 1) -> None:
        self._session = open_session(file, threads=threads, graph=batched_graph(file))

    def __call__(self, slices: Sequence[Slice]) -> list[Scored]:
        steps = np.array([one.windows for one in slices], dtype=np.int32)
        first = np.concatenate([[0], np.cumsum(steps)[:-1]])
        most, total = int(steps.max()), int(steps.sum())
        # Streams with fewer windows than others are given any window for the rest of the steps; `steps` skips it.
        order = np.minimum(first + np.arange(most)[:, None], total - 1)
        state = np.stack([one.state for one in slices], axis=1)
        sound = _sound(slices)
        inputs = {"frames": _frames(sound), "order": order, "steps": steps, "hidden": state[:1], "cell": state[1:]}
        probability, hidden, cell = self._session.run(None, inputs)
        after = np.concatenate([hidden, cell])
        rows, levels = probability[:, :, 0].T.tolist(), _levels(sound)
        return [
            Scored(tuple(row[: one.windows]), tuple(levels[start : start + one.windows]), after[:, at].copy())
            for at, (one, start, row) in enumerate(zip(slices, first.tolist(), rows, strict=True))
        ]


def _sound(slices: Sequence[Slice]) -> Floats:
    """All windows with their context, and their ends mirrored, float32 [windows, CONTEXT + WINDOW + MIRRORED]."""
    size, step = (CONTEXT + WINDOW) * SAMPLE_BYTES, WINDOW * SAMPLE_BYTES
    windows = [one.audio[at * step : at * step + size] for one in slices for at in range(one.windows)]
    sound = np.empty((len(windows), CONTEXT + WINDOW + MIRRORED), dtype=np.float32)
    heard = np.frombuffer(b"".join(windows), dtype="<i2").reshape(len(windows), -1)
    np.divide(heard, 32768, out=sound[:, :-MIRRORED], casting="unsafe")
    sound[:, -MIRRORED:] = sound[:, -MIRRORED - 2 : -2 * MIRRORED - 2 : -1]
    return sound


def _frames(sound: Floats) -> Floats:
    """float32 [windows, 4, 256]."""
    return np.ascontiguousarray(sliding_window_view(sound, FRAME, axis=1)[:, ::HOP])


def _levels(sound: Floats) -> list[float]:
    """The RMS of each window, in dBFS."""
    heard = sound[:, CONTEXT : CONTEXT + WINDOW]
    power = np.einsum("ij,ij->i", heard, heard) / WINDOW
    levels: list[float] = (10 * np.log10(np.maximum(power, 10 ** (QUIETEST_DBFS / 10)))).tolist()
    return levels


class SileroVad:
    """A `Vad`."""

    def __init__(self, folder: Path, *, max_calls: int = 64, deadline_s: float = 1.0, pace_s: float = PACE_S) -> None:
        """folder: holds the 16 kHz ONNX file. max_calls: most streams with work at one time. deadline_s: per slice.

        pace_s: shortest time from one run to the next, so that windows of several calls share a run.
        """
        self._folder = folder
        self._deadline_s = deadline_s
        self._worker = BatchWorker[Slice, Scored](
            "voice activity detection",
            self._load,
            max_waiting=max_calls,
            max_batch=max_calls,
            pace_s=pace_s,
            stuck_s=STUCK_S,
        )

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("vad", "onnxruntime", self._folder.name, "cpu", version("onnxruntime"))

    @property
    def stats(self) -> WorkerStats:
        return self._worker.stats

    @property
    def stuck(self) -> bool:
        return self._worker.stuck

    async def start(self) -> None:
        await self._worker.start()
        await self.open("warm-up").push(Pcm(bytes(2 * WINDOW * SAMPLE_BYTES), HEARING_RATE))

    async def close(self) -> None:
        await self._worker.close()

    def open(self, caller: str, *, batch: bool = False) -> "SileroStream":
        return SileroStream(self._worker, caller, self._deadline_s, batch=batch)

    def _load(self) -> SileroGraph:
        return SileroGraph(onnx_file(self._folder))


class SileroStream:
    """A `VadStream`: one call's state, and its audio that does not fill a window yet. One `push` at a time.

    Audio that does not follow the last push without a gap, or follows a push that failed, starts afresh.
    """

    def __init__(self, worker: BatchWorker[Slice, Scored], caller: str, deadline_s: float, *, batch: bool) -> None:
        self._batch = batch
        self._worker = worker
        self._caller = caller
        self._deadline_s = deadline_s
        self._expected: int | None = None
        self._at = 0  # sample index of the next window
        self._audio = b""  # the context of the next window, and what there is of it
        self._state: Floats = np.zeros((2, STATE), dtype=np.float32)

    async def push(self, pcm: Pcm) -> Sequence[SpeechScore]:
        if pcm.rate != HEARING_RATE:
            raise ValueError(f"voice activity detection hears {HEARING_RATE} Hz, got {pcm.rate} Hz")
        if pcm.start != self._expected:
            self._at = pcm.start
            self._audio = bytes(CONTEXT * SAMPLE_BYTES)
            self._state = np.zeros((2, STATE), dtype=np.float32)
        self._expected = None  # until this push is through
        audio = memoryview(self._audio + pcm.data)
        scores: list[SpeechScore] = []
        while windows := min(MAX_WINDOWS, (len(audio) // SAMPLE_BYTES - CONTEXT) // WINDOW):
            used = windows * WINDOW * SAMPLE_BYTES
            scored = await self._worker.submit(
                Slice(bytes(audio[: CONTEXT * SAMPLE_BYTES + used]), self._state),
                caller=self._caller,
                deadline_s=self._deadline_s,
                key=self._batch,  # the second of a file must not set the pace for everybody's window
                priority=BATCH if self._batch else 0,
            )
            for probability, level in zip(scored.probabilities, scored.levels, strict=True):
                scores.append(SpeechScore(Span(self._at, self._at + WINDOW), probability, level))
                self._at += WINDOW
            self._state = scored.state
            audio = audio[used:]
        self._audio = bytes(audio)
        self._expected = pcm.start + pcm.samples
        return scores
