"""The page and the real models: a spoken question into the microphone, a spoken answer out of the loudspeaker."""

import jiwer
import numpy as np
import pytest

from bench.phone.browser import ONLY, RATE, TRANSPORTS, phone, recording, sounding
from models.registry import EngineChoice, build_engines
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import Listening, Speaking
from tests.support.gateway import gateway
from voicegw.transports.resample import Resampler

pytestmark = pytest.mark.real

letters = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.RemovePunctuation(),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfChars(),
    ]
)


def resampled(pcm: Pcm, rate: int) -> Pcm:
    resampler = Resampler(pcm.rate, rate)
    return Pcm(resampler.push(pcm.data) + resampler.flush(), rate)


@pytest.mark.parametrize("over", TRANSPORTS)
async def test_a_question_is_understood_and_the_answer_sounds_as_its_caption_reads(over, tmp_path, model_store):
    engines = build_engines(EngineChoice(models_dir=model_store.root))
    async with gateway(engines) as running:
        question = "Can you tell me what the capital of France is?"
        voice = engines.synthesizer.stream(question, Speaking(speed=0.9), caller="test")
        parts = [spoken.pcm async for spoken in voice]
        spoken = resampled(Pcm(b"".join(pcm.data for pcm in parts), parts[0].rate), RATE)
        microphone = recording(tmp_path / "question.wav", [2.5, spoken])
        async with phone(running.http, microphone, script=ONLY[over]) as line:
            await line.call(over)
            await line.floor("tutor")
            heard = (await line.page.inner_text(".caption.you")).lower()
            assert {"capital", "france"} <= set(heard.replace("?", "").replace(".", "").split())
            await line.floor("none")
            caption = await line.caption()
            sound = await line.heard()
    loud = np.flatnonzero(sounding(sound))
    said = Pcm(sound.data[max(0, loud[0] - 10) * 960 : (loud[-1] + 10) * 960], RATE)
    understood = await _words(model_store, resampled(said, HEARING_RATE))
    # By letters, not words: "France is Paris" and "Francis Paris" are the same sounds. A word alone is hard to tell.
    error = jiwer.cer(caption, understood, reference_transform=letters, hypothesis_transform=letters)
    assert error <= (0.2 if len(caption.split()) > 2 else 0.5), (caption, understood)


async def _words(model_store, pcm: Pcm) -> str:
    """What another recognizer, which took no part in the call, understands."""
    recognizer = build_engines(EngineChoice(models_dir=model_store.root)).recognizer
    await recognizer.start()
    try:
        return (await recognizer.transcribe(pcm, Listening("en"), caller="test")).text
    finally:
        await recognizer.close()
