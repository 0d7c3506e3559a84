"""The beta dialect: both directions, and no harm in whatever is sent."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.notices import ItemAdded
from tests.protocol.line import Line
from tests.protocol.test_fuzz import GOOD, JSON
from tests.protocol.test_narration import WRITTEN, begun, ended
from voicegw.protocol import beta
from voicegw.protocol.commands import AddItem


def ga(event: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(beta.read(json.dumps(event)))
    return read


def test_a_session_is_read_in_new_words() -> None:
    old = {
        "modalities": ["text", "audio"],
        "voice": "verse",
        "input_audio_format": "g711_alaw",
        "turn_detection": None,
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
        "tools": [],
    }
    assert ga({"type": "session.update", "session": old}) == {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {
                "input": {"format": {"type": "audio/pcma"}, "turn_detection": None},
                "output": {"voice": "verse"},
            },
            "max_output_tokens": "inf",
            "tools": [],
        },
    }


def test_a_transcription_session_is_read_in_new_words() -> None:
    old = {"type": "transcription_session.update", "session": {"input_audio_transcription": {"model": "m"}}}
    assert ga(old) == {
        "type": "session.update",
        "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "m"}}}},
    }


def told(line: Line) -> list[dict[str, Any]]:
    return [json.loads(frame) for event in line.events() for frame in beta.write(event)]


def test_a_session_is_told_in_old_words_and_no_others() -> None:
    line = Line()
    line.protocol.open()
    [created] = told(line)  # and nothing behind it: the tests of the beta's own client count
    assert created["type"] == "session.created"
    assert created["session"].keys() == {
        "id", "object", "model", "expires_at", "modalities", "instructions", "voice", "speed", "input_audio_format",
        "output_audio_format", "input_audio_transcription", "input_audio_noise_reduction", "turn_detection", "tools",
        "tool_choice", "temperature", "max_response_output_tokens", "tracing", "include",
    }  # fmt: skip
    session = created["session"]
    assert (session["object"], session["modalities"], session["temperature"]) == (
        "realtime.session",
        ["audio", "text"],
        0.8,
    )
    assert (session["input_audio_format"], session["max_response_output_tokens"]) == ("pcm16", "inf")


def test_a_session_that_only_listens_has_events_of_its_own() -> None:
    line = Line(kind="transcription")
    line.protocol.open()
    update = {"type": "transcription_session.update", "session": {"input_audio_format": "g711_ulaw"}}
    line.send(beta.read(json.dumps(update)))
    created, updated = told(line)
    assert (created["type"], updated["type"]) == ("transcription_session.created", "transcription_session.updated")
    assert updated["session"]["input_audio_format"] == "g711_ulaw"
    assert created["session"]["object"] == "realtime.transcription_session"
    assert "type" not in created["session"]


def test_a_message_of_sound_is_read_and_told_in_old_words() -> None:
    line = Line()
    part = {"type": "input_audio", "audio": base64.b64encode(bytes(9600)).decode()}
    item = {"type": "message", "role": "user", "content": [part]}
    [command] = line.send(beta.read(json.dumps({"type": "conversation.item.create", "item": item})))
    assert isinstance(command, AddItem)
    assert command.sound is not None
    line.protocol.notify(ItemAdded(command.item, None))
    [created] = told(line)
    assert created["type"] == "conversation.item.created"
    assert created["item"]["content"] == [{"type": "input_audio", "transcript": None}]


def test_an_answer_is_told_in_old_words() -> None:
    line = Line()
    for notice in (*begun(WRITTEN), ended("completed", WRITTEN)):
        line.protocol.notify(notice)
    events = told(line)
    assert [event["type"] for event in events] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    response = events[-1]["response"]
    assert (response["modalities"], response["voice"], response["output_audio_format"]) == (
        ["audio", "text"],
        "joe",
        "pcm16",
    )
    assert response["output"][0]["content"] == [{"type": "text", "text": "Hi!"}]


@pytest.mark.parametrize("event", [event for event in GOOD if event["type"] != "session.update"])
def test_what_has_one_name_is_read_as_it_is(event: dict[str, Any]) -> None:
    expected = {**event}
    assert ga(expected) == event


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_frame_is_read_as_something(frame: bytes) -> None:
    line = Line()
    line.send(beta.read(frame))
    [event] = line.events()
    assert beta.write(event)


@given(st.sampled_from(["session", "response"]), st.dictionaries(st.sampled_from(sorted(beta.FIELDS)), JSON))
def test_any_fields_are_read_as_something(key: str, fields: dict[str, Any]) -> None:
    kind = "session.update" if key == "session" else "response.create"
    line = Line()
    line.send(beta.read(json.dumps({"type": kind, key: fields})))
    for event in line.events():
        assert beta.write(event)
