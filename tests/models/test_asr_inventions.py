"""Sounds that make Whisper invent words ("you", "Thank you for watching", "Subtitles by ...") give no text at all.

Without the checks the model hears words in nearly all of these: that is tested too, or the checks would have nothing
to do.
"""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from models import whisper_rules
from models.asr_whisper import WhisperRecognizer
from models.weights.files import ModelStore
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import Listening
from tests.support.speech import joined, noise, silence, tone

MODEL = "whisper-base"


def sound(samples: NDArray[np.float64], peak: float) -> Pcm:
    return Pcm((samples / np.abs(samples).max() * peak * 32767).astype("<i2").tobytes(), HEARING_RATE)


def times(seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * HEARING_RATE)) / HEARING_RATE


def pink(seconds: float, seed: int = 1) -> NDArray[np.float64]:
    """Noise whose power falls as 1/f."""
    white = np.fft.rfft(np.random.default_rng(seed).normal(size=len(times(seconds))))
    return np.fft.irfft(white / np.sqrt(np.maximum(1.0, np.arange(len(white)))), len(times(seconds)))


def breathing(seconds: float) -> Pcm:
    """In and out every three seconds."""
    return sound(pink(seconds) * np.sin(2 * np.pi * times(seconds) / 3) ** 2, 0.05)


def keyboard(seconds: float) -> Pcm:
    """Six clicks a second, each a burst of noise that dies away in ten milliseconds."""
    rng = np.random.default_rng(2)
    clicks = np.zeros(len(times(seconds)))
    for start in rng.integers(0, len(clicks) - 800, int(6 * seconds)):
        clicks[start : start + 800] += rng.normal(size=800) * np.exp(-np.arange(800) / 160) * rng.uniform(0.3, 1)
    return sound(clicks, 0.3)


def music(seconds: float) -> Pcm:
    """Chords of plucked strings with overtones, a new one every half second."""
    chords = ((220.0, 277.2, 329.6), (246.9, 293.7, 370.0), (196.0, 246.9, 293.7), (174.6, 220.0, 261.6))
    at = times(seconds)
    played = np.zeros(len(at))
    for number in range(int(2 * seconds)):
        since = at - number / 2
        for root in chords[number % len(chords)]:
            strings = sum(np.sin(2 * np.pi * root * part * since) / part for part in (1, 2, 3, 4))
            played += np.where(since >= 0, strings * np.exp(-3 * np.maximum(since, 0)), 0)
    return sound(played, 0.3)


SOUNDS = {
    "nothing": silence(0.0),
    "blink": silence(0.2),
    "silence": silence(4.0),
    "long silence": silence(12.0),
    "hiss": noise(2.0, 0.005),
    "roar": noise(8.0, 0.2),
    "pink noise": sound(pink(3.0), 0.1),
    "hum": tone(3.0, 50),
    "tone": tone(2.0, 440),
    "claps": joined(noise(0.1, 0.3), silence(0.4), noise(0.1, 0.3), silence(0.4)),
    "music": music(4.0),
    "keyboard": keyboard(4.0),
    "breathing": breathing(6.0),
}


@pytest.fixture
async def recognizer(model_store: ModelStore) -> AsyncIterator[WhisperRecognizer]:
    engine = WhisperRecognizer(model_store.folder(MODEL))
    await engine.start()
    yield engine
    await engine.close()


@pytest.mark.real
@pytest.mark.parametrize("how", [Listening("en", "Kathryn"), Listening()], ids=["English", "any language"])
async def test_what_is_not_speech_gives_no_text(recognizer: WhisperRecognizer, how: Listening) -> None:
    heard = {name: await recognizer.transcribe(audio, how, caller="anna") for name, audio in SOUNDS.items()}
    assert {name: transcript.text for name, transcript in heard.items() if transcript.text} == {}
    assert {transcript.logprob for transcript in heard.values()} == {0.0}


@pytest.mark.real
async def test_without_the_checks_words_would_be_made_up(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper_rules, "is_speech", lambda _no_speech, _logprob: True)
    heard = [await recognizer.transcribe(audio, Listening("en"), caller="anna") for audio in SOUNDS.values()]
    assert sum(bool(transcript.text) for transcript in heard) > len(SOUNDS) / 2
