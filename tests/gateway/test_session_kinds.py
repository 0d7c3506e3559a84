"""Calls, transcriptions and dialects over real sockets, with scripted engines."""

import base64
import json

import pytest

from models.scripted import ScriptedChat, ScriptedRecognizer
from pipeline.engines import ToolCallPiece
from tests.gateway.test_realtime import SERVER_VAD, listening, session
from tests.support.gateway import gateway, scripted
from tests.support.wire import LOUD, dial
from voicegw.protocol.formats import PcmaFormat, PcmuFormat

WEATHER = {"type": "function", "name": "weather", "description": "How it is.", "parameters": {"type": "object"}}


def answer(request):
    if request.messages[-1].role == "tool":
        return ["It is ", f"{request.messages[-1].text} there."]
    return ["Let me look. ", ToolCallPiece(0, id="x", name="weather"), ToolCallPiece(0, '{"city": "Graz"}')]


async def test_a_spoken_question_is_answered_with_the_help_of_a_function():
    async with gateway(scripted(chat=ScriptedChat(answer))) as running, dial(running.url) as wire:
        await wire.send(listening(tools=[WEATHER]))
        await wire.speak(800)
        await wire.hush(1500)
        called = await wire.event("response.function_call_arguments.done")
        done = await wire.event("response.done")
        assert (called["name"], json.loads(called["arguments"])) == ("weather", {"city": "Graz"})
        assert [item["type"] for item in done["response"]["output"]] == ["message", "function_call"]
        output = {"type": "function_call_output", "call_id": called["call_id"], "output": "sunny"}
        await wire.send({"type": "conversation.item.create", "item": output})
        added = await wire.event("conversation.item.added")
        assert added["item"].items() >= output.items()
        await wire.send({"type": "response.create"})
        done = await wire.event("response.done")
        assert done["response"]["output"][0]["content"][0]["transcript"] == "It is sunny there."


async def test_an_answer_beside_the_conversation_while_another_is_heard():
    async with gateway() as running, dial(running.url) as wire:
        await wire.send({"type": "response.create"})
        first = await wire.event("response.created")
        beside = {"conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "mood"}, "input": []}
        await wire.send({"type": "response.create", "response": beside})
        second = await wire.event("response.created")
        assert (second["response"]["conversation_id"], second["response"]["metadata"]) == (None, {"topic": "mood"})
        done = [await wire.event("response.done"), await wire.event("response.done")]
        assert {event["response"]["id"] for event in done} == {first["response"]["id"], second["response"]["id"]}
        items = [event["item"]["id"] for event in wire.seen if event["type"] == "conversation.item.added"]
        assert len(items) == 1


@pytest.mark.parametrize("wire_format", [PcmuFormat(), PcmaFormat()])
async def test_a_telephone_is_understood_and_answered_in_its_own_codec(wire_format):
    form = {"type": wire_format.__struct_config__.tag}
    async with gateway() as running, dial(running.url) as wire:
        detection = {"turn_detection": SERVER_VAD, "format": form}
        await wire.send(session(audio={"input": detection, "output": {"format": form}}))
        loud, quiet = wire_format.encode(LOUD * 8 * 800), wire_format.encode(bytes(2 * 8 * 1500))
        await wire.append(loud)
        await wire.append(quiet)
        done = await wire.event("response.done")
        assert done["response"]["audio"]["output"]["format"] == form
        sound = b"".join(base64.b64decode(e["delta"]) for e in wire.seen if e["type"] == "response.output_audio.delta")
        assert len(sound) / 8000 == pytest.approx(0.02 * len("Good morning to you, my friend."), rel=0.05)


@pytest.mark.parametrize("query", ["intent=transcription", "intent=transcription&model=whisper-1"])
async def test_a_transcription_session_only_listens(query):
    async with gateway() as running, dial(running.url.replace("model=test", query)) as wire:
        created = await wire.event("session.created")
        assert created["session"]["type"] == "transcription"
        detection = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 600, "silence_duration_ms": 350}
        heard = {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": detection}
        await wire.send({"type": "session.update", "session": {"type": "transcription", "audio": {"input": heard}}})
        await wire.event("session.updated")
        await wire.speak(800)
        await wire.hush(1500)
        done = await wire.event("conversation.item.input_audio_transcription.completed")
        assert (done["transcript"], done["usage"]["type"]) == ("hello there", "duration")
        await wire.send({"type": "response.create", "event_id": "e"})
        assert (await wire.error())["event_id"] == "e"
        assert not [kind for kind in wire.kinds if kind.startswith("response.")]


async def test_a_transcription_session_whose_client_commits():
    engines, query = scripted(recognizer=ScriptedRecognizer(["one", "two"])), "intent=transcription"
    async with gateway(engines) as running, dial(running.url.replace("model=test", query)) as wire:
        heard = {"turn_detection": None}
        await wire.send({"type": "session.update", "session": {"type": "transcription", "audio": {"input": heard}}})
        for words in ("one", "two"):
            await wire.speak(300)
            await wire.send({"type": "input_audio_buffer.commit"})
            done = await wire.event("conversation.item.input_audio_transcription.completed")
            assert done["transcript"] == words


@pytest.mark.parametrize(
    "options",
    [
        {"additional_headers": {"OpenAI-Beta": "realtime=v1"}},
        {"subprotocols": ["realtime", "openai-insecure-api-key.x", "openai-beta.realtime-v1"]},
    ],
)
async def test_a_client_of_the_beta_is_spoken_to_in_its_own_words(options):
    async with gateway() as running, dial(running.url, **options) as wire:
        created = await wire.event("session.created")
        assert created["session"]["modalities"] == ["audio", "text"]
        assert created["session"]["input_audio_format"] == "pcm16"
        assert "audio" not in created["session"]
        await wire.send({
            "type": "session.update",
            "session": {
                "modalities": ["text", "audio"],
                "voice": "verse",
                "input_audio_format": "pcm16",
                "output_audio_format": "g711_ulaw",
                "input_audio_transcription": {"model": "whisper-1"},
                "turn_detection": SERVER_VAD,
                "temperature": 0.8,
                "max_response_output_tokens": 100,
            },
        })  # fmt: skip
        updated = (await wire.event("session.updated"))["session"]
        assert (updated["voice"], updated["output_audio_format"]) == ("verse", "g711_ulaw")
        assert (updated["max_response_output_tokens"], updated["input_audio_transcription"]) == (
            100,
            {"model": "whisper-1"},
        )
        await wire.speak(800)
        await wire.hush(1500)
        done = await wire.event("response.done")
        assert done["response"]["output"][0]["content"][0]["type"] == "audio"
        assert {"response.audio.delta", "response.audio_transcript.done", "conversation.item.created"} < set(wire.kinds)
        assert not {"conversation.item.added", "conversation.item.done"} & set(wire.kinds)
        assert not [kind for kind in wire.kinds if "output_audio." in kind or "output_text" in kind]
        await wire.send('{"type": "response.create", "response": {"modalities": ["text"], "event_id": 5}}')
        assert (await wire.error())["code"] == "unknown_parameter"
        await wire.send("no json")
        assert (await wire.error())["code"] == "invalid_json"
        written = {"modalities": ["text"], "temperature": 1}
        await wire.send({"type": "response.create", "response": written})
        assert (await wire.event("response.text.done"))["text"]


async def test_noise_reduction_leaves_a_turn_a_turn():
    heard = {"noise_reduction": {"type": "far_field"}, "turn_detection": SERVER_VAD}
    async with gateway() as running, dial(running.url) as wire:
        await wire.send(session(audio={"input": heard}))
        await wire.hush(1000)
        await wire.speak(800)
        await wire.hush(1500)
        started = await wire.event("input_audio_buffer.speech_started")
        assert started["audio_start_ms"] == pytest.approx(1000 - 300, abs=150)
        assert (await wire.event("response.done"))["response"]["status"] == "completed"
