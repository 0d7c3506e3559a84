"""Sounds that make Whisper invent words ("you", "Thank you for watching", "Subtitles by ...") give no text at all.

Without the checks the model hears words in nearly all of these: that is tested too, or the checks would have nothing
to do.
"""

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from bench.quality import noises
from bench.quality.sound import Floats, s16
from models import whisper_rules
from models.asr_whisper import WhisperRecognizer
from models.weights.files import ModelStore
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import Listening
from tests.support.speech import joined, noise, silence, tone

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "whisper-base"


def heard_as(sound: Floats, peak: float) -> Pcm:
    return Pcm(s16(sound / np.abs(sound).max() * peak), HEARING_RATE)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def breathing() -> Floats:
    """In or out every second and a half."""
    return np.concatenate([np.pad(breath, (0, HEARING_RATE)) for breath in (noises.breath(rng()) for _ in range(4))])


SOUNDS = {
    "nothing": silence(0.0),
    "blink": silence(0.2),
    "silence": silence(4.0),
    "long silence": silence(12.0),
    "hiss": noise(2.0, 0.005),
    "roar": noise(8.0, 0.2),
    "room": heard_as(noises.room(rng(), 3.0), 0.1),
    "hum": tone(3.0, 50),
    "tone": tone(2.0, 440),
    "claps": joined(noise(0.1, 0.3), silence(0.4), noise(0.1, 0.3), silence(0.4)),
    "music": heard_as(noises.music(rng(), 4.0), 0.3),
    "keyboard": heard_as(noises.keyboard(rng(), 4.0), 0.3),
    "breathing": heard_as(breathing(), 0.05),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
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
