"""A recording of any kind, as the samples that engines hear: piece by piece, for a small file can hold days."""

import io
from collections.abc import Generator
from contextlib import closing
from typing import BinaryIO

import av
from av.error import FFmpegError

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.errors import CallerError

LONGEST_S = 1800
"""Half an hour: a small file can hold days of silence, and somebody has to listen to it."""
LOWEST_RATE = 4000
"""Hz. Below the lowest that anybody records speech with; a sample of a file at 1 Hz would become sixteen thousand."""
BLOCK = HEARING_RATE * SAMPLE_BYTES * 4
"""Bytes of a piece, more or less: four seconds."""
FORMATS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,opus,w64,wav"
"""Containers of recordings; not those that only point to others."""


def blocks(recording: BinaryIO) -> Generator[Pcm, None, None]:
    """The recording in pieces, mixed down to mono at 16 kHz, `start` counted from its first sample.

    Each blocks for about a hundredth of its length. FFmpeg's threads end with the generator. Raises CallerError for
    what FFmpeg cannot read, what has no sound, and what is too long.
    """
    at, data = 0, bytearray()
    try:
        with closing(_pieces(recording)) as pieces:
            for piece in pieces:
                data += piece
                if len(data) >= BLOCK:
                    yield Pcm(bytes(data), HEARING_RATE, at)
                    at, data = at + len(data) // SAMPLE_BYTES, bytearray()
    except FFmpegError as error:
        raise CallerError(f"The file cannot be read as a recording: {error.strerror or error}.", param="file") from None
    if data:
        yield Pcm(bytes(data), HEARING_RATE, at)
    elif not at:
        raise CallerError("The file holds no sound.", param="file")


def decoded(recording: bytes) -> Pcm:
    """All of it at once; for what is known to be short."""
    return Pcm(b"".join(block.data for block in blocks(io.BytesIO(recording))), HEARING_RATE)


def _pieces(recording: BinaryIO) -> Generator[bytes, None, None]:
    too_long = CallerError(f"The recording is longer than {LONGEST_S} seconds, the limit.", param="file")
    # The source is what was sent and nothing else: a playlist must not make FFmpeg fetch files or addresses.
    with av.open(recording, "r", options={"protocol_whitelist": "", "format_whitelist": FORMATS}) as container:
        if not container.streams.audio:
            raise CallerError("The file holds no audio stream.", param="file")
        codec = container.streams.audio[0].codec_context
        if codec is None:  # a damaged head can name a codec that there is not
            raise CallerError("The file cannot be read: its codec is unknown.", param="file")
        codec.thread_count = 1  # none of its own for every request
        resampler = av.AudioResampler("s16", "mono", HEARING_RATE)
        seconds = 0.0
        for frame in container.decode(container.streams.audio[0]):
            if frame.sample_rate < LOWEST_RATE:
                raise CallerError(
                    f"The recording has {frame.sample_rate} samples a second; it takes at least {LOWEST_RATE}.",
                    param="file",
                )
            seconds += frame.samples / frame.sample_rate
            if seconds > LONGEST_S:  # before it is made larger: a frame can be as long as the file
                raise too_long
            for piece in resampler.resample(frame):
                yield _samples(piece)
        for piece in resampler.resample(None):
            yield _samples(piece)


def _samples(frame: av.AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]
