"""Sound in the format that a client asked for."""

from pipeline.audio import Pcm
from voicegw.protocol.formats import AudioFormat
from voicegw.transports.resample import Resampler


class Encoder:
    """At the wire's rate, in the wire's format."""

    def __init__(self, wire: AudioFormat, rate: int) -> None:
        self._wire = wire
        self._resampler = Resampler(rate, wire.rate)

    def encode(self, pcm: Pcm) -> bytes:
        return self._wire.encode(self._resampler.push(pcm.data))

    def flush(self) -> bytes:
        """The last samples; the encoder is not used again."""
        return self._wire.encode(self._resampler.flush())


def encoder(wire: AudioFormat, rate: int) -> Encoder:
    """An encoder for one answer. rate: Hz of the sound it will be given."""
    return Encoder(wire, rate)
