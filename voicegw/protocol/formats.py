"""How sound is written on the wire. Inside, everything is 16-bit little-endian mono."""

from typing import Literal, TypeAlias

from pipeline.audio import SAMPLE_BYTES
from pipeline.errors import CallerError
from voicegw.protocol.g711 import a_law, mu_law
from voicegw.protocol.wire import Wire


class PcmFormat(Wire, frozen=True, tag_field="type", tag="audio/pcm"):
    """Signed 16-bit little-endian mono at 24 kHz, the only rate the protocol knows for it."""

    rate: Literal[24000] = 24000

    @property
    def words(self) -> str:
        return "signed 16-bit little-endian mono at 24000 Hz"

    @property
    def bytes_per_ms(self) -> int:
        return self.rate * SAMPLE_BYTES // 1000

    def decode(self, audio: bytes) -> bytes:
        """Raises CallerError for half a sample."""
        if len(audio) % SAMPLE_BYTES:
            raise CallerError(
                f"'audio' holds {len(audio)} bytes; 16-bit samples need an even number of them.", param="audio"
            )
        return audio

    def encode(self, pcm: bytes) -> bytes:
        return pcm


class PcmuFormat(Wire, frozen=True, tag_field="type", tag="audio/pcmu"):
    """G.711 µ-law, a byte for a sample, 8 kHz."""

    @property
    def words(self) -> str:
        return "G.711 µ-law at 8000 Hz"

    @property
    def rate(self) -> int:
        return 8000

    @property
    def bytes_per_ms(self) -> int:
        return 8

    def decode(self, audio: bytes) -> bytes:
        return mu_law().decode(audio)

    def encode(self, pcm: bytes) -> bytes:
        return mu_law().encode(pcm)


class PcmaFormat(Wire, frozen=True, tag_field="type", tag="audio/pcma"):
    """G.711 A-law, a byte for a sample, 8 kHz."""

    @property
    def words(self) -> str:
        return "G.711 A-law at 8000 Hz"

    @property
    def rate(self) -> int:
        return 8000

    @property
    def bytes_per_ms(self) -> int:
        return 8

    def decode(self, audio: bytes) -> bytes:
        return a_law().decode(audio)

    def encode(self, pcm: bytes) -> bytes:
        return a_law().encode(pcm)


AudioFormat: TypeAlias = PcmFormat | PcmuFormat | PcmaFormat
