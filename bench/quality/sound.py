"""Sound as the corpus is made of it: float32, mono, 16 kHz, full scale at 1.0."""

import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt

from pipeline.audio import HEARING_RATE, Pcm
from pipeline.errors import OperatorError
from voicegw.client import wav

Floats: TypeAlias = npt.NDArray[np.float32]
RATE = HEARING_RATE


def from_s16(data: bytes) -> Floats:
    return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(32768)


def s16(sound: Floats) -> bytes:
    """Signed 16-bit little-endian samples; what exceeds full scale is cut off."""
    return (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def resampled(sound: Floats, rate: int, to: int = RATE) -> Floats:
    return from_s16(wav.resampled(Pcm(s16(sound), rate), to).data)


def silence(seconds: float) -> Floats:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def rms(sound: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if sound.size else 0.0


def decibels(value: float) -> float:
    """As a factor."""
    return float(10 ** (value / 20))


def slowed(sound: Floats, factor: float) -> Floats:
    """The same voice at the same pitch, `factor` times as long (1 to 2): FFmpeg's `atempo`."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="mono", time_base=Fraction(1, RATE))
    tempo, sink = graph.add("atempo", str(1 / factor)), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(sound[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = RATE
    graph.push(frame)
    graph.push(None)
    return np.concatenate(list(_pulled(graph)))


def _pulled(graph: av.filter.Graph) -> Iterator[Floats]:
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame.to_ndarray()[0]


def at_level(sound: Floats, dbfs: float) -> Floats:
    """Scaled so that its root mean square is `dbfs` decibels of full scale."""
    level = rms(sound)
    return (sound * np.float32(decibels(dbfs) / level)).astype(np.float32) if level else sound


def faded(sound: Floats, seconds: float = 0.008) -> Floats:
    """Both ends go to zero within `seconds`, so that a cut does not click."""
    count = min(round(seconds * RATE), len(sound) // 2)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    shaped = sound.copy()
    shaped[:count] *= ramp
    shaped[len(shaped) - count :] *= ramp[::-1]
    return shaped


def bounds(sound: Floats, share: float = 0.02) -> tuple[int, int]:
    """First and one past the last sample that reaches `share` of the peak: where speech is, by level.

    The rule of `voicegw.client.levels`, which the turn benchmark measures by.
    """
    loud = np.flatnonzero(np.abs(sound) >= share * np.abs(sound).max()) if sound.size else np.array([], dtype=int)
    return (int(loud[0]), int(loud[-1]) + 1) if loud.size else (0, 0)


def added(base: Floats, sound: Floats, at: int) -> None:
    """Mix `sound` into `base`, in place, from this sample on; what does not fit is left out."""
    part = sound[: max(0, len(base) - at)]
    base[at : at + len(part)] += part


def write(path: Path, sound: Floats) -> None:
    wav.write(path, Pcm(s16(sound), RATE))


def read(path: Path) -> Pcm:
    """The recording at 16 kHz, mono; any format that FFmpeg reads. Raises OperatorError."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE):
                return Pcm(file.readframes(file.getnframes()), RATE)
    except (OSError, wave.Error, EOFError) as error:
        if not path.is_file():
            raise OperatorError(f"There is no recording {path}: correct the name in its label.") from error
    return wav.resampled(wav.read(path), RATE)
