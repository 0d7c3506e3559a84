"""Less noise around the caller's voice: FFmpeg's spectral denoiser, told how loud the noise is.

It takes away what is not louder than the noise floor, frequency by frequency, and adds 25 ms of delay. It can follow
the floor by itself, but takes longer to find it than a short call lasts. So the floor is measured here: a voice pauses,
noise does not, and the quietest moments of the last seconds are noise.
"""

from collections import deque
from fractions import Fraction

import numpy as np
from av import AudioFrame
from av.error import BlockingIOError as NotReady
from av.error import EOFError as Ended
from av.filter import Graph

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES

REDUCTION_DB = {"near_field": 12.0, "far_field": 20.0}
"""How much quieter noise becomes at full strength: a microphone across the room hears more of it."""
BLOCK = HEARING_RATE // 50
"""20 ms: shorter than the pauses between syllables."""
MEMORY = 150
"""Blocks in which the quietest moments are looked for: 3 s."""
QUIETEST = 0.1
FLOOR_DB = (-80.0, -20.0)
"""What the filter takes for a noise floor."""


class Denoiser:
    """One 16 kHz stream of 16-bit mono samples."""

    def __init__(self, kind: str, strength: float) -> None:
        """kind: a key of REDUCTION_DB. strength: 0..1."""
        self._graph = Graph()
        self._graph.threads = 1  # none of its own for every caller
        # The filter counts a reduction of less than a hundredth of a decibel as none, and refuses it.
        reduction = max(0.01, REDUCTION_DB[kind] * strength)
        source = self._graph.add_abuffer(
            sample_rate=HEARING_RATE, format="s16", layout="mono", time_base=Fraction(1, HEARING_RATE)
        )
        self._filter = self._graph.add("afftdn", f"nr={reduction:.2f}:nf={FLOOR_DB[0]:.0f}")
        shape = self._graph.add("aformat", f"sample_fmts=s16:sample_rates={HEARING_RATE}:channel_layouts=mono")
        source.link_to(self._filter)
        self._filter.link_to(shape)
        shape.link_to(self._graph.add("abuffersink"))
        self._graph.configure()
        self._at = 0
        self._rest = b""
        self._levels: deque[float] = deque(maxlen=MEMORY)

    def push(self, data: bytes) -> bytes:
        """The samples that became ready."""
        if not data:
            return data
        self._measure(data)
        frame = AudioFrame(format="s16", layout="mono", samples=len(data) // SAMPLE_BYTES)
        frame.sample_rate = HEARING_RATE
        frame.pts = self._at
        frame.planes[0].update(data)
        self._at += frame.samples
        self._graph.push(frame)
        return self._ready()

    def flush(self) -> bytes:
        """What was kept back; the stream has ended."""
        self._graph.push(None)
        return self._ready()

    def _ready(self) -> bytes:
        out: list[bytes] = []
        while True:
            try:
                frame = self._graph.pull()
            except (NotReady, Ended):
                return b"".join(out)
            assert isinstance(frame, AudioFrame)
            out.append(bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES])

    def _measure(self, data: bytes) -> None:
        audio = self._rest + data
        whole = len(audio) // (BLOCK * SAMPLE_BYTES) * BLOCK * SAMPLE_BYTES
        self._rest = audio[whole:]
        if not whole:
            return
        blocks = np.frombuffer(audio[:whole], "<i2").reshape(-1, BLOCK).astype(np.float64)
        power = np.square(blocks / 32768).mean(axis=1)
        self._levels.extend((10 * np.log10(power + 1e-12)).tolist())
        floor = float(np.quantile(self._levels, QUIETEST))
        self._filter.process_command("nf", f"{min(max(floor, FLOOR_DB[0]), FLOOR_DB[1]):.1f}")
