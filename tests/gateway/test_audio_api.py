"""/v1/audio as clients call it: every field, streams, translations. Answers fit the types of OpenAI's library."""

import base64
import json
import threading
from typing import Any

import httpx2
import openai
import pytest
from openai import BaseModel
from openai.types.audio import (
    Transcription,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
    TranslationVerbose,
)

from models.scripted import ScriptedRecognizer, ScriptedSynthesizer
from pipeline.audio import Pcm
from pipeline.engines import Spoken
from pipeline.errors import EngineOverloaded
from tests.gateway.test_http import TimedRecognizer, client, speaking, upload
from tests.support.gateway import gateway, scripted
from voicegw.http import speech
from voicegw.media.decode import decoded
from voicegw.media.encode import Format, SoundStream, sound_stream
from voicegw.media.languages import code_of, name_of

FIELDS: Any = {
    "chunking_strategy": {"type": "server_vad", "threshold": 0.5},
    "temperature": 0.2,
    "prompt": "Names:",
    "extra_body": {"known_speaker_names": ["agent"], "keywords": ["Eva"], "languages": ["en"], "colour": "red"},
}
"""Everything that may come besides; the last is what no API knows."""


def strictly(answer: BaseModel) -> None:
    """It is as its type says, and has nothing else."""
    assert type(answer).model_validate_json(answer.model_dump_json(), strict=True) == answer


async def events(answer: httpx2.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [json.loads(line.removeprefix("data: ")) async for line in answer.aiter_lines() if line.startswith("data: ")]


# --- transcriptions ------------------------------------------------------------------------------------------------


async def test_every_field_that_a_client_may_send_is_taken():
    recognizer = TimedRecognizer(["hello there", "and you"])
    async with gateway(scripted(recognizer=recognizer)) as running, client(running) as api:
        plain = await api.audio.transcriptions.create(
            model="gpt-4o-transcribe", file=upload(speaking()), include=["logprobs"], **FIELDS
        )
        assert isinstance(plain, Transcription)
        strictly(plain)
        assert plain.text == "hello there and you"
        assert [one.token for one in plain.logprobs or []] == ["hello", "there", "and", "you"]
        assert (recognizer.heard[-1].how.language, recognizer.heard[-1].how.prompt) == ("en", "Names:\nEva")
        verbose = await api.audio.transcriptions.create(
            model="whisper-1",
            file=upload(speaking()),
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
            **FIELDS,
        )
        assert isinstance(verbose, TranscriptionVerbose)
        strictly(verbose)
        assert verbose.model_extra == {"task": "transcribe"}
        [first, _] = verbose.segments or []
        assert set(first.model_fields_set) == set(type(first).model_fields)
        assert first.temperature == 0.2
        assert first.compression_ratio == pytest.approx(11 / 19, abs=0.001)


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({}, None),
        ({"language": "de"}, "de"),
        ({"language": "de-AT"}, "de"),
        ({"language": "German"}, "de"),
        ({"languages[]": ["de"]}, "de"),
        ({"languages[]": ["de", "en"]}, None),
        ({"language": "", "languages": ["fr"]}, "fr"),
    ],
)
async def test_the_language_may_be_said_in_many_ways(fields, language):
    recognizer = ScriptedRecognizer(["hello"])
    async with gateway(scripted(recognizer=recognizer)) as running, httpx2.AsyncClient(base_url=running.http) as plain:
        answer = await plain.post("/v1/audio/transcriptions", data=fields, files={"file": upload(speaking())})
        assert answer.status_code == 200, answer.text
        assert recognizer.heard[-1].how.language == language


async def test_a_speaker_cannot_be_told_and_the_answer_says_so():
    async with gateway() as running, client(running) as api:
        with pytest.raises(openai.BadRequestError) as caught:
            await api.audio.transcriptions.create(
                model="gpt-4o-transcribe-diarize", file=upload(speaking()), response_format="diarized_json"
            )
        assert (caught.value.param, caught.value.code) == ("response_format", "unsupported_value")


@pytest.mark.parametrize("include", [[], ["logprobs"]])
async def test_a_transcription_may_be_told_piece_by_piece(include):
    recognizer = TimedRecognizer(["hello there", "and you"])
    async with gateway(scripted(recognizer=recognizer)) as running, client(running) as api:
        stream = await api.audio.transcriptions.create(
            model="gpt-4o-mini-transcribe", file=upload(speaking()), stream=True, include=include
        )
        told: list[Any] = [event async for event in stream]
        *deltas, done = told
        for delta in deltas:
            assert isinstance(delta, TranscriptionTextDeltaEvent)
            strictly(delta)
        assert isinstance(done, TranscriptionTextDoneEvent)
        strictly(done)
        assert [delta.delta for delta in deltas] == ["hello there", " and you"]
        assert "".join(delta.delta for delta in deltas) == done.text
        assert done.usage is not None
        assert (done.usage.input_tokens, done.usage.output_tokens) == (50, 4)
        assert bool(done.logprobs) == bool(deltas[0].logprobs) == bool(include)
        assert gateway_is_free(running)


async def test_a_stream_of_silence_has_only_its_end_and_one_that_fails_says_so():
    async with gateway(scripted(recognizer=ScriptedRecognizer([""]))) as running, client(running) as api:
        stream = await api.audio.transcriptions.create(model="m", file=upload(speaking()), stream=True)
        [only] = [event async for event in stream]
        assert isinstance(only, TranscriptionTextDoneEvent)
        assert only.text == ""
        with pytest.raises(openai.BadRequestError):
            await api.audio.transcriptions.create(model="m", file=upload(b"no sound"), stream=True)
        assert gateway_is_free(running)

    class Tired(ScriptedRecognizer):
        async def transcribe(self, audio, how, **options):
            if self.heard:
                raise EngineOverloaded("There is no time.")
            return await super().transcribe(audio, how, **options)

    tired = Tired(["hello"])
    async with gateway(scripted(recognizer=tired)) as running, client(running) as api:
        tired.heard.clear()
        stream = await api.audio.transcriptions.create(model="m", file=upload(speaking()), stream=True)
        with pytest.raises(openai.APIError, match="too much to do"):
            [event async for event in stream]
        assert gateway_is_free(running)


def gateway_is_free(running) -> bool:
    desk = running.app.state.gateway.transcribing
    return (desk._taken_in, desk._places._value) == (0, desk._jobs)


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # OpenAI's own server will lose it
async def test_what_is_said_is_translated_into_english_in_every_format():
    recognizer = TimedRecognizer(["good day", "to you"])
    async with gateway(scripted(recognizer=recognizer)) as running, client(running) as api:
        assert (
            await api.audio.translations.create(model="whisper-1", file=upload(speaking()))
        ).text == "good day to you"
        assert recognizer.heard[-1].how.into_english
        verbose = await api.audio.translations.create(
            model="whisper-1", file=upload(speaking()), response_format="verbose_json", prompt="Names:", temperature=0
        )
        assert isinstance(verbose, TranslationVerbose)
        strictly(verbose)
        assert (verbose.language, (verbose.model_extra or {})["task"], len(verbose.segments or [])) == (
            "english",
            "translate",
            2,
        )
        shapes: Any = (("text", "good day to you\n"), ("srt", "1\n"), ("vtt", "WEBVTT"))
        for wanted, begins in shapes:
            told = await api.audio.translations.create(
                model="whisper-1", file=upload(speaking()), response_format=wanted
            )
            assert str(told).startswith(begins)


def test_languages_have_the_names_of_the_api():
    assert [name_of(code) for code in ("en", "de", "ht", "yue", "x")] == [
        "english",
        "german",
        "haitian creole",
        "cantonese",
        "x",
    ]
    assert [code_of(word) for word in ("en", "pt-BR", "PT_br", "Haitian Creole", "klingon")] == [
        "en",
        "pt",
        "pt",
        "ht",
        "klingon",
    ]


# --- speech --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
async def test_speech_may_come_as_events(wanted):
    synthesizer = ScriptedSynthesizer(ms_per_char=50)
    async with gateway(scripted(synthesizer=synthesizer)) as running, client(running) as api:
        async with api.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts",
            voice="alloy",
            input="Hello there, my friend. How are you?",
            instructions="Speak like a pirate.",
            response_format=wanted,
            stream_format="sse",
            extra_body={"seed": 7},
        ) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = [line async for line in answer.iter_lines() if line.startswith("data: ")]
        *deltas, done = [json.loads(line.removeprefix("data: ")) for line in lines]
        assert {event["type"] for event in deltas} == {"speech.audio.delta"}
        sound = b"".join(base64.b64decode(event["audio"]) for event in deltas)
        heard = decoded(sound).seconds if wanted != "pcm" else len(sound) / 48_000
        assert heard == pytest.approx(35 * 0.05, abs=0.1)
        assert done == {
            "type": "speech.audio.done",
            "usage": {"input_tokens": 9, "output_tokens": 35, "total_tokens": 44},
        }


async def test_a_voice_that_fails_in_the_middle_of_a_stream_says_so():
    class Tired(ScriptedSynthesizer):
        async def stream(self, text, how, **options):
            if "again" in text:
                raise EngineOverloaded("There is no time.")
            yield Spoken(Pcm(bytes(48_000), 24_000))

    async with gateway(scripted(synthesizer=Tired())) as running, httpx2.AsyncClient(base_url=running.http) as plain:
        wanted = {"input": "Hello there. And again.", "voice": {"id": "alloy"}, "response_format": "pcm"}
        async with plain.stream("POST", "/v1/audio/speech", json={**wanted, "stream_format": "sse"}) as answer:
            *_, last = await events(answer)
        assert last["error"]["type"] == "server_error"


@pytest.mark.parametrize("speed", [0.25, 4.0])
async def test_the_speed_goes_as_far_as_the_api_says(speed):
    async with gateway(scripted(synthesizer=ScriptedSynthesizer(ms_per_char=50))) as running, client(running) as api:
        sound = await api.audio.speech.create(
            model="tts-1", voice="alloy", input="Hello there.", response_format="pcm", speed=speed
        )
        assert len(sound.content) / 48_000 == pytest.approx(12 * 0.05 / speed, abs=0.05)


# --- models --------------------------------------------------------------------------------------------------------


async def test_each_model_has_one_id_and_can_be_asked_for(monkeypatch):
    class Two(ScriptedSynthesizer):
        @property
        def info(self):
            return type(super().info)("tts", "piper", "joe, amy, espeak-ng", "cpu", "1")

    async with gateway(scripted(synthesizer=Two())) as running, client(running) as api:
        names = [model.id async for model in api.models.list()]
        assert names == ["none", "joe", "amy", "espeak-ng"]
        for name in names:
            assert (await api.models.retrieve(name)).id == name
        with pytest.raises(openai.NotFoundError) as caught:
            await api.models.retrieve("joe, amy")
        assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("wanted", ["mp3", "wav"])
async def test_sound_is_encoded_beside_the_event_loop(wanted, monkeypatch):
    """A sentence of twenty seconds takes longer than callers can wait."""
    loops_own, at_work = threading.get_ident(), set[int]()

    def watched(kind: Format) -> SoundStream:
        stream = sound_stream(kind)

        class Watched:
            def push(self, pcm: Pcm) -> bytes:
                at_work.add(threading.get_ident())
                return stream.push(pcm)

            def finish(self) -> bytes:
                at_work.add(threading.get_ident())
                return stream.finish()

        return Watched()

    monkeypatch.setattr(speech, "sound_stream", watched)
    async with gateway() as running, client(running) as openai_client:
        answer = await openai_client.audio.speech.create(
            model="tts-1", voice="alloy", input="a" * 900, response_format=wanted
        )
        assert decoded(answer.content).seconds > 1
    assert at_work
    assert loops_own not in at_work
