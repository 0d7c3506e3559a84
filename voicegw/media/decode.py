"""A recording of any kind, as the samples that engines hear."""

import io

import av
from av.error import FFmpegError

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.errors import CallerError

LONGEST_S = 1800
"""Half an hour: a small file can hold days of silence, and somebody has to listen to it."""


def decoded(recording: bytes) -> Pcm:
    """All of it, mixed down to mono at 16 kHz. Blocks, for about a hundredth of its length.

    Raises CallerError for what FFmpeg cannot read, what has no sound, and what is too long.
    """
    try:
        data = _samples(recording)
    except FFmpegError as error:
        raise CallerError(f"The file cannot be read as a recording: {error.strerror or error}.", param="file") from None
    if not data:
        raise CallerError("The file holds no sound.", param="file")
    return Pcm(data, HEARING_RATE)


def _samples(recording: bytes) -> bytes:
    limit = LONGEST_S * HEARING_RATE * SAMPLE_BYTES
    data = bytearray()
    # The source is what was sent and nothing else: a playlist must not make FFmpeg fetch files or addresses.
    with av.open(
        io.BytesIO(recording), "r", options={"protocol_whitelist": "", "format_whitelist": FORMATS}
    ) as container:
        if not container.streams.audio:
            raise CallerError("The file holds no audio stream.", param="file")
        resampler = av.AudioResampler("s16", "mono", HEARING_RATE)
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                data += bytes(piece.planes[0])[: piece.samples * SAMPLE_BYTES]
            if len(data) > limit:
                raise CallerError(f"The recording is longer than {LONGEST_S} seconds, the limit.", param="file")
        for piece in resampler.resample(None):
            data += bytes(piece.planes[0])[: piece.samples * SAMPLE_BYTES]
    return bytes(data)


FORMATS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,opus,w64,wav"
"""Containers of recordings; not those that only point to others."""
