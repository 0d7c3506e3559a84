"""Recordings: any file that FFmpeg reads, as samples of the wire; and WAV files written."""

import io
import itertools
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np

from pipeline.audio import SAMPLE_BYTES, Pcm
from pipeline.errors import OperatorError
from voicegw.client.microphone import WIRE_RATE
from voicegw.client.output import unwritable

LONGEST_S: Final = 600
"""Seconds of a recording that are read; it is held in memory, so a longer one is refused."""


def read(path: Path) -> Pcm:
    """The recording in `path` (WAV, FLAC, MP3, Ogg, M4A, …), mixed down to mono at 24 kHz.

    Raises OperatorError when there is no such file, or no sound in it, or more than ten minutes of it.
    """
    if not path.is_file():
        raise OperatorError(f"There is no file {path}: give the path of a recording.")
    try:
        with av.open(path) as container:
            if not container.streams.audio:
                raise OperatorError(f"{path} holds no audio stream: give a recording (WAV, FLAC, MP3, Ogg, …).")
            data = _collected(path, _resampled(container.decode(container.streams.audio[0]), WIRE_RATE))
    except av.FFmpegError as error:
        raise OperatorError(f"{path} cannot be read as a recording: {error.strerror or error}.") from error
    if not data:
        raise OperatorError(f"{path} holds no sound at all: record it again.")
    return Pcm(data, WIRE_RATE)


def encoded(pcm: Pcm) -> bytes:
    """`pcm` as a 16-bit mono WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(pcm.rate)
        file.writeframes(pcm.data)
    return out.getvalue()


def write(path: Path, pcm: Pcm) -> None:
    """Write `pcm` to a WAV file. Raises OperatorError when the file cannot be written."""
    try:
        path.write_bytes(encoded(pcm))
    except OSError as error:
        raise unwritable(path, error) from error


def resampled(pcm: Pcm, rate: int) -> Pcm:
    """The same sound at another rate (FFmpeg's resampler, from start to end in one go)."""
    if pcm.rate == rate or not pcm.samples:
        return Pcm(pcm.data, rate)
    frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm.data, dtype="<i2")[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = pcm.rate
    return Pcm(b"".join(_resampled([frame], rate)), rate)


def _resampled(frames: Iterable[av.AudioFrame], rate: int) -> Iterator[bytes]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    for frame in itertools.chain(frames, [None]):  # None makes it give its remainder
        for piece in resampler.resample(frame):
            yield piece.to_ndarray().astype("<i2").tobytes()


def _collected(path: Path, pieces: Iterable[bytes]) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > LONGEST_S * WIRE_RATE * SAMPLE_BYTES:
            raise OperatorError(f"{path} is longer than {LONGEST_S // 60} minutes: cut it.")
    return bytes(data)
