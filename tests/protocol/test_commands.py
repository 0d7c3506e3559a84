"""What each event of the client becomes."""

import base64
from typing import Any

import pytest

from pipeline.audio import Pcm
from pipeline.engines import Speaking, Tool, ToolCall
from pipeline.errors import CallerError, EngineDown
from pipeline.history import ROOT, Item
from pipeline.notices import ReplyAudio, ReplyItemStarted, ReplyStarted
from pipeline.settings import Reference, ReplyOptions
from tests.protocol.line import Line
from voicegw.protocol.call_settings import FormattedOptions
from voicegw.protocol.commands import (
    AddItem,
    AppendAudio,
    CancelResponse,
    ClearInput,
    ClearOutput,
    Command,
    CommitInput,
    Configure,
    CreateResponse,
    DeleteItem,
    RetrieveItem,
    TruncateItem,
)
from voicegw.protocol.formats import PcmaFormat


def append(audio: bytes) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(audio).decode()}


def create_item(**item: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": {"type": "message", **item}}


def text(words: str, kind: str = "input_text") -> dict[str, Any]:
    return {"type": kind, "text": words}


def spoken(line: Line) -> Line:
    """The line after the first audio of an answer."""
    line.notify(
        ReplyStarted("resp_1", ReplyOptions()),
        ReplyItemStarted("resp_1", Item("item_a", "assistant", "", audio=True, status="in_progress"), None),
        ReplyAudio("resp_1", "item_a", Pcm(bytes(96), 24000)),
    )
    return line


@pytest.mark.parametrize(
    ("event", "command"),
    [
        ({"type": "input_audio_buffer.commit", "event_id": "e"}, CommitInput("e")),
        ({"type": "input_audio_buffer.clear"}, ClearInput(None)),
        ({"type": "input_audio_buffer.clear", "event_id": None}, ClearInput(None)),
        ({"type": "output_audio_buffer.clear", "event_id": "e"}, ClearOutput("e")),
        ({"type": "conversation.item.delete", "item_id": "a", "event_id": "e"}, DeleteItem("e", "a")),
        ({"type": "conversation.item.retrieve", "item_id": "a"}, RetrieveItem(None, "a")),
        (
            {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 1500},
            TruncateItem(None, "a", 1500),
        ),
        ({"type": "response.cancel"}, CancelResponse(None, None)),
        ({"type": "response.cancel", "response_id": "resp_1"}, CancelResponse(None, "resp_1")),
        ({"type": "response.create", "event_id": "e"}, CreateResponse("e", ReplyOptions())),
        ({"type": "response.create", "response": None}, CreateResponse(None, ReplyOptions())),
    ],
)
def test_an_event_becomes_a_command_and_no_event(event: dict[str, Any], command: Command) -> None:
    line = Line()
    assert line.send(event) == [command]
    assert line.sent() == []


# --- audio ---------------------------------------------------------------------------------------------------------


def test_audio_is_counted_from_the_first_sample_of_the_session() -> None:
    assert Line().send(append(b"\1\0\2\0"), append(b""), append(b"\3\0")) == [
        AppendAudio(None, Pcm(b"\1\0\2\0", 24000, 0)),
        AppendAudio(None, Pcm(b"", 24000, 2)),
        AppendAudio(None, Pcm(b"\3\0", 24000, 2)),
    ]


def test_half_a_sample_is_refused_and_not_counted() -> None:
    line = Line()
    assert line.send({**append(b"\1\0\2"), "event_id": "e"}) == []
    [event] = line.sent()
    assert event["error"] == {
        "type": "invalid_request_error",
        "code": "invalid_value",
        "message": "'audio' holds 3 bytes; 16-bit samples need an even number of them.",
        "param": "audio",
        "event_id": "e",
    }
    assert line.send(append(b"\1\0")) == [AppendAudio(None, Pcm(b"\1\0", 24000, 0))]


def test_audio_of_a_telephone_is_decoded() -> None:
    line = Line()
    line.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
    assert line.send(append(b"\xff\x00")) == [AppendAudio(None, Pcm(b"\x00\x00\x84\x82", 8000, 0))]


# --- items ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "added"),
    [
        ({"role": "user", "content": [text("Hi")], "id": "mine"}, Item("mine", "user", "Hi")),
        ({"role": "user", "content": [text("Hi")], "id": None}, Item("item_1", "user", "Hi")),
        ({"role": "system", "content": [text("a"), text("b")]}, Item("item_1", "system", "a\nb")),
        ({"role": "assistant", "content": [text("Ho", "output_text")]}, Item("item_1", "assistant", "Ho")),
        ({"role": "assistant", "content": [text("Ho", "text")]}, Item("item_1", "assistant", "Ho")),
        (
            {"role": "user", "content": [text("Hi")], "status": "in_progress", "object": "realtime.item"},
            Item("item_1", "user", "Hi"),
        ),
    ],
)
def test_a_written_message(item: dict[str, Any], added: Item) -> None:
    assert Line().send(create_item(**item)) == [AddItem(None, added, None)]


@pytest.mark.parametrize(
    ("item", "added"),
    [
        (
            {"type": "function_call", "id": "mine", "call_id": "c", "name": "f", "arguments": '{"x": 1}'},
            Item("mine", "assistant", None, call=ToolCall("c", "f", '{"x": 1}')),
        ),
        (
            {"type": "function_call", "name": "f", "arguments": "{}", "status": "completed"},
            Item("item_1", "assistant", None, call=ToolCall("call_2", "f", "{}")),
        ),
        (
            {"type": "function_call_output", "call_id": "c", "output": "5"},
            Item("item_1", "tool", "5", call_id="c"),
        ),
    ],
)
def test_a_call_and_its_result(item: dict[str, Any], added: Item) -> None:
    assert Line().send({"type": "conversation.item.create", "item": item}) == [AddItem(None, added, None)]


@pytest.mark.parametrize("arguments", ["", "x", "5", "[" * 100_000, '{"a": 1'])
def test_arguments_are_the_json_of_an_object(arguments: str) -> None:
    line = Line()
    item = {"type": "function_call", "name": "f", "arguments": arguments[:65_536]}
    assert line.send({"type": "conversation.item.create", "item": item}) == []
    assert line.sent()[0]["error"]["param"] == "item.arguments"


@pytest.mark.parametrize(("previous", "after"), [(None, None), ("root", ROOT), ("item_7", "item_7")])
def test_where_a_message_goes(previous: str | None, after: str | None) -> None:
    event = {**create_item(role="user", content=[text("Hi")], id="mine"), "previous_item_id": previous}
    assert Line().send(event) == [AddItem(None, Item("mine", "user", "Hi"), after)]


@pytest.mark.parametrize(
    ("role", "part", "param"),
    [
        ("user", {"type": "input_audio", "audio": ""}, "item.content[1].audio"),
        ("user", {"type": "input_audio", "audio": None}, "item.content[1].audio"),
        ("user", {"type": "input_audio", "audio": "AAA="}, "item.content[1].audio"),
        ("user", {"type": "output_audio", "transcript": "Hi."}, "item.content[1].type"),
        ("assistant", {"type": "output_audio", "audio": "AAA="}, "item.content[1].transcript"),
        ("system", {"type": "output_audio", "transcript": "Hi."}, "item.content[1].type"),
        ("user", text("", "output_text"), "item.content[1].type"),
        ("assistant", text("", "input_text"), "item.content[1].type"),
        ("user", {"text": "a"}, "item.content[1].type"),
        ("user", {"type": "input_text"}, "item.content[1].text"),
        ("user", text("x" * 65_537), "item.content[1].text"),
        ("user", "Hi", "item.content[1]"),
        ("user", None, "item.content[1]"),
    ],
)
def test_the_part_that_is_wrong_is_named(role: str, part: Any, param: str) -> None:
    line = Line()
    good = text("a", "output_text" if role == "assistant" else "input_text")
    assert line.send({**create_item(role=role, content=[good, part]), "event_id": "e"}) == []
    [event] = line.sent()
    assert (event["error"]["param"], event["error"]["event_id"]) == (param, "e")


def test_a_message_is_bounded_as_a_whole() -> None:
    line = Line()
    halves = [text("x" * 40_000), text("y" * 40_000)]
    assert line.send(create_item(role="user", content=halves)) == []
    [event] = line.sent()
    assert event["error"]["param"] == "item.content"
    assert "65536" in event["error"]["message"]


# --- responses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "options"),
    [
        ({}, ReplyOptions()),
        ({"instructions": None, "metadata": None, "input": None, "tools": None, "audio": None}, ReplyOptions()),
        ({"instructions": ""}, ReplyOptions(instructions="")),
        ({"output_modalities": ["text"]}, ReplyOptions(audio=False)),
        ({"output_modalities": ["audio"], "conversation": "auto"}, ReplyOptions(audio=True)),
        ({"metadata": {"client_event_id": "x"}}, ReplyOptions(metadata={"client_event_id": "x"})),
        ({"max_output_tokens": 5}, ReplyOptions(max_tokens=5)),
        ({"max_output_tokens": "inf"}, ReplyOptions()),
        ({"audio": {"output": {"voice": "amy"}}}, ReplyOptions(speaking=Speaking("amy", 1.0))),
        ({"audio": {"output": {"voice": "marin"}}}, ReplyOptions(speaking=Speaking(None, 1.0))),
        ({"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}}, ReplyOptions()),
        ({"audio": {"output": None}, "parallel_tool_calls": True, "conversation": None}, ReplyOptions()),
        ({"tools": [], "tool_choice": "required"}, ReplyOptions(tools=(), tool_choice="auto")),
        (
            {"tools": [{"type": "function", "name": "f", "description": None}], "tool_choice": "required"},
            ReplyOptions(tools=(Tool("f"),), tool_choice="required"),
        ),
        ({"conversation": "none", "metadata": {"a": "b"}}, ReplyOptions(in_conversation=False, metadata={"a": "b"})),
        ({"input": []}, ReplyOptions(input=())),
        (
            {
                "input": [
                    {"type": "item_reference", "id": "item_q"},
                    {"type": "message", "role": "user", "content": [text("Hi")]},
                ]
            },
            ReplyOptions(input=(Reference("item_q"), Item("item_1", "user", "Hi"))),
        ),
        (
            {"audio": {"output": {"format": {"type": "audio/pcma"}}}, "max_output_tokens": 5},
            FormattedOptions(max_tokens=5, format=PcmaFormat()),
        ),
        ({"voicegw": {"say": "Good day!"}}, ReplyOptions(words="Good day!")),
        ({"voicegw": None}, ReplyOptions()),
    ],
)
def test_options_of_one_response(response: dict[str, Any], options: ReplyOptions) -> None:
    assert Line().send({"type": "response.create", "response": response}) == [CreateResponse(None, options)]


def test_a_response_keeps_the_sessions_speed_and_can_lift_its_limit() -> None:
    line = Line()
    line.update(max_output_tokens=10, audio={"output": {"speed": 1.5}})
    response = {"max_output_tokens": "inf", "audio": {"output": {"voice": "amy"}}}
    assert line.send({"type": "response.create", "response": response}) == [
        CreateResponse(None, ReplyOptions(speaking=Speaking("amy", 1.5), max_tokens=4096))
    ]


def test_a_response_can_force_one_of_the_sessions_tools() -> None:
    line = Line()
    line.update(tools=[{"type": "function", "name": "f"}, {"type": "function", "name": "g"}])
    forced = {"type": "function", "name": "g"}
    assert line.send({"type": "response.create", "response": {"tool_choice": forced}}) == [
        CreateResponse(None, ReplyOptions(tools=(Tool("g"),), tool_choice="required"))
    ]


@pytest.mark.parametrize(
    ("response", "param"),
    [
        ({"input": [5]}, "response.input[0]"),
        ({"input": [{"type": "item_reference"}]}, "response.input[0].id"),
        (
            {"input": [{"type": "item_reference", "id": "a"}, {"type": "message", "role": "user", "content": [{}]}]},
            "response.input[1].content[0].type",
        ),
        ({"tool_choice": {"type": "function", "name": "f"}}, "response.tool_choice.name"),
        ({"tools": [{"type": "function", "name": "f"}] * 2}, "response.tools[1].name"),
        ({"voicegw": {"say": ""}}, "response.voicegw.say"),
        ({"voicegw": {"say": "a" * 4097}}, "response.voicegw.say"),
        ({"voicegw": {"sing": "la"}}, "response.voicegw.sing"),
    ],
)
def test_what_is_wrong_with_a_response_is_named(response: dict[str, Any], param: str) -> None:
    line = Line()
    assert line.send({"type": "response.create", "response": response, "event_id": "e"}) == []
    [event] = line.sent()
    assert (event["error"]["param"], event["error"]["event_id"]) == (param, "e")


def test_an_unknown_voice_for_a_response_is_refused_alone() -> None:
    line = Line()
    [command] = line.send({"type": "response.create", "response": {"audio": {"output": {"voice": "bob"}}}})
    assert isinstance(command, CreateResponse)
    assert command.options.speaking is None
    assert line.sent()[0]["error"]["param"] == "response.audio.output.voice"


def test_the_voice_stays_once_it_was_heard() -> None:
    line = spoken(Line())

    [configured] = line.update(audio={"output": {"voice": "amy"}})
    [created] = line.send({"type": "response.create", "response": {"audio": {"output": {"voice": "amy"}}}})
    assert isinstance(configured, Configure)
    assert isinstance(created, CreateResponse)
    assert (configured.settings.speaking.voice, created.options.speaking) == (None, None)  # as before
    errors = [event["error"] for event in line.sent() if event["type"] == "error"]
    assert [error["code"] for error in errors] == ["cannot_update_voice"] * 2
    assert [error["param"] for error in errors] == ["session.audio.output.voice", "response.audio.output.voice"]

    assert len(line.update(audio={"output": {"voice": "joe", "speed": 1.5}})) == 1
    assert len(line.send({"type": "response.create", "response": {"audio": {"output": {"voice": "joe"}}}})) == 1


def test_the_voice_is_free_until_then() -> None:
    line = Line()
    assert len(line.update(audio={"output": {"voice": "amy"}})) == 1
    assert len(line.update(audio={"output": {"voice": "joe"}})) == 1


# --- what the call refuses -----------------------------------------------------------------------------------------


def test_a_refusal_of_the_call_is_told_with_the_clients_event_id() -> None:
    error = CallerError("Cancellation failed: no active response found.", code="response_cancel_not_active")
    [event] = Line().refuse(error, "e")
    assert event == {
        "type": "error",
        "event_id": "event_1",
        "error": {
            "type": "invalid_request_error",
            "code": "response_cancel_not_active",
            "message": "Cancellation failed: no active response found.",
            "param": None,
            "event_id": "e",
        },
    }


def test_a_failure_of_an_engine_is_ours() -> None:
    [event] = Line().refuse(EngineDown("http://10.0.0.7/v1 cannot be reached; set VOICEGW_LLM_URL"))
    assert event["error"] == {
        "type": "server_error",
        "code": "engine_unavailable",
        "message": EngineDown.told,
        "param": None,
        "event_id": None,
    }
