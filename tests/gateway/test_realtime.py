"""The wire as a client sees it: a real gateway, a real WebSocket, scripted engines."""

import asyncio
import base64
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from models.scripted import ScriptedChat
from pipeline.errors import EngineDown
from tests.support.gateway import gateway, scripted
from tests.support.until import until
from tests.support.wire import dial

SERVER_VAD = {"type": "server_vad", "silence_duration_ms": 300}


def session(**fields):
    return {"type": "session.update", "session": {"type": "realtime", **fields}}


def listening(**fields):
    return session(audio={"input": {"transcription": {"model": "whisper"}, "turn_detection": SERVER_VAD}}, **fields)


def close_code(closed: ConnectionClosed) -> int | None:
    return closed.rcvd.code if closed.rcvd else None


async def test_a_spoken_turn_gives_the_events_of_the_protocol_in_order():
    async with gateway() as running, dial(running.url) as wire:
        await wire.event("session.created")
        await wire.send(listening())
        await wire.event("session.updated")
        await wire.speak(800)
        await wire.hush(1500)
        done = await wire.event("response.done")
        assert wire.kinds == [
            "session.created",
            "session.updated",
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.input_audio_transcription.delta",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio_transcript.delta",
            "response.output_audio.delta",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "conversation.item.done",
            "response.output_item.done",
            "response.done",
        ]
        assert done["response"]["status"] == "completed"
        assert done["response"]["output"][0]["content"][0]["transcript"] == "Good morning to you, my friend."
        sound = b"".join(base64.b64decode(e["delta"]) for e in wire.seen if e["type"] == "response.output_audio.delta")
        assert len(sound) == pytest.approx(2 * 24_000 * 0.02 * len("Good morning to you, my friend."), rel=0.05)


async def test_audio_before_any_session_update_is_a_turn_like_any_other():
    async with gateway() as running, dial(running.url) as wire:
        await wire.speak(800)
        await wire.hush(3000)
        assert (await wire.event("response.done"))["response"]["status"] == "completed"


BAD_INPUT = [
    ("{", "invalid_json", None),
    ("[1]", "invalid_event", None),
    ('{"event_id": "e1"}', "invalid_event", "type"),
    ('{"type": "nonsense", "event_id": "e1"}', "invalid_value", "type"),
    (b"\xff\xfe", "invalid_json", None),
    ('{"type": "input_audio_buffer.append", "event_id": "e1", "audio": "!!"}', "invalid_value", "audio"),
    ('{"type": "input_audio_buffer.append", "event_id": "e1", "audio": "AAAA"}', "invalid_value", "audio"),
    ('{"type": "input_audio_buffer.append", "event_id": "e1"}', "missing_required_parameter", "audio"),
    (
        '{"type": "session.update", "event_id": "e1", "session": {"type": "realtime", "colour": 1}}',
        "unknown_parameter",
        "session.colour",
    ),
    ('{"type": "session.update", "event_id": "e1", "session": {}}', "missing_required_parameter", "session.type"),
    ('{"type": "response.cancel", "event_id": "e1"}', "response_cancel_not_active", "response_id"),
    ('{"type": "input_audio_buffer.commit", "event_id": "e1"}', "input_audio_buffer_commit_empty", None),
    (
        '{"type": "conversation.item.delete", "event_id": "e1", "item_id": "no"}',
        "item_delete_invalid_item_id",
        "item_id",
    ),
    (
        '{"type": "conversation.item.retrieve", "event_id": "e1", "item_id": "no"}',
        "item_retrieve_invalid_item_id",
        "item_id",
    ),
]


@pytest.mark.parametrize(("frame", "code", "param"), BAD_INPUT)
async def test_bad_input_is_an_error_event_and_the_call_goes_on(frame, code, param):
    async with gateway() as running, dial(running.url) as wire:
        await wire.send(frame)
        error = await wire.error()
        assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
        assert error["message"]
        assert error["event_id"] == ("e1" if b"e1" in (frame if isinstance(frame, bytes) else frame.encode()) else None)
        await wire.speak(800)
        await wire.hush(2000)
        assert (await wire.event("response.done"))["response"]["status"] == "completed"


async def test_a_frame_over_the_limit_closes_with_1009_and_the_next_call_works():
    async with gateway(max_frame_mb=1) as running:
        async with dial(running.url) as wire:
            await wire.event("session.created")
            await wire.send("x" * (2 * 2**20))
            with pytest.raises(ConnectionClosed) as closed:
                await wire.event("never")
            assert close_code(closed.value) == 1009
        async with dial(running.url) as wire:
            await wire.event("session.created")


async def test_speech_stops_the_answer_and_the_client_cuts_it_to_what_it_played():
    chat = ScriptedChat([f"Sentence number {number}. " for number in range(60)])
    async with gateway(scripted(chat=chat)) as running, dial(running.url) as wire:
        await wire.send(listening())
        await wire.speak(800)
        await wire.hush(600)
        item = (await wire.event("response.output_item.added"))["item"]["id"]
        await wire.event("response.output_audio.delta")
        await wire.speak(1200)
        await wire.event("input_audio_buffer.speech_started")
        done = (await wire.event("response.done"))["response"]
        assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")
        await wire.send(
            {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 200}
        )
        assert (await wire.event("conversation.item.truncated"))["audio_end_ms"] == 200
        assert chat.open == 0


async def test_when_the_language_model_is_down_the_client_is_told_and_the_call_survives():
    chat = ScriptedChat(["All is ", "well again."])
    chat.fail_at, chat.error = 0, EngineDown("http://10.0.0.7/v1 says: restarting; see VOICEGW_LLM_URL")
    async with gateway(scripted(chat=chat)) as running, dial(running.url) as wire:
        await wire.send(listening())
        await wire.speak(800)
        await wire.hush(600)
        async with asyncio.timeout(2):
            failed = (await wire.event("response.done"))["response"]
        assert failed["status"] == "failed"
        error = failed["status_details"]["error"]
        assert (error["code"], error["message"]) == ("engine_unavailable", EngineDown.told)
        chat.fail_at = None
        await wire.speak(800)
        await wire.hush(600)
        assert (await wire.event("response.done"))["response"]["status"] == "completed"


async def test_push_to_talk_and_a_typed_message():
    async with gateway() as running, dial(running.url) as wire:
        await wire.send(session(audio={"input": {"turn_detection": None}}))
        await wire.event("session.updated")
        await wire.speak(500)
        await wire.send({"type": "input_audio_buffer.commit"})
        await wire.event("input_audio_buffer.committed")
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And now?"}]}
        await wire.send({"type": "conversation.item.create", "item": message})
        await wire.event("conversation.item.done")
        await wire.send(
            {"type": "response.create", "response": {"output_modalities": ["text"], "metadata": {"a": "b"}}}
        )
        done = (await wire.event("response.done"))["response"]
        assert done["metadata"] == {"a": "b"}
        assert done["output"][0]["content"][0]["text"] == "Good morning to you, my friend."
        spoken = list(running.app.state.gateway.engines.chat.requests)[-1].messages[1:]
        assert [(m.role, m.text) for m in spoken] == [("user", "hello there"), ("user", "And now?")]


async def test_the_tutor_speaks_up_after_a_long_silence():
    async with gateway() as running, dial(running.url) as wire:
        await wire.send(session(audio={"input": {"turn_detection": SERVER_VAD | {"idle_timeout_ms": 5000}}}))
        await wire.speak(800)
        await wire.hush(600)
        await wire.event("response.done")
        await until(lambda: wire.at_the_ear <= 0)
        await wire.hush(6000)
        idle = await wire.event("input_audio_buffer.timeout_triggered")
        assert idle["audio_end_ms"] - idle["audio_start_ms"] >= 4900
        assert (await wire.event("conversation.item.done"))["item"]["id"] == idle["item_id"]
        assert (await wire.event("response.done"))["response"]["status"] == "completed"


async def test_a_full_house_turns_the_next_caller_away_and_lets_it_in_later():
    async with gateway(max_calls=1) as running:
        async with dial(running.url) as wire:
            await wire.event("session.created")
            with pytest.raises(InvalidStatus) as refused:
                async with dial(running.url):
                    pass
            assert refused.value.response.status_code == 503
            assert b"server_full" in refused.value.response.body
        await until(lambda: running.calls == 0)
        async with dial(running.url) as wire:
            await wire.event("session.created")


async def test_the_longest_call_ends_with_its_reason():
    async with gateway(max_call_minutes=0.005) as running, dial(running.url) as wire:
        assert (await wire.error())["code"] == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await wire.event("never")
        assert close_code(closed.value) == 1001


async def test_a_caller_who_does_not_read_cannot_keep_its_seat():
    async with gateway(max_call_minutes=0.01) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port, limit=1024)
        writer.write(
            b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: running.calls == 1)
        await until(lambda: running.calls == 0, 10)
        writer.transport.abort()


async def test_callers_are_told_when_the_gateway_goes_away():
    async with AsyncExitStack() as callers:
        async with gateway() as running:
            wire = await callers.enter_async_context(dial(running.url))
            await wire.event("session.created")
        with pytest.raises(ConnectionClosed) as closed:
            await wire.event("never")
        assert close_code(closed.value) == 1001


async def test_a_caller_who_vanishes_leaves_nothing_behind():
    chat = ScriptedChat(["Word. "] * 100, each_s=0.05)
    async with gateway(scripted(chat=chat)) as running:
        before = len(asyncio.all_tasks())
        for _ in range(5):
            async with dial(running.url) as wire:
                await wire.speak(800)
                await wire.hush(2000)
                await wire.event("response.output_audio.delta")
                wire.socket.transport.abort()
        await until(lambda: running.calls == 0 and len(asyncio.all_tasks()) <= before)
        assert chat.open == 0


async def test_a_caller_who_is_gone_is_told_goodbye_and_the_call_ends():
    engines = scripted(chat=(chat := ScriptedChat(["Good", "bye."])))
    async with gateway(engines, goodbye_s=1) as running, dial(running.url) as wire:
        done = await wire.event("response.done")
        assert done["response"]["status"] == "completed"
        assert "goodbye" in chat.requests[0].messages[-1].text
        with pytest.raises(ConnectionClosed) as closed:
            await wire.event("never")
        assert close_code(closed.value) == 1000
        await until(lambda: running.calls == 0)


async def test_where_the_time_went_is_told_to_those_who_ask():
    async with gateway() as running:
        async with dial(running.url) as wire:
            await wire.speak(800)
            await wire.hush(1500)
            await wire.event("response.done")
            assert "voicegw.turn.timings" not in wire.kinds
        async with dial(running.url + "&voicegw_timings=1") as wire:
            await wire.speak(800)
            await wire.hush(1500)
            told = await wire.event("voicegw.turn.timings")
            assert told["response_id"] == (await wire.event("response.done"))["response"]["id"]
            assert list(told["stages_ms"]) == ["pause", "asr", "first_token", "first_chunk", "tts", "release"]
            assert sum(told["stages_ms"].values()) == pytest.approx(told["latency_ms"], abs=1)
