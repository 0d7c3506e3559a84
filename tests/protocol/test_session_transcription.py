"""Sessions in which nobody answers: only the caller's words are wanted."""

from typing import Any

import pytest

from pipeline.engines import Listening
from tests.protocol.line import EXPIRES, Line
from tests.protocol.sessions import PCM, SERVER_VAD, alone, configured, error, turn


def test_a_transcription_session_tells_every_key_and_nobody_answers() -> None:
    line = Line(kind="transcription")
    [created] = line.open()
    quiet = {**SERVER_VAD, "create_response": False, "interrupt_response": False}
    heard = {"format": PCM, "transcription": {"model": "whisper"}, "noise_reduction": None, "turn_detection": quiet}
    assert created["session"] == {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": "sess_1",
        "expires_at": EXPIRES,
        "include": None,
        "audio": {"input": heard},
    }
    settings = configured(
        line,
        audio={
            "input": {
                "format": {"type": "audio/pcmu"},
                "transcription": {"model": "gpt-4o-transcribe", "language": "de"},
                "turn_detection": {"type": "server_vad", "prefix_padding_ms": 600, "silence_duration_ms": 350},
            }
        },
    )
    assert settings.listening == Listening("de")
    assert (settings.turn.create_response, settings.turn.interrupt_response) == (False, False)
    assert (settings.turn.prefix, settings.turn.silence, settings.instructions) == (600, 350, "")
    assert not configured(line, **turn({"create_response": True})).turn.create_response


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": "realtime"}, "invalid_parameter", "session.type"),
        ({"include": ["item.input_audio_transcription.logprobs"] * 2}, "invalid_value", "session.include"),
    ],
)
def test_what_a_transcription_session_cannot_have(session: dict[str, Any], code: str, param: str) -> None:
    refused = error(Line(kind="transcription"), **session)
    assert (refused["code"], refused["param"]) == (code, param)


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"instructions": "Hi."}, "session.instructions"),
        ({"audio": {"output": {"voice": "joe"}}}, "session.audio.output"),
        ({"audio": {"input": {"transcription": {"language": "xx"}}}}, "session.audio.input.transcription.language"),
    ],
)
def test_what_only_a_conversation_has_is_refused_alone(session: dict[str, Any], param: str) -> None:
    told, refused = alone(Line(kind="transcription"), **session, include=["item.input_audio_transcription.logprobs"])
    assert (refused["param"], told["include"]) == (param, ["item.input_audio_transcription.logprobs"])


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.create", "response": {"instructions": "Hi."}},
        {"type": "response.cancel"},
        {"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 1},
        {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": ""}},
    ],
)
def test_what_has_no_meaning_where_nobody_answers(event: dict[str, Any]) -> None:
    line = Line(kind="transcription")
    assert line.send({**event, "event_id": "e"}) == []
    [told] = line.sent()
    assert (told["error"]["param"], told["error"]["event_id"]) == ("type", "e")
    assert event["type"] in told["error"]["message"]
