"""Every field that OpenAI's newest library can send is known here: honoured, accepted without effect, or refused alone.

A field that a later library adds fails these tests, and needs a decision.
"""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from msgspec import inspect
from openai import BaseModel
from openai.types.realtime import (
    RealtimeClientEvent,
    RealtimeResponseCreateParams,
    RealtimeSessionCreateRequest,
    RealtimeTranscriptionSessionCreateRequest,
)
from openai.types.realtime.realtime_tools_config_union import Mcp

from tests.protocol.line import Line
from tests.protocol.sessions import TOOL, alone
from voicegw.protocol import input_items
from voicegw.protocol.client_events import ClientEvent, ResponseOptions
from voicegw.protocol.input_items import ClientCall, ClientMessage, ClientPart, ClientResult
from voicegw.protocol.session import Session, TranscriptionSession

MCP = {f"tools.{name}" for name in Mcp.model_fields if name not in ("type",)} | {"tool_choice.server_label"}
"""Of tools of a kind that is refused alone."""
ELSEWHERE = {"prompt", "input", "item", "session", "response", "tools.allowed_tools", "tools.require_approval"}
"""What these hold is any JSON, refused as a whole, or tested for itself."""


def theirs(model: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of the fields of a model, with those of all members of a union; lists have no step of their own."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            yield f"{path}{name}"
            if f"{path}{name}" not in ELSEWHERE:
                yield from theirs(field.annotation, f"{path}{name}.")
    else:
        for member in get_args(model):
            yield from theirs(member, path)


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for member in get_args(annotation):
        yield from models(member)


def ours(kind: inspect.Type, path: str = "") -> Iterator[str]:
    match kind:
        case inspect.StructType():
            if kind.tag_field:
                yield f"{path}{kind.tag_field}"
            for field in kind.fields:
                yield f"{path}{field.encode_name}"
                yield from ours(field.type, f"{path}{field.encode_name}.")
        case inspect.UnionType():
            for member in kind.types:
                yield from ours(member, path)
        case inspect.ListType():
            yield from ours(kind.item_type, path)


def known(shape: Any) -> set[str]:
    return set(ours(inspect.type_info(shape)))


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (RealtimeSessionCreateRequest, Session),
        (RealtimeTranscriptionSessionCreateRequest, TranscriptionSession),
        (RealtimeResponseCreateParams, ResponseOptions),
    ],
)
def test_every_field_of_a_configuration_is_known(model: Any, shape: Any) -> None:
    assert set(theirs(model)) - known(shape) <= MCP


def test_every_client_event_has_its_fields() -> None:
    for model in get_args(get_args(RealtimeClientEvent)[0]):
        kind = get_args(model.model_fields["type"].annotation)[0]
        shape = next(one for one in get_args(ClientEvent) if one.__struct_config__.tag == kind)
        assert set(theirs(model)) <= known(shape), kind


def test_every_item_and_part_is_known_or_refused_alone() -> None:
    members = list(models(RealtimeResponseCreateParams.model_fields["input"].annotation))
    kinds = {get_args(member.model_fields["type"].annotation)[0] for member in members}
    assert kinds == {"message", "function_call", "function_call_output"} | input_items.FOREIGN_ITEMS
    for member in members:
        kind = get_args(member.model_fields["type"].annotation)[0]
        if kind in input_items.FOREIGN_ITEMS:
            continue
        shape = {"message": ClientMessage, "function_call": ClientCall, "function_call_output": ClientResult}[kind]
        assert set(member.model_fields) <= known(shape)
        if kind == "message":
            part = get_args(member.model_fields["content"].annotation)[0]
            types = set(get_args(get_args(part.model_fields["type"].annotation)[0]))
            tags = {one.__struct_config__.tag for one in get_args(ClientPart)}
            assert types <= tags | input_items.FOREIGN_PARTS
            assert set(part.model_fields) - known(ClientPart) <= {"image_url", "detail"}


def test_every_field_at_once_loses_none_of_those_that_are_honoured() -> None:
    """What a client would send that always writes all it knows."""
    told, refused = alone(
        Line(),
        instructions="new",
        model="gpt-realtime",
        include=["item.input_audio_transcription.logprobs"],
        max_output_tokens=7,
        output_modalities=["audio"],
        parallel_tool_calls=True,
        prompt={"id": "pmpt_1", "version": "2", "variables": {"a": {"type": "input_text", "text": "b"}}},
        reasoning={"effort": "low"},
        tool_choice={"type": "mcp", "server_label": "s", "name": "n"},
        tools=[TOOL, {"type": "mcp", "server_label": "s", "headers": {"a": "b"}, "require_approval": "never"}],
        tracing={"workflow_name": "w", "group_id": "g", "metadata": {"a": 1}},
        truncation={"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 9}},
        audio={
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "noise_reduction": {"type": "far_field", "strength": 0.5},
                "transcription": {
                    "model": "gpt-4o-transcribe",
                    "language": "en",
                    "languages": ["en"],
                    "keywords": ["Eva"],
                    "delay": "low",
                    "prompt": "p",
                },
                "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.2},
        },
    )
    assert refused["param"].startswith("session.")
    assert (told["instructions"], told["max_output_tokens"], told["audio"]["output"]["voice"]) == ("new", 7, "marin")
    assert (told["prompt"], told["reasoning"], told["tool_choice"]) == (None, None, "auto")
    assert [tool["name"] for tool in told["tools"]] == ["f"]
    assert told["audio"]["input"]["transcription"]["delay"] == "low"
    for name in ("prompt", "tools[1]", "tool_choice"):
        assert f"session.{name}" in refused["message"]
