"""Speech for tests that listen: made by the real default voice, at the rate that engines hear."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from models.tts_piper_voice import PiperSpeaker, describe
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm

VOICE = "piper-en_US-joe-medium"


class Speaker:
    """Says sentences once and remembers them."""

    def __init__(self, voice_folder: Path) -> None:
        self._speaker = PiperSpeaker(describe("joe", voice_folder), threads=2)
        self.say = lru_cache(maxsize=64)(self._say)

    def _say(self, text: str, speed: float = 1.0) -> Pcm:
        """`text` at 16 kHz with 0.3 s of silence on both sides."""
        parts = [spoken.pcm for spoken in self._speaker.speak(text, speed)]
        sound = at_hearing_rate(b"".join(part.data for part in parts), parts[0].rate)
        pause = silence(0.3).data
        return Pcm(pause + sound + pause, HEARING_RATE)


def at_hearing_rate(data: bytes, rate: int) -> bytes:
    import av

    frame = av.AudioFrame.from_ndarray(np.frombuffer(data, dtype="<i2").reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=HEARING_RATE)
    return b"".join(out.to_ndarray().tobytes() for given in (frame, None) for out in resampler.resample(given))


def silence(seconds: float) -> Pcm:
    return Pcm(bytes(int(seconds * HEARING_RATE) * SAMPLE_BYTES), HEARING_RATE)


def noise(seconds: float, level: float, seed: int = 1) -> Pcm:
    """White noise; level: root mean square in units of full scale."""
    samples = np.random.default_rng(seed).normal(0, level * 32768, int(seconds * HEARING_RATE))
    return Pcm(samples.clip(-32768, 32767).astype("<i2").tobytes(), HEARING_RATE)


def tone(seconds: float, hertz: float, level: float = 0.1) -> Pcm:
    samples = level * 32767 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * HEARING_RATE)) / HEARING_RATE)
    return Pcm(samples.astype("<i2").tobytes(), HEARING_RATE)


def joined(*parts: Pcm) -> Pcm:
    return Pcm(b"".join(part.data for part in parts), parts[0].rate)


def mixed(one: Pcm, other: Pcm) -> Pcm:
    """Both at once, as long as the first."""
    a, b = (np.frombuffer(pcm.data, dtype="<i2").astype(np.int32) for pcm in (one, other))
    return Pcm((a + np.resize(b, a.shape)).clip(-32768, 32767).astype("<i2").tobytes(), one.rate)
