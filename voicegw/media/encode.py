"""An answer's sound as a stream in a format that players know."""

import struct
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import av
from av.audio.resampler import AudioResampler

from pipeline.audio import SAMPLE_BYTES, Pcm

Format: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
RAW_RATE = 24_000
"""Of pcm and wav, as the OpenAI API has it."""


class SoundStream(Protocol):
    """Pieces of one sound in, bytes of its file out."""

    def push(self, pcm: Pcm) -> bytes: ...

    def finish(self) -> bytes:
        """The end of the file."""


@dataclass(frozen=True, slots=True)
class Kind:
    """media_type: for the HTTP header. container, codec: FFmpeg's names. rate: Hz, None for the voice's own.

    options: of the container. bits: for a second; 0 leaves it to the codec.
    """

    media_type: str
    container: str
    codec: str
    sample_format: str
    rate: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    bits: int = 0


KINDS: dict[str, Kind] = {
    "mp3": Kind("audio/mpeg", "mp3", "libmp3lame", "s16p"),
    # A page of Ogg holds a second unless told otherwise, and leaves when it is full.
    "opus": Kind("audio/ogg", "ogg", "libopus", "s16", 48_000, {"page_duration": "100000"}, 48_000),
    "aac": Kind("audio/aac", "adts", "aac", "fltp"),
    "flac": Kind("audio/flac", "flac", "flac", "s16"),
}
MEDIA_TYPES = {name: kind.media_type for name, kind in KINDS.items()} | {"wav": "audio/wav", "pcm": "audio/pcm"}


def sound_stream(wanted: Format) -> SoundStream:
    if wanted in {"pcm", "wav"}:
        return _Raw(header=_wav_header(RAW_RATE) if wanted == "wav" else b"")
    return _Coded(KINDS[wanted])


class _Raw:
    """16-bit little-endian mono samples, behind a header if there is one."""

    def __init__(self, header: bytes) -> None:
        self._pending = header
        self._resampler = AudioResampler("s16", "mono", RAW_RATE)

    def push(self, pcm: Pcm) -> bytes:
        out, self._pending = self._pending, b""
        return out + _joined(self._resampler.resample(_frame(pcm)))

    def finish(self) -> bytes:
        out, self._pending = self._pending, b""
        return out + _joined(self._resampler.resample(None))


class _Coded:
    """What FFmpeg writes. The file is made as a stream: no length in front, nothing to go back to."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._written = _Written()
        self._container = av.open(self._written, "w", format=kind.container, options=kind.options)
        self._stream: av.AudioStream | None = None
        self._resampler: AudioResampler | None = None

    def push(self, pcm: Pcm) -> bytes:
        if self._stream is None or self._resampler is None:
            rate = self._kind.rate or pcm.rate
            stream = self._container.add_stream(self._kind.codec, rate=rate)
            assert isinstance(stream, av.AudioStream)
            stream.layout, stream.format = "mono", self._kind.sample_format
            stream.codec_context.thread_count = 1  # none of its own for every request
            if self._kind.bits:
                stream.bit_rate = self._kind.bits
            self._stream = stream
            self._resampler = AudioResampler(
                self._kind.sample_format, "mono", rate, frame_size=stream.codec_context.frame_size or None
            )
        self._encode(self._resampler, self._stream, _frame(pcm))
        return self._written.taken()

    def finish(self) -> bytes:
        if self._stream is not None and self._resampler is not None:
            self._encode(self._resampler, self._stream, None)
            self._container.mux(self._stream.encode(None))
            self._container.close()
        return self._written.taken()

    def _encode(self, resampler: AudioResampler, stream: av.AudioStream, frame: av.AudioFrame | None) -> None:
        for piece in resampler.resample(frame):
            self._container.mux(stream.encode(piece))


class _Written:
    """Where FFmpeg writes to."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def taken(self) -> bytes:
        taken, self._data = bytes(self._data), bytearray()
        return taken


def _frame(pcm: Pcm) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="mono", samples=pcm.samples)
    frame.sample_rate = pcm.rate
    frame.planes[0].update(pcm.data)
    return frame


def _joined(frames: list[av.AudioFrame]) -> bytes:
    return b"".join(bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES] for frame in frames)


def _wav_header(rate: int) -> bytes:
    """Of a file whose length nobody knows yet: the greatest that the field can say, which players take for that."""
    unknown = 0xFFFF_FFFF
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 16)
    return (
        b"RIFF" + struct.pack("<I", unknown) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
        + b"data" + struct.pack("<I", unknown)
    )  # fmt: skip
