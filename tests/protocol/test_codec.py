"""Frames that are wrong, each in its own way: the code, the field, and the client's own name for the event."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicegw.protocol import codec
from voicegw.protocol.alone import Refusals
from voicegw.protocol.client_events import InputAudioBufferAppend, ResponseCreate, SessionUpdate
from voicegw.protocol.codec import RefusedFrame, decode


def append(audio: Any) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": audio}


def message(*content: Any, **fields: Any) -> dict[str, Any]:
    item = {"type": "message", "role": "user", "content": list(content), **fields}
    return {"type": "conversation.item.create", "item": item}


def item(**fields: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": fields}


def create(**response: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": response}


def truncate(**fields: Any) -> dict[str, Any]:
    return {"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": 1, **fields}


def refusal(frame: str | bytes) -> RefusedFrame:
    with pytest.raises(RefusedFrame) as caught:
        codec.decode(frame)
    return caught.value


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "invalid_json"),
        ("hello", "invalid_json"),
        ('{"type":"response.create"', "invalid_json"),
        ('{"type":"response.create"} {}', "invalid_json"),
        ('{"type":"response.create","response":tru}', "invalid_json"),
        ('{"type":"response.create","event_id":"\\ud800"}', "invalid_json"),
        ('{"type":"response.create","x":' + "[" * 100_000 + "]" * 100_000 + "}", "invalid_json"),
        ('{"type":"session.update","session":{"a":' + '{"b":' * 100_000 + "1" + "}" * 100_001 + "}", "invalid_json"),
        (b"\xff\xfe\x00", "invalid_json"),
        (b'{"type":"response.create","event_id":"\xff"}', "invalid_json"),
        (b'{"type":"conversation.item.create","item":{"type":"message","role":"\xff"}}', "invalid_json"),
        ("a lone \ud800", "invalid_json"),
        ("null", "invalid_event"),
        ("[]", "invalid_event"),
        ('"response.create"', "invalid_event"),
        ("7", "invalid_event"),
        ("{}", "invalid_event"),
        ('{"type":null}', "invalid_event"),
        ('{"type":7}', "invalid_event"),
        ('{"type":"response.create","response":{"input":[' + "{}," * 400_000 + "{}]}}", "invalid_event"),
        ('{"type":[' + "{}," * 400_000 + "{}]}", "invalid_event"),
        ('{"type":"input_audio_buffer.append","event_id":[' + "{}," * 400_000 + "{}]}", "invalid_value"),
    ],
)
def test_what_is_no_event(frame: str | bytes, code: str) -> None:
    assert refusal(frame).code == code


@pytest.mark.parametrize(
    ("event", "code", "param", "said"),
    [
        (
            {"type": "session.close"},
            "invalid_value",
            "type",
            "'input_audio_buffer.append', 'input_audio_buffer.commit'",
        ),
        ({"type": "session.update"}, "missing_required_parameter", "session", ""),
        ({"type": "session.update", "session": 5}, "invalid_value", "session", "`object`"),
        ({"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio", ""),
        ({**append("AAA="), "volume": 11}, "unknown_parameter", "volume", ""),
        (append(5), "invalid_value", "audio", "base64"),
        (append("AA A"), "invalid_value", "audio", "base64"),
        (append("AAA"), "invalid_value", "audio", "base64"),
        (append("-_AA"), "invalid_value", "audio", "base64"),
        (append("AAA=\n"), "invalid_value", "audio", "base64"),
        (append(base64.b64encode(bytes(15 * 2**20 + 2)).decode()), "invalid_value", "audio", "<= 15728640"),
        ({"type": "conversation.item.create"}, "missing_required_parameter", "item", ""),
        (
            {"type": "conversation.item.create", "item": {"type": "mcp_call"}},
            "invalid_value",
            "item.type",
            "'message', 'function_call', 'function_call_output'",
        ),
        (message("hi", role="robot"), "invalid_value", "item.role", "'assistant', 'system', 'user'"),
        (message(), "invalid_value", "item.content", ">= 1"),
        (message({}, id="x" * 33), "invalid_value", "item.id", "<= 32"),
        (message({}, phase="commentary"), "unknown_parameter", "item.phase", ""),
        ({**message({}), "previous_item_id": ""}, "invalid_value", "previous_item_id", ">= 1"),
        ({"type": "conversation.item.delete"}, "missing_required_parameter", "item_id", ""),
        ({"type": "conversation.item.retrieve", "item_id": None}, "invalid_value", "item_id", "`str`"),
        (truncate(audio_end_ms=-1), "invalid_value", "audio_end_ms", ">= 0"),
        (truncate(audio_end_ms=1.5), "invalid_value", "audio_end_ms", "`int`"),
        (truncate(content_index=1), "invalid_value", "content_index", "'0'"),
        (create(temperature=0.8), "unknown_parameter", "response.temperature", ""),
        (item(type="function_call", name="f"), "missing_required_parameter", "item.arguments", ""),
        (item(type="function_call", name="two words", arguments="{}"), "invalid_value", "item.name", "regex"),
        (item(type="function_call_output", output="5"), "missing_required_parameter", "item.call_id", ""),
        (item(type="function_call_output", call_id="x" * 33, output=""), "invalid_value", "item.call_id", "<= 32"),
        (item(type="item_reference", id="i"), "invalid_value", "item.type", "'message'"),
        (create(conversation="other"), "invalid_value", "response.conversation", "'auto', 'none'"),
        (create(input={}), "invalid_value", "response.input", "got `object`"),
        (create(input=[{}] * 257), "invalid_value", "response.input", "<= 256"),
        (create(tools=[{"type": "mcp", "server_label": "s"}]), "invalid_value", "response.tools[0].type", "'function'"),
        (create(tools=[{"type": "function"}]), "missing_required_parameter", "response.tools[0].name", ""),
        (create(tools=[{"type": "function", "name": "f"}] * 129), "invalid_value", "response.tools", "<= 128"),
        (create(tool_choice="maybe"), "invalid_value", "response.tool_choice", "'auto', 'none', 'required'"),
        (create(tool_choice={"type": "mcp"}), "invalid_value", "response.tool_choice.type", "'function'"),
        (create(prompt={"id": "p"}), "invalid_value", "response.prompt", "not supported"),
        (create(output_modalities=["audio", "text"]), "invalid_value", "response.output_modalities", "length 1"),
        (create(max_output_tokens=0), "invalid_value", "response.max_output_tokens", ">= 1"),
        (create(max_output_tokens="all"), "invalid_value", "response.max_output_tokens", "'inf', '1 to 4096'"),
        (create(instructions="x" * 65_537), "invalid_value", "response.instructions", "<= 65536"),
        (create(metadata={str(n): "" for n in range(17)}), "invalid_value", "response.metadata", "<= 16"),
        (create(metadata={"k" * 65: ""}), "invalid_value", "response.metadata", "<= 64"),
        (create(metadata={"k": "v" * 513}), "invalid_value", "response.metadata", "<= 512"),
        (create(metadata={"k": 1}), "invalid_value", "response.metadata", "`str`"),
        (
            create(audio={"output": {"format": {"type": "audio/mp3"}}}),
            "invalid_value",
            "response.audio.output.format.type",
            "'audio/pcm', 'audio/pcmu', 'audio/pcma'",
        ),
        (
            create(audio={"output": {"format": {"type": "audio/pcm", "rate": 16000}}}),
            "invalid_value",
            "response.audio.output.format.rate",
            "'24000'",
        ),
        ({"type": "response.cancel", "response_id": 3}, "invalid_value", "response_id", "got `int`"),
    ],
)
def test_what_is_wrong_with_an_event(event: dict[str, Any], code: str, param: str, said: str) -> None:
    error = refusal(json.dumps({**event, "event_id": "mine"}))

    assert (error.code, error.param, error.event_id) == (code, param, "mine")
    assert param in str(error)
    assert said in str(error)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000])
def test_a_number_that_no_type_can_hold_is_told_with_its_field(number: str) -> None:
    frame = '{"type": "session.update", "session": {"type": "realtime", "max_output_tokens": ' + number + "}}"
    for refusals in (None, Refusals()):
        with pytest.raises(RefusedFrame) as refused:
            decode(frame, refusals)
        assert (refused.value.param or "").startswith("session")
        assert "must be a JSON object" not in str(refused.value)


@pytest.mark.parametrize("event_id", [5, ["x"], {}, "x" * 513])
def test_an_event_id_must_be_a_short_string(event_id: Any) -> None:
    error = refusal(json.dumps({"type": "response.create", "event_id": event_id}))
    assert (error.code, error.param, error.event_id) == ("invalid_value", "event_id", None)


def test_a_clients_own_words_come_back_shortened() -> None:
    for event in ({"type": "x" * 1000}, {"type": "response.create", "y" * 100_000: 1}):
        error = refusal(json.dumps(event))
        assert len(str(error)) < 1000
        assert len(error.param or "") < 1000


def test_the_order_of_keys_is_free_and_bytes_will_do() -> None:
    frame = b'{"audio":"AQACAA==","event_id":"e","type":"input_audio_buffer.append"}'
    assert codec.decode(frame) == InputAudioBufferAppend(event_id="e", audio=b"\x01\x00\x02\x00")


def test_client_events_survive_the_way_there_and_back() -> None:
    for event in (SessionUpdate(session={"type": "realtime"}), ResponseCreate(event_id="e")):
        assert codec.decode(codec.encode(event)) == event


@given(st.one_of(st.binary(), st.text()))
def test_any_frame_is_an_event_or_is_refused(frame: str | bytes) -> None:
    assert refusal(frame).code in ("invalid_json", "invalid_event", "invalid_value")
