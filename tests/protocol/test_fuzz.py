"""Whatever a client sends: nothing raises, and what is not understood is answered with an error."""

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.line import Line
from voicegw.protocol.client_events import ClientEvent
from voicegw.protocol.validation import choices

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)
GOOD: list[dict[str, Any]] = [
    {
        "type": "session.update",
        "event_id": "e",
        "session": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": "Hi.",
            "tools": [{"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}],
            "tool_choice": {"type": "function", "name": "f"},
            "truncation": {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 5}},
            "max_output_tokens": 10,
            "tracing": {"workflow_name": "w", "metadata": {"a": "b"}},
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": {"model": "whisper-1", "language": "en", "keywords": ["Eva"]},
                    "noise_reduction": {"type": "near_field", "strength": 0.5},
                    "turn_detection": {"type": "server_vad", "threshold": 0.5, "idle_timeout_ms": None},
                },
                "output": {"format": {"type": "audio/pcm"}, "voice": "joe", "speed": 1.0},
            },
        },
    },
    {"type": "input_audio_buffer.append", "event_id": "e", "audio": "AAAA////"},
    {"type": "input_audio_buffer.commit", "event_id": "e"},
    {"type": "input_audio_buffer.clear", "event_id": "e"},
    {"type": "output_audio_buffer.clear", "event_id": "e"},
    {
        "type": "conversation.item.create",
        "event_id": "e",
        "previous_item_id": "root",
        "item": {"type": "message", "id": "i", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]},
    },
    {
        "type": "conversation.item.create",
        "event_id": "e",
        "item": {"type": "function_call", "id": "i", "call_id": "c", "name": "f", "arguments": "{}"},
    },
    {
        "type": "conversation.item.create",
        "event_id": "e",
        "item": {"type": "function_call_output", "id": "i", "call_id": "c", "output": "5"},
    },
    {"type": "conversation.item.delete", "event_id": "e", "item_id": "i"},
    {"type": "conversation.item.retrieve", "event_id": "e", "item_id": "i"},
    {"type": "conversation.item.truncate", "event_id": "e", "item_id": "i", "content_index": 0, "audio_end_ms": 5},
    {
        "type": "response.create",
        "event_id": "e",
        "response": {
            "instructions": "Hi.",
            "output_modalities": ["text"],
            "max_output_tokens": "inf",
            "metadata": {"a": "b"},
            "audio": {"output": {"voice": "amy", "format": {"type": "audio/pcma"}}},
            "conversation": "none",
            "tools": [{"type": "function", "name": "f"}],
            "tool_choice": "required",
            "input": [
                {"type": "item_reference", "id": "i"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]},
            ],
        },
    },
    {"type": "response.cancel", "event_id": "e", "response_id": "r"},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of everything inside a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in keys for found in ((*path, key), *places(value[key], (*path, key)))]


@st.composite
def mutants(draw: st.DrawFn) -> dict[str, Any]:
    """A good event with one thing in it replaced, removed or added."""
    event: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(GOOD)))
    *way, last = draw(st.sampled_from(places(event)))
    holder: Any = event
    for key in way:
        holder = holder[key]
    match draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            holder[last] = draw(JSON)
        case "remove":
            del holder[last]
        case _ if isinstance(holder, dict):
            holder[draw(st.text())] = draw(JSON)
        case _:
            holder.append(draw(JSON))
    return event


def answered(line: Line, frame: str | bytes) -> dict[str, Any] | None:
    """The error event, if there is one; without it, or if only a part was refused, there must be just one command."""
    commands = line.send(frame)
    events = line.sent()
    if commands:
        assert len(commands) == 1
        assert [event["type"] for event in events if event["type"] != "error"] in ([], ["session.updated"])
        events = [event for event in events if event["type"] == "error"]
        if not events:
            return None
    [event] = events
    assert event["type"] == "error"
    assert len(json.dumps(event)) < 10_000
    error: dict[str, Any] = event["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"]
    assert error["message"]
    return error


def test_the_good_events_are_good_and_all_are_there() -> None:
    assert {event["type"] for event in GOOD} == set(choices(ClientEvent, ".type"))
    for event in GOOD:
        assert answered(Line(), json.dumps(event)) is None


@given(st.binary())
def test_any_bytes(frame: bytes) -> None:
    assert answered(Line(), frame) is not None


@given(JSON)
def test_any_json(value: Any) -> None:
    assert answered(Line(), json.dumps(value)) is not None


@given(st.sampled_from(GOOD), st.data())
def test_any_cut_short_frame(event: dict[str, Any], data: st.DataObject) -> None:
    frame = json.dumps(event)
    error = answered(Line(), frame[: data.draw(st.integers(0, len(frame) - 1))])
    assert error is not None
    assert error["code"] == "invalid_json"


@given(st.lists(mutants(), min_size=1, max_size=5))
def test_any_mutation_is_carried_out_or_refused_by_name(events: list[dict[str, Any]]) -> None:
    line = Line()
    for event in events:
        error = answered(line, json.dumps(event))
        if error is not None and isinstance(event.get("event_id"), str):
            assert error["event_id"] == event["event_id"]
    assert answered(line, json.dumps(GOOD[1])) is None
