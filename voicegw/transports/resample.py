"""Change of sample rate, stateful, so that a stream can be cut anywhere without a click."""

from av import AudioFrame, AudioResampler

from pipeline.audio import SAMPLE_BYTES


class Resampler:
    """16-bit mono samples at one rate in, at another out. FFmpeg's resampler; about 1 ms of delay."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._rate_in = rate_in
        self._resampler = AudioResampler("s16", "mono", rate_out) if rate_in != rate_out else None

    def push(self, data: bytes) -> bytes:
        """The samples that became ready; a few are kept until the next push."""
        if self._resampler is None or not data:
            return data
        frame = AudioFrame(format="s16", layout="mono", samples=len(data) // SAMPLE_BYTES)
        frame.sample_rate = self._rate_in
        frame.planes[0].update(data)
        return b"".join(_samples(out) for out in self._resampler.resample(frame))

    def flush(self) -> bytes:
        """The samples that were kept; the stream has ended."""
        if self._resampler is None:
            return b""
        return b"".join(_samples(out) for out in self._resampler.resample(None))


def _samples(frame: AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]
