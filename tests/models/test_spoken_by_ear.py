"""Written text through the real voices to a real recognizer: what is heard is what people say."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from models.asr_whisper import WhisperRecognizer
from models.tts_espeak import EspeakSynthesizer
from models.tts_piper import PiperSynthesizer
from models.voices import Voices
from models.weights.files import ModelStore
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import Listening, Speaking
from tests.support.speech import VOICE, at_hearing_rate, silence

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def voices(model_store: ModelStore) -> AsyncIterator[Voices]:
    engine = Voices(PiperSynthesizer({"joe": model_store.folder(VOICE)}), EspeakSynthesizer())
    await engine.start()
    yield engine
    await engine.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recognizer(model_store: ModelStore) -> AsyncIterator[WhisperRecognizer]:
    engine = WhisperRecognizer(model_store.folder("whisper-base"), partial_deadline_s=30)
    await engine.start()
    yield engine
    await engine.close()


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("The ticket to London costs $500 today.", r"\$ ?500|five hundred dollars"),
        ("My grandfather was born after World War II.", r"world war (two|ii|2)"),
        ("The car was driving at 90 km/h.", r"(90|ninety) ?(km|kilomet)"),
        ("The Russian word for hello is привет, she said.", r"hello is .{0,20}she said"),
    ],
)
async def test_what_is_written_is_heard_as_people_say_it(
    voices: Voices, recognizer: WhisperRecognizer, text: str, heard: str
) -> None:
    parts = [part async for part in voices.stream(text, Speaking(), caller="anna")]
    assert "".join(word.text for part in parts for word in part.words or ()) == text
    sound = at_hearing_rate(b"".join(part.pcm.data for part in parts), parts[0].pcm.rate)
    pause = silence(0.4).data
    told = await recognizer.transcribe(Pcm(pause + sound + pause, HEARING_RATE), Listening("en"), caller="anna")
    assert re.search(heard, told.text.lower()), told.text
    assert "letter" not in told.text.lower()
