"""The caller's audio, addressed by sample."""

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm, Span
from pipeline.errors import CallerError


class InputBuffer:
    """A window on the 16 kHz input stream: grows at the end, is forgotten at the front."""

    def __init__(self, limit_s: float) -> None:
        """limit_s: most seconds held; more is refused, so that a client that never commits cannot fill the memory."""
        self._data = bytearray()
        self._start = 0
        self._limit_s = limit_s

    @property
    def end(self) -> int:
        """Samples received so far."""
        return self._start + len(self._data) // SAMPLE_BYTES

    def check(self, seconds: float) -> None:
        """Raises CallerError when there is no room for so much more."""
        if len(self._data) / SAMPLE_BYTES + seconds * HEARING_RATE > self._limit_s * HEARING_RATE:
            raise CallerError(
                f"The input audio buffer holds its limit of {self._limit_s:.0f} seconds; commit or clear it.",
                code="input_audio_buffer_full",
                param="audio",
            )

    def append(self, data: bytes) -> Pcm:
        """Take 16 kHz samples in and return them with their place in the stream. Raises CallerError at the limit."""
        pcm = Pcm(data, HEARING_RATE, self.end)
        self.check(pcm.seconds)
        self._data += data
        return pcm

    def read(self, span: Span) -> Pcm:
        """The part of `span` that is still held."""
        start = max(span.start, self._start)
        data = self._data[(start - self._start) * SAMPLE_BYTES : (span.end - self._start) * SAMPLE_BYTES]
        return Pcm(bytes(data), HEARING_RATE, start)

    def forget(self, before: int) -> None:
        """Audio before this sample is no longer needed."""
        # Moving the rest down costs its length, so it is done by the second rather than by the window.
        if before - self._start >= HEARING_RATE:
            del self._data[: (before - self._start) * SAMPLE_BYTES]
            self._start = before
