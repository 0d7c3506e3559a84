"""Speech made quicker or slower at the same pitch: FFmpeg's `atempo` (WSOLA), for what a voice cannot do by itself."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from models.shaping import Sound

SLOWEST: Final = 0.5
"""The least that one filter does; slower needs several in a row."""
DEAF: Final = 0.01
"""Share by which a pace may be wrong before it is worth a filter, which costs a little of the sound."""


class Tempo:
    """A stream of mono sound at `rate` Hz, `factor` times as quick. Near enough to 1 it is left alone."""

    def __init__(self, rate: int, factor: float) -> None:
        self._rate = rate
        self.factor = 1.0 if abs(factor - 1) < DEAF else factor
        self._graph = None if self.factor == 1.0 else _graph(rate, self.factor)
        self._at = 0

    def push(self, sound: Sound) -> Sound:
        """What is ready by now."""
        if self._graph is None:
            return sound
        import av

        _, source, sink = self._graph
        if sound.size:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound)[None], format="flt", layout="mono")
            frame.sample_rate, frame.pts = self._rate, self._at
            self._at += len(sound)
            source.push(frame)
        return _joined(_pulled(sink))

    def finish(self) -> Sound:
        """The rest."""
        if self._graph is None:
            return np.zeros(0, dtype=np.float32)
        _, source, sink = self._graph
        source.push(None)
        return _joined(_pulled(sink))


def _graph(rate: int, factor: float):  # type: ignore[no-untyped-def]  # noqa: ANN202 - PyAV's filters have no public types
    import av

    graph = av.filter.Graph()
    last = source = graph.add_abuffer(sample_rate=rate, format="flt", layout="mono")
    while factor < SLOWEST:
        step = graph.add("atempo", f"{SLOWEST}")
        last.link_to(step)
        last, factor = step, factor / SLOWEST
    step = graph.add("atempo", f"{factor:.6f}")
    sink = graph.add("abuffersink")
    last.link_to(step)
    step.link_to(sink)
    graph.configure()
    return graph, source, sink  # the filters live as long as their graph


def _pulled(sink) -> Iterator[Sound]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    import av

    while True:
        try:
            yield sink.pull().to_ndarray().ravel().astype(np.float32)
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _joined(parts: Iterator[Sound]) -> Sound:
    found = list(parts)
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)
