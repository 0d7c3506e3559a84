"""What the bench says: prompts as sound, each a little different, and the same again with the same seed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.audio import Pcm
from pipeline.errors import OperatorError
from voicegw.client import wav
from voicegw.client.levels import samples_of, trimmed
from voicegw.client.microphone import WIRE_RATE

PROMPTS: Final = Path(__file__).parent / "prompts" / "en.txt"
_SPEEDS: Final = (0.9, 1.15)  # of the voice's own: an unhurried and a lively speaker
_PEAKS_DBFS: Final = (-9.0, -3.0)  # a microphone set with care, near and not so near
_ROOM_DBFS: Final = -55.0  # RMS of a quiet room; about 30 dB below speech
_ROOM_S: Final = 4.0
_RECORDINGS: Final = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")

Speak = Callable[[str, float], Awaitable[Pcm]]
"""Makes the sound of a text at a speed (1.0 is the voice's own), at any rate."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """text: the words in it, None when nobody wrote them down. audio: 24 kHz, from first to last speech sample."""

    name: str
    text: str | None
    audio: Pcm


def texts(path: Path = PROMPTS) -> list[str]:
    """The prompts in a text file: one a line, # begins a comment."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


async def spoken(lines: Sequence[str], speak: Speak, seed: int) -> list[Prompt]:
    """Each line spoken at its own speed and loudness."""
    rng = np.random.default_rng(seed)
    prompts = []
    for number, line in enumerate(lines):
        speed, peak = rng.uniform(*_SPEEDS), rng.uniform(*_PEAKS_DBFS)
        audio = wav.resampled(await speak(line, float(speed)), WIRE_RATE)
        prompts.append(_prompt(f"en.txt:{number + 1}", line, audio, float(peak)))
    return prompts


def recorded(folder: Path, seed: int) -> list[Prompt]:
    """Every recording in `folder`, by name; the words of `a.wav` are in `a.txt`, if there. Raises OperatorError."""
    if not folder.is_dir():
        raise OperatorError(f"There is no folder {folder}: give one with recordings.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _RECORDINGS)
    if not files:
        raise OperatorError(f"The folder {folder} holds no recordings ({', '.join(_RECORDINGS)}).")
    rng = np.random.default_rng(seed)
    prompts = []
    for path in files:
        script = path.with_suffix(".txt")
        text = script.read_text(encoding="utf-8").strip() if script.is_file() else None
        prompts.append(_prompt(path.name, text, wav.read(path), float(rng.uniform(*_PEAKS_DBFS))))
    return prompts


def room(seed: int) -> Pcm:
    """The sound of a quiet room for the microphone to pick up all the time: noise whose power falls as 1/f."""
    rng = np.random.default_rng(seed)
    count = int(_ROOM_S * WIRE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / WIRE_RATE)
    spectrum /= np.sqrt(np.maximum(frequency, 50.0))  # flat below 50 Hz, or the rumble would be all of it
    noise = np.fft.irfft(spectrum, count)
    noise *= 32768 * 10 ** (_ROOM_DBFS / 20) / np.sqrt(np.mean(noise**2))
    return Pcm(np.clip(np.rint(noise), -32768, 32767).astype("<i2").tobytes(), WIRE_RATE)


def _prompt(name: str, text: str | None, audio: Pcm, peak_dbfs: float) -> Prompt:
    """Trimmed, so that its last sample is the end of speech, and at its peak. Raises OperatorError if silent."""
    samples = samples_of(trimmed(audio)).astype(np.float64)
    if not len(samples):
        raise OperatorError(f"The prompt {name} is silent: leave it out or record it again.")
    samples *= 32767 * 10 ** (peak_dbfs / 20) / np.abs(samples).max()
    return Prompt(name, text, Pcm(np.rint(samples).astype("<i2").tobytes(), WIRE_RATE))
