"""The sound of one answer, in the session's format and in short pieces."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from pipeline.audio import Pcm
from voicegw.protocol.formats import AudioFormat

DELTA_MS = 200
"""Longest audio in one delta: far below the 1 MiB at which the strictest client closes the connection."""


class AudioEncoder(Protocol):
    """Turns one answer's audio into the session's output format; keeps what its resampler still holds back."""

    def encode(self, pcm: Pcm) -> bytes: ...

    def flush(self) -> bytes:
        """What was held back. The encoder is not used again."""


EncoderFactory: TypeAlias = Callable[[AudioFormat, int], AudioEncoder]
"""Called with the output format and the rate in Hz of the audio to come."""


class SoundTeller:
    """Counts the sound, and writes it."""

    def __init__(self, wire: AudioFormat, encoder: EncoderFactory) -> None:
        self.seconds = 0.0
        self._format = wire
        self._new_encoder = encoder
        self._encoder: AudioEncoder | None = None

    def pieces(self, pcm: Pcm) -> Iterator[bytes]:
        self.seconds += pcm.seconds
        if self._encoder is None:
            self._encoder = self._new_encoder(self._format, pcm.rate)
        yield from self._cut(self._encoder.encode(pcm))

    def rest(self) -> Iterator[bytes]:
        """What the encoder still holds."""
        if self._encoder is not None:
            yield from self._cut(self._encoder.flush())

    def _cut(self, data: bytes) -> Iterator[bytes]:
        size = self._format.bytes_per_ms * DELTA_MS
        for start in range(0, len(data), size):
            yield data[start : start + size]
