"""Change of sample rate, stateful, so that a stream can be cut anywhere without a click."""

from fractions import Fraction

from av import AudioFrame
from av.error import BlockingIOError as NotReady
from av.error import EOFError as Ended
from av.filter import Graph

from pipeline.audio import SAMPLE_BYTES, Pcm


class Resampler:
    """16-bit mono samples at one rate in, at another out. FFmpeg's resampler; about 1 ms of delay."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._rate_in = rate_in
        self._graph = _graph(rate_in, rate_out) if rate_in != rate_out else None
        self._at = 0

    def push(self, data: bytes) -> bytes:
        """The samples that became ready; a few are kept until the next push."""
        if self._graph is None or not data:
            return data
        frame = AudioFrame(format="s16", layout="mono", samples=len(data) // SAMPLE_BYTES)
        frame.sample_rate = self._rate_in
        frame.pts = self._at
        frame.planes[0].update(data)
        self._at += frame.samples
        self._graph.push(frame)
        return self._ready(self._graph)

    def flush(self) -> bytes:
        """The samples that were kept; the stream has ended."""
        if self._graph is None or not self._at:
            return b""
        self._graph.push(None)
        return self._ready(self._graph)

    def _ready(self, graph: Graph) -> bytes:
        out: list[bytes] = []
        while True:
            try:
                frame = graph.pull()
            except (NotReady, Ended):
                return b"".join(out)
            assert isinstance(frame, AudioFrame)
            out.append(bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES])


def at_rate(pcm: Pcm, rate: int) -> Pcm:
    """All of a sound at another rate."""
    resampler = Resampler(pcm.rate, rate)
    return Pcm(resampler.push(pcm.data) + resampler.flush(), rate)


def _graph(rate_in: int, rate_out: int) -> Graph:
    graph = Graph()
    # PyAV's own resampler starts a thread for each core, and every call and every answer has one of these.
    graph.threads = 1
    source = graph.add_abuffer(sample_rate=rate_in, format="s16", layout="mono", time_base=Fraction(1, rate_in))
    shape = graph.add("aformat", f"sample_fmts=s16:sample_rates={rate_out}:channel_layouts=mono")
    source.link_to(shape)
    shape.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph
