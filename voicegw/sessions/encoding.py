"""Sound in the format that a client asked for."""

from pipeline.audio import Pcm
from voicegw.protocol.wire import AudioFormat
from voicegw.transports.resample import Resampler


class PcmEncoder:
    """16-bit little-endian samples at the wire's rate."""

    def __init__(self, wire_rate: int, rate: int) -> None:
        self._resampler = Resampler(rate, wire_rate)

    def encode(self, pcm: Pcm) -> bytes:
        return self._resampler.push(pcm.data)

    def flush(self) -> bytes:
        """The last samples; the encoder is not used again."""
        return self._resampler.flush()


def encoder(wire: AudioFormat, rate: int) -> PcmEncoder:
    """An encoder for one answer. rate: Hz of the sound it will be given."""
    return PcmEncoder(wire.rate, rate)
