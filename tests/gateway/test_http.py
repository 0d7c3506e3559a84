"""The HTTP side of the gateway, asked by OpenAI's own client library."""

import asyncio
import errno
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import numpy as np
import openai
import pytest
from openai import AsyncOpenAI
from starlette.datastructures import UploadFile

from models.scripted import ScriptedRecognizer, ScriptedSynthesizer
from pipeline.audio import Pcm
from pipeline.engines import Speaking, Spoken, Token, Transcript, Voice, Word
from pipeline.errors import EngineOverloaded
from tests.media.test_codecs import file
from tests.support.gateway import Running, gateway, scripted
from tests.support.until import until
from tests.support.wire import dial
from voicegw.media.decode import decoded

KEY = "the-key"


class TimedRecognizer(ScriptedRecognizer):
    """Says two words, and when: half a second each."""

    async def transcribe(self, audio, how, **options) -> Transcript:
        heard = await super().transcribe(audio, how, **options)
        words = tuple(Word(f" {text}", at / 2, at / 2 + 0.5) for at, text in enumerate(heard.text.split()))
        tokens = tuple(Token(text, -0.5) for text in heard.text.split())
        return replace(
            heard,
            words=words if how.word_times else (),
            tokens=tokens if how.token_logprobs else (),
            ids=(7, 8) if heard.text else (),
        )


@asynccontextmanager
async def client(running: Running, key: str = KEY) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{running.http}/v1", api_key=key, max_retries=0) as made:
        yield made


def speaking() -> bytes:
    """A FLAC file: a second of silence, one of a tone, two of silence, one of a tone."""
    rate = 24_000
    time = np.arange(rate) / rate
    tone, hush = (8000 * np.sin(2 * np.pi * 300 * time)).astype("<i2").tobytes(), bytes(2 * rate)
    return file("flac", Pcm(hush + tone + hush + hush + tone, rate))


def upload(data: bytes) -> tuple[str, bytes]:
    return ("recording.flac", data)


# --- transcriptions ------------------------------------------------------------------------------------------------


async def test_a_recording_is_transcribed_in_every_format():
    recognizer = TimedRecognizer(["hello there", "and you"])
    async with gateway(scripted(recognizer=recognizer), api_key=KEY) as running, client(running) as api:
        recording = upload(speaking())
        plain = await api.audio.transcriptions.create(model="whisper-1", file=recording)
        assert plain.text == "hello there and you"
        text = await api.audio.transcriptions.create(model="whisper-1", file=recording, response_format="text")
        assert text == "hello there and you\n"
        verbose = await api.audio.transcriptions.create(
            model="whisper-1",
            file=recording,
            response_format="verbose_json",
            timestamp_granularities=["word"],
            language="de",
            prompt="Names:",
        )
        assert verbose.duration == pytest.approx(5.0, abs=0.01)
        assert (verbose.language, len(verbose.segments or [])) == ("german", 2)
        assert [(one.id, one.tokens, one.temperature) for one in verbose.segments or []] == [
            (0, [7, 8], 0.0),
            (1, [7, 8], 0.0),
        ]
        assert [one.seek for one in verbose.segments or []] == pytest.approx([80, 380], abs=10)
        assert [word.word for word in verbose.words or []] == ["hello", "there", "and", "you"]
        starts = [word.start for word in verbose.words or []]
        assert starts == pytest.approx([0.8, 1.3, 3.8, 4.3], abs=0.1)  # a fifth of a second is kept before each
        assert (recognizer.heard[-1].how.language, recognizer.heard[-1].how.prompt) == ("de", "Names:")
        srt = await api.audio.transcriptions.create(model="whisper-1", file=recording, response_format="srt")
        assert srt.splitlines()[0] == "1"
        assert srt.splitlines()[2] == "hello there"
        vtt = await api.audio.transcriptions.create(model="whisper-1", file=recording, response_format="vtt")
        assert vtt.startswith("WEBVTT\n\n00:00:00.7")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"language": "xx"}, "language"),
        ({"response_format": "poem"}, "response_format"),
        ({"languages": ["xx"]}, "languages"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"response_format": "srt", "stream": "true"}, "response_format"),
        ({"include": ["speakers"]}, "include"),
        ({"timestamp_granularities": ["phoneme"]}, "timestamp_granularities"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": "2"}, "temperature"),
        ({"prompt": "x" * 4097}, "prompt"),
    ],
)
async def test_a_wrong_transcription_request_is_refused_by_name(fields, param):
    async with gateway() as running, client(running) as api:
        with pytest.raises(openai.BadRequestError) as caught:
            await api.audio.transcriptions.create(
                model="whisper-1", file=upload(b"x"), extra_body=fields, response_format=openai.omit
            )
        assert caught.value.param == param


async def test_what_is_no_recording_or_too_large_is_refused(monkeypatch):
    async with gateway() as running, client(running) as api:
        with pytest.raises(openai.BadRequestError, match="cannot be read") as caught:
            await api.audio.transcriptions.create(model="whisper-1", file=upload(b"no sound"))
        assert caught.value.param == "file"
        monkeypatch.setattr("voicegw.http.recordings.LARGEST", 1000)
        with pytest.raises(openai.APIStatusError) as large:
            await api.audio.transcriptions.create(model="whisper-1", file=upload(bytes(5000)))
        assert large.value.status_code == 413
        async with httpx2.AsyncClient(base_url=running.http) as plain:
            for sent in (
                {"json": {"file": "x"}},
                {"files": {"other": b"x"}},
                {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
                {"data": {"file": "text"}, "files": {"model": (None, "m")}},
            ):
                answer = await plain.post("/v1/audio/transcriptions", **sent)
                assert answer.status_code == 400
                assert answer.json()["error"]["message"]


class Polyglot(ScriptedSynthesizer):
    voices = (Voice("joe", ("en",), 24_000), Voice("espeak-fr", ("fr",), 24_000, natural=False))

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Speaking] = []

    async def stream(self, text, how, *, caller, batch=False):
        self.asked.append(how)
        async for spoken in super().stream(text, how, caller=caller, batch=batch):
            yield spoken


@pytest.mark.parametrize(
    ("wanted", "voice"),
    [
        ({"input": "Bonjour, comment ça va ?", "voice": "alloy"}, "espeak-fr"),
        ({"input": "Madrid", "voice": "alloy", "language": "fr"}, "espeak-fr"),
        ({"input": "Bonjour, comment ça va ?", "voice": "alloy", "language": "en"}, "joe"),
        ({"input": "Bonjour, comment ça va ?", "voice": "joe"}, "joe"),
        ({"input": "Bonjour, comment ça va ?"}, "espeak-fr"),
        ({"input": "Madrid", "voice": None, "language": "fr-CA", "speed": None, "stream_format": None}, "espeak-fr"),
        ({"input": "Madrid", "instructions": None, "model": None, "language": "French"}, "espeak-fr"),
    ],
)
async def test_the_language_chooses_the_voice_of_a_text_unless_the_client_does(wanted, voice):
    synthesizer = Polyglot()
    async with (
        gateway(scripted(synthesizer=synthesizer)) as running,
        httpx2.AsyncClient(base_url=running.http) as plain,
    ):
        answer = await plain.post("/v1/audio/speech", json={**wanted, "response_format": "pcm"})
        lobby = (await plain.get("/v1/voicegw/lobby")).json()
    assert answer.status_code == 200
    assert {how.voice for how in synthesizer.asked} == {voice}
    assert lobby["default_voices"] == {"en": "joe", "fr": "espeak-fr"}


async def test_silence_has_no_words():
    async with gateway() as running, client(running) as api:
        silence = file("flac", Pcm(bytes(2 * 24_000), 24_000))
        assert (await api.audio.transcriptions.create(model="whisper-1", file=upload(silence))).text == ""


async def test_a_recording_comes_behind_every_caller():
    recognizer = ScriptedRecognizer(["hello"])
    async with gateway(scripted(recognizer=recognizer)) as running, client(running) as api:
        await api.audio.transcriptions.create(model="whisper-1", file=upload(speaking()))
    assert [heard.batch for heard in recognizer.heard] == [True, True]


async def test_more_jobs_than_there_are_places_are_refused(monkeypatch):
    recognizer = ScriptedRecognizer(["hello"], delay_s=0.3)
    monkeypatch.setattr("voicegw.http.gateway.WAITING", 1)
    async with gateway(scripted(recognizer=recognizer), batch_jobs=1) as running:
        async with httpx2.AsyncClient(base_url=running.http) as plain:
            asking = [plain.post("/v1/audio/transcriptions", files={"file": upload(speaking())}) for _ in range(4)]
            answers = await asyncio.gather(*asking)
            assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]
            refused = next(answer for answer in answers if answer.status_code == 429)
            assert refused.json()["error"]["code"] == "too_many_requests"
            assert int(refused.headers["retry-after"]) > 0
        assert recognizer.heard[-1].batch


async def test_a_full_disk_is_said_in_the_shape_of_the_api(monkeypatch):
    """The system's own answer was plain text."""

    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(UploadFile, "write", full)
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as plain:
        answer = await plain.post("/v1/audio/transcriptions", files={"file": upload(speaking())})
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "insufficient_storage")


async def test_work_stops_when_nobody_waits_for_it():
    recognizer = ScriptedRecognizer(["hello"], delay_s=30)
    async with gateway(scripted(recognizer=recognizer), batch_jobs=1) as running:
        async with httpx2.AsyncClient(base_url=running.http) as plain:
            with pytest.raises(httpx2.ReadTimeout):
                await plain.post("/v1/audio/transcriptions", files={"file": upload(speaking())}, timeout=0.5)
        recognizer.delay_s = 0
        async with client(running) as api:  # the only place is free again
            assert (await api.audio.transcriptions.create(model="whisper-1", file=upload(speaking()))).text


# --- speech --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
async def test_text_is_spoken_in_every_format(wanted):
    synthesizer = ScriptedSynthesizer(ms_per_char=50)
    async with gateway(scripted(synthesizer=synthesizer)) as running, client(running) as api:
        text = "Hello there, my friend. How are you?"
        async with api.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=text, response_format=wanted, speed=1.25
        ) as answer:
            sound = b"".join([piece async for piece in answer.iter_bytes()])
        assert answer.headers["content-type"].startswith("audio/")
        heard = decoded(sound).seconds if wanted != "pcm" else len(sound) / 48_000
        assert heard == pytest.approx((len(text) - 1) * 0.05 / 1.25, abs=0.1)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"voice": "bob"}, "voice"),
        ({"input": ""}, "input"),
        ({"input": "x" * 4097}, "input"),
        ({"input": "…"}, "input"),
        ({"response_format": "midi"}, "response_format"),
        ({"speed": 9}, "speed"),
        ({"instructions": "x" * 4097}, "instructions"),
        ({"stream_format": "rtp"}, "stream_format"),
    ],
)
async def test_a_wrong_speech_request_is_refused_by_name(fields, param):
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as plain:
        good = {"model": "tts-1", "voice": "alloy", "input": "Hi."}
        answer = await plain.post("/v1/audio/speech", json={**good, **fields})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_an_engine_that_fails_says_so_before_any_sound():
    class Full(ScriptedSynthesizer):
        async def stream(self, text, how, *, caller, batch=False):
            if text:
                raise EngineOverloaded("Too many sentences are waiting.")
            yield Spoken(Pcm(b"", 24_000))

    async with gateway(scripted(synthesizer=Full())) as running, client(running) as api:
        with pytest.raises(openai.InternalServerError, match=re.escape(EngineOverloaded.told)) as caught:
            await api.audio.speech.create(model="tts-1", voice="alloy", input="Hi.")
        assert (caught.value.status_code, caught.value.code) == (503, "engine_overloaded")


# --- models and keys -----------------------------------------------------------------------------------------------


async def test_the_models_are_listed():
    async with gateway(api_key=KEY) as running, client(running) as api:
        [model] = [found async for found in api.models.list()]
        assert (model.id, model.object, model.owned_by) == ("none", "model", "voicegw")
        assert model.created <= time.time()
        assert (await api.models.retrieve("none")).id == "none"
        with pytest.raises(openai.NotFoundError) as caught:
            await api.models.retrieve("gpt-9")
        assert caught.value.code == "model_not_found"
    async with gateway(api_key=KEY) as running, client(running, "wrong") as api:
        with pytest.raises(openai.AuthenticationError):
            [found async for found in api.models.list()]


async def test_an_ephemeral_key_opens_the_session_it_is_bound_to():
    async with gateway(api_key=KEY) as running, client(running) as api:
        secret = await api.realtime.client_secrets.create(
            expires_after={"anchor": "created_at", "seconds": 30},
            session={"type": "realtime", "instructions": "Sing.", "output_modalities": ["text"]},
        )
        assert secret.value.startswith("ek_")
        assert secret.expires_at == pytest.approx(time.time() + 30, abs=2)
        assert (secret.session.type, secret.session.model_dump()["instructions"]) == ("realtime", "Sing.")
        for headers in ({"additional_headers": {"Authorization": f"Bearer {secret.value}"}},
                        {"subprotocols": ["realtime", f"openai-insecure-api-key.{secret.value}"]}):  # fmt: skip
            async with dial(running.url, **headers) as wire:
                session = (await wire.event("session.created"))["session"]
                assert (session["instructions"], session["output_modalities"]) == ("Sing.", ["text"])
                assert session["expires_at"] > time.time()
        async with client(running, secret.value) as thief:
            with pytest.raises(openai.AuthenticationError):
                await thief.realtime.client_secrets.create()


async def test_an_ephemeral_key_for_transcription_and_one_without_wishes():
    async with gateway() as running, client(running) as api:
        secret = await api.realtime.client_secrets.create(
            session={"type": "transcription", "audio": {"input": {"transcription": {"language": "de"}}}}
        )
        async with dial(running.url, additional_headers={"Authorization": f"Bearer {secret.value}"}) as wire:
            session = (await wire.event("session.created"))["session"]
            assert (session["type"], session["audio"]["input"]["transcription"]["language"]) == ("transcription", "de")
        assert (await api.realtime.client_secrets.create()).session.type == "realtime"


async def test_an_ephemeral_key_expires_and_a_made_up_one_opens_nothing():
    async with gateway() as running:
        keys = running.app.state.gateway.ephemeral
        late = keys.issue("realtime", None, 10, time.time() - 11, time.monotonic() - 11)
        for value in (late.value, "ek_made_up"):
            with pytest.raises(Exception, match="401"):
                async with dial(running.url, additional_headers={"Authorization": f"Bearer {value}"}):
                    pass
        assert running.calls == 0


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 5}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "never"}}, "expires_after.anchor"),
        ({"session": {"type": "realtime", "audio": {"output": {"voice": "bob"}}}}, "session.audio.output.voice"),
        ({"session": {"instructions": "Sing."}}, "session.type"),
        ({"colour": 1}, "colour"),
        ([], None),
    ],
)
async def test_a_wrong_request_for_a_key_is_refused_by_name(body, param):
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as plain:
        answer = await plain.post("/v1/realtime/client_secrets", json=body)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


# --- a second client for a call ------------------------------------------------------------------------------------


async def test_a_server_watches_and_steers_a_call():
    async with gateway() as running, dial(running.url) as caller:
        await caller.event("session.created")
        table = running.app.state.gateway.table
        [session] = table._sessions
        with table.known_as("rtc_1", session):
            async with dial(running.url.replace("model=test", "call_id=rtc_1")) as server:
                await server.event("session.created")
                await server.send({"type": "session.update", "session": {"type": "realtime", "instructions": "Sing."}})
                assert (await caller.event("session.updated"))["session"]["instructions"] == "Sing."
                await server.event("session.updated")
                await server.send('{"type": "nonsense", "event_id": "mine"}')
                assert (await server.error())["event_id"] == "mine"
                await server.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
                for wire in (caller, server):
                    assert (await wire.event("response.done"))["response"]["status"] == "completed"
                assert "error" not in caller.kinds
            await until(lambda: not session._sidebands)
            await caller.send({"type": "response.create"})
            await caller.event("response.done")
            async with dial(running.url.replace("model=test", "call_id=rtc_1")) as server:
                await server.event("session.created")
                session.end(1000, "over")
                await server.socket.wait_closed()
                assert server.socket.close_code == 1000


async def test_an_unknown_call_is_refused_before_the_upgrade():
    async with gateway() as running:
        with pytest.raises(Exception, match="404"):
            async with dial(running.url.replace("model=test", "call_id=rtc_9")):
                pass
