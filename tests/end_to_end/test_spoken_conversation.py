"""The product itself: real models behind a real socket, a spoken question in, a spoken answer out."""

import asyncio
from collections.abc import AsyncIterator

import jiwer
import numpy as np
import psutil
import pytest
import pytest_asyncio

from bench.phone.lossy_link import lossy_link
from models.registry import EngineChoice, build_engines
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import Engines, Listening, Speaking
from tests.support.gateway import Running, gateway
from tests.support.rtc_caller import RATE, calling
from tests.support.wire import Wire, dial
from voicegw.client.microphone import WIRE_RATE
from voicegw.client.realtime import RealtimeCaller
from voicegw.transports.resample import Resampler

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

LISTENING = {"transcription": {"model": "whisper", "language": "en"}}

plain = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.RemovePunctuation(),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfChars(),
    ]
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(model_store) -> AsyncIterator[Running]:
    engines = build_engines(EngineChoice(models_dir=model_store.root))
    async with gateway(engines) as running:
        yield running


@pytest.fixture
def engines(running: Running) -> Engines:
    found: Engines = running.app.state.gateway.engines
    return found


def resampled(pcm: Pcm, rate: int) -> Pcm:
    resampler = Resampler(pcm.rate, rate)
    return Pcm(resampler.push(pcm.data) + resampler.flush(), rate)


async def spoken(engines: Engines, text: str, *, speed: float, noise_db: float) -> Pcm:
    """`text` at another speed than the tutor's own, over white noise that much below the voice; 24 kHz."""
    parts = [spoken.pcm async for spoken in engines.synthesizer.stream(text, Speaking(speed=speed), caller="test")]
    voice = resampled(Pcm(b"".join(pcm.data for pcm in parts), parts[0].rate), WIRE_RATE)
    samples = np.frombuffer(voice.data, dtype="<i2").astype(np.float64)
    level = np.sqrt(np.mean(samples**2)) * 10 ** (-noise_db / 20)
    samples += np.random.default_rng(7).normal(0, level, samples.shape)
    return Pcm(np.clip(samples, -32768, 32767).astype("<i2").tobytes(), WIRE_RATE)


async def words_in(engines: Engines, pcm: Pcm) -> str:
    heard = await engines.recognizer.transcribe(resampled(pcm, HEARING_RATE), Listening("en"), caller="test")
    return heard.text


async def test_a_spoken_question_is_understood_and_the_answer_says_what_its_caption_says(running, engines):
    question = await spoken(engines, "Can you tell me what the capital of France is?", speed=0.9, noise_db=25)
    async with RealtimeCaller.connect(running.url) as caller:
        await caller.configure(language="en")
        (turn,) = await caller.say(question)
    assert turn.status == "completed"
    assert not turn.errors
    assert {"capital", "france"} <= set((turn.heard or "").lower().replace("?", "").replace(".", "").split())

    sound = np.frombuffer(turn.audio.data, dtype="<i2").astype(np.float64) / 32768
    assert turn.audio.seconds > 0.5
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) > -35  # decibels below full scale
    assert np.abs(sound).max() < 1.0  # nothing is clipped
    said = await words_in(engines, turn.audio)
    # By letters, not words: "France is Paris" and "Francis Paris" are the same sounds. A word alone is hard to tell.
    error = jiwer.cer(turn.reply, said, reference_transform=plain, hypothesis_transform=plain)
    assert error <= (0.2 if len(turn.reply.split()) > 2 else 0.5), (turn.reply, said)


async def test_the_same_over_webrtc_and_a_line_that_loses_packets(running, engines):
    question = await spoken(engines, "Can you tell me what the capital of France is?", speed=0.9, noise_db=25)
    http = running.http
    async with lossy_link(loss=0.05, jitter=0.06) as link, calling(http, link=link) as caller:
        caller.send({"type": "session.update", "session": {"type": "realtime", "audio": {"input": LISTENING}}})
        await caller.event("session.updated")
        caller.microphone.say(resampled(question, RATE).data)
        heard = await caller.event("conversation.item.input_audio_transcription.completed")
        reply = await caller.event("response.output_audio_transcript.done")
        await caller.event("output_audio_buffer.stopped")
        await caller.sound(loud=False)
        said = await words_in(engines, Pcm(bytes(caller.heard), HEARING_RATE))
    assert {"capital", "france"} <= set(heard["transcript"].lower().replace("?", "").replace(".", "").split())
    error = jiwer.cer(reply["transcript"], said, reference_transform=plain, hypothesis_transform=plain)
    assert error <= 0.3, (reply["transcript"], said)


async def test_two_callers_at_once_each_get_their_own_answer(running, engines):
    async def call(text: str) -> str:
        question = await spoken(engines, text, speed=1.0, noise_db=30)
        async with RealtimeCaller.connect(running.url) as caller:
            await caller.configure(instructions="Repeat what the user says, word for word.", language="en")
            turns = await caller.say(question)
        assert {turn.status for turn in turns} == {"completed"}
        return " ".join(turn.heard or "" for turn in turns).lower()

    apples, trains = await asyncio.gather(call("I like to eat red apples."), call("The train leaves at seven."))
    assert "apples" in apples
    assert "train" in trains


async def test_when_the_language_model_dies_the_caller_is_told_and_the_call_goes_on_after_its_restart(running, engines):
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say hello."}]}

    async def answer(wire: Wire) -> str:
        await wire.send({"type": "response.create", "response": {"max_output_tokens": 8}})
        status: str = (await wire.event("response.done"))["response"]["status"]
        return status

    async with dial(running.url) as wire:
        await wire.send({"type": "conversation.item.create", "item": message})
        assert await answer(wire) in ("completed", "incomplete")
        model = engines.chat.info.model
        (child,) = [child for child in psutil.Process().children() if model in " ".join(child.cmdline())]
        child.kill()
        async with asyncio.timeout(2):
            assert await answer(wire) == "failed"
        async with asyncio.timeout(60):
            while (status := await answer(wire)) == "failed":
                await asyncio.sleep(0.2)
        assert status in ("completed", "incomplete")
