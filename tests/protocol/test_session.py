"""The session object: its defaults, and how wishes and updates change it."""

from typing import Any

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest
from openai.types.realtime.session_update_event import SessionUpdateEvent

from pipeline.errors import CallerError
from pipeline.settings import CallSettings, Detection, TurnPolicy
from tests.protocol.line import OFFER, Line, offer, types
from tests.protocol.sessions import DEFAULT, PCM, SEMANTIC_VAD, SERVER_VAD, turn, updated


def test_the_first_event_tells_every_key() -> None:
    [created] = Line().open()
    assert created == {"type": "session.created", "event_id": "event_1", "session": DEFAULT}


def test_only_keys_that_are_present_change() -> None:
    line = Line()
    assert updated(line) == DEFAULT
    assert updated(line, instructions="") == {**DEFAULT, "instructions": ""}
    changed = updated(line, audio={"output": {"speed": 1.25}, "input": {"transcription": {"model": "whisper-1"}}})
    assert changed["audio"]["output"] == {"format": PCM, "voice": "joe", "speed": 1.25}
    assert changed["audio"]["input"] == {**DEFAULT["audio"]["input"], "transcription": {"model": "whisper-1"}}  # type: ignore[index]


def test_what_the_server_made_cannot_be_changed_and_may_be_sent_back() -> None:
    assert updated(Line(), **{**DEFAULT, "model": "gpt-realtime", "id": "sess_2", "expires_at": 0}) == DEFAULT


def test_turn_detection_is_merged_within_its_type_and_replaced_across() -> None:
    line = Line(offer(CallSettings(turn=TurnPolicy(Detection.SILENCE, silence=650)), "joe"))
    steps: list[tuple[dict[str, Any] | None, dict[str, Any] | None]] = [
        ({"type": "server_vad", "threshold": 0.7}, {**SERVER_VAD, "threshold": 0.7, "silence_duration_ms": 650}),
        (
            {"create_response": False},
            {**SERVER_VAD, "threshold": 0.7, "silence_duration_ms": 650, "create_response": False},
        ),
        ({"type": "semantic_vad", "eagerness": "high"}, {**SEMANTIC_VAD, "eagerness": "high"}),
        (None, None),
        ({"type": "server_vad", "threshold": None}, {**SERVER_VAD, "silence_duration_ms": 650}),
        (None, None),
        ({"type": "semantic_vad"}, SEMANTIC_VAD),
    ]
    for wanted, expected in steps:
        assert updated(line, **turn(wanted))["audio"]["input"]["turn_detection"] == expected


def test_null_clears_what_can_be_cleared_and_is_no_change_elsewhere() -> None:
    line = Line()
    updated(line, tracing="auto", audio={"input": {"transcription": {"model": "whisper-1", "language": "de"}}})
    nothing = {"instructions": None, "tools": None, "output_modalities": None, "truncation": None, "audio": None}
    assert updated(line, **nothing)["tracing"] == "auto"
    changed = updated(line, tracing=None, audio={"input": {"transcription": {"language": None}}, "output": None})
    assert changed["tracing"] is None
    assert changed["audio"]["input"]["transcription"] == {"model": "whisper-1", "language": None}
    assert updated(line, audio={"input": {"transcription": None}}) == DEFAULT


def test_a_client_that_writes_out_every_optional_field_is_understood() -> None:
    session = RealtimeSessionCreateRequest(type="realtime", instructions="Speak slowly.")
    frame = SessionUpdateEvent(type="session.update", session=session).model_dump_json()
    line = Line()
    line.send(frame)
    [event] = line.sent()
    assert event["session"] == {**DEFAULT, "instructions": "Speak slowly."}


def test_what_the_javascript_agents_sdk_sends_is_understood() -> None:
    changed = updated(
        Line(),
        model="gpt-realtime-2.1",
        instructions="Hello.",
        output_modalities=["audio"],
        audio={
            "input": {
                "format": PCM,
                "noise_reduction": None,
                "transcription": {"model": "gpt-4o-mini-transcribe"},
                "turn_detection": {"type": "semantic_vad"},
            },
            "output": {"format": PCM, "speed": 1},
        },
    )
    assert changed["audio"]["input"]["turn_detection"] == SEMANTIC_VAD
    assert changed["audio"]["input"]["transcription"] == {"model": "gpt-4o-mini-transcribe"}


def test_formats_are_independent_of_each_other() -> None:
    line = Line()
    changed = updated(line, audio={"input": {"format": {"type": "audio/pcmu"}}})
    assert changed["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert changed["audio"]["output"]["format"] == PCM
    changed = updated(
        line, audio={"input": {"format": {"type": "audio/pcm"}}, "output": {"format": {"type": "audio/pcma"}}}
    )
    assert changed["audio"]["input"]["format"] == PCM
    assert changed["audio"]["output"]["format"] == {"type": "audio/pcma"}


def test_noise_reduction_is_echoed_and_keeps_its_strength() -> None:
    line = Line()
    updated(line, audio={"input": {"noise_reduction": {"type": "far_field", "strength": 0.5}}})
    changed = updated(line, audio={"input": {"noise_reduction": {"type": "far_field"}}})
    assert changed["audio"]["input"]["noise_reduction"] == {"type": "far_field", "strength": 0.5}
    assert updated(line, audio={"input": {"noise_reduction": None}}) == DEFAULT


def test_one_update_gives_one_event() -> None:
    line = Line(OFFER)
    line.update(instructions="a")
    line.update(instructions="b")
    assert types(line.sent()) == ["session.updated", "session.updated"]


def test_tracing_is_kept_without_effect() -> None:
    tracing = {"workflow_name": "w", "group_id": "g", "metadata": {"a": "b"}}
    assert updated(Line(), tracing=tracing)["tracing"] == tracing


def test_a_session_can_begin_as_somebody_wished() -> None:
    [created] = Line(wishes={"type": "realtime", "instructions": "Sing.", "output_modalities": ["text"]}).open()
    assert created["session"] == {**DEFAULT, "instructions": "Sing.", "output_modalities": ["text"]}
    with pytest.raises(CallerError, match="voice 'bob'"):
        Line(wishes={"type": "realtime", "audio": {"output": {"voice": "bob"}}})
