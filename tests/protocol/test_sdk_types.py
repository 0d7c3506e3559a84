"""Everything this gateway says fits the types of OpenAI's own client library."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest
from openai import BaseModel
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent

from pipeline.audio import Pcm
from pipeline.engines import Transcript, Usage
from pipeline.errors import CallerError
from pipeline.history import Item
from pipeline.notices import (
    IdleTimedOut,
    InputCleared,
    ItemAdded,
    ItemDeleted,
    ItemTruncated,
    ReplyAudio,
    ReplyEnded,
    ReplyReading,
    ReplyStarted,
    ReplyText,
    TranscriptDone,
    TranscriptFailed,
    TranscriptGrew,
    TurnTimed,
)
from pipeline.settings import ReplyOptions
from pipeline.timings import TurnTimings
from tests.protocol.line import Line
from tests.protocol.test_calls import CALLED, CALLING
from tests.protocol.test_narration import ANSWER, TURN, WRITTEN, begun, ended
from voicegw.protocol import codec
from voicegw.protocol.client_events import ClientEvent
from voicegw.protocol.server_events import ServerEvent
from voicegw.protocol.validation import choices


def by_type(union: Any) -> dict[str, type[BaseModel]]:
    """The library's models under the `type` they stand for."""
    models = get_args(get_args(union)[0])
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


# What a server tells of a session and its library's type, made for requests, does not list.
BEYOND = {"session.object", "session.id", "session.expires_at"}

# Events that OpenAI does not have.
OURS = {"voicegw.turn.timings", "voicegw.response.reading"}


def everything() -> list[ServerEvent]:
    """A session in which every event is said at least once."""
    line = Line()
    line.protocol.open()
    line.send("no event")
    line.update(
        instructions="Hi.",
        tracing={"workflow_name": "w"},
        parallel_tool_calls=False,
        audio={
            "input": {"transcription": {"model": "whisper-1", "language": "en"}},
            "output": {"voice": {"id": "amy"}},
        },
    )
    line.update(tracing="auto", audio={"input": {"turn_detection": {"type": "semantic_vad"}}})
    line.protocol.retrieved(Item("item_q", "user", "Hello.", audio=True))
    line.protocol.refuse(CallerError("No.", code="response_cancel_not_active"), "e")
    for notice in (
        *TURN,
        TranscriptDone("item_q", Transcript("Hello.", "en"), 1.5),
        TranscriptFailed("item_q", "engine_timeout", "The recognizer took too long."),
        ItemAdded(Item("item_w", "system", "Hi."), "item_q"),
        *begun(),
        ReplyText("resp_1", "item_a", "Hi!"),
        ReplyAudio("resp_1", "item_a", Pcm(b"\1\0" * 2400, 24000)),
        ended("completed", usage=Usage(3, 2, 1)),
        *begun(WRITTEN, ReplyOptions(audio=False, metadata={"a": "b"})),
        ReplyText("resp_1", "item_a", "Hi!"),
        ended("incomplete", WRITTEN, reason="max_output_tokens"),
        *begun(),
        ended("cancelled", reason="turn_detected"),
        ReplyStarted("resp_2", ReplyOptions()),
        ReplyEnded("resp_2", "failed", code="engine_failed", message="It failed."),
        ItemTruncated("item_a", 100),
        ItemDeleted("item_w"),
        InputCleared(),
        IdleTimedOut("item_idle", 1000, 6000),
        ReplyReading("resp_1", 0.5),
        TurnTimed("resp_1", TurnTimings(0.1, 0.4, 0.8, 1.0, 1.2, 1.2)),
    ):
        line.protocol.notify(notice)
    line.protocol.sounding("started", "resp_2")
    line.protocol.sounding("stopped", "resp_2")
    line.protocol.sounding("cleared", "resp_2")
    line.protocol.retrieved(replace(ANSWER, text="Hi!", status="incomplete"))
    line.protocol.retrieved(Item("item_r", "tool", "sunny", call_id="call_1"))
    return line.events() + played() + transcribed()


def played() -> list[ServerEvent]:
    """A session with calls, telephone formats and everything else that it can be told; its sound is played here."""
    line = Line()
    line.update(
        tools=[{"type": "function", "name": "weather", "description": "How it is.", "parameters": {"type": "object"}}],
        tool_choice={"type": "function", "name": "weather"},
        truncation={"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 9}},
        audio={
            "input": {"format": {"type": "audio/pcmu"}, "noise_reduction": {"type": "near_field", "strength": 0.5}},
            "output": {"format": {"type": "audio/pcma"}},
        },
    )
    for notice in (
        *begun(),
        ReplyAudio("resp_1", "item_a", Pcm(b"\1\0", 24000)),
        *CALLING,
        ended("completed", calls=(CALLED,)),
        ReplyStarted("resp_2", ReplyOptions(in_conversation=False)),
        ReplyEnded("resp_2", "completed"),
    ):
        line.protocol.notify(notice)
    line.protocol.sounding("started", "resp_1")
    line.protocol.sounding("stopped", "resp_1")
    line.protocol.sounding("cleared", "resp_1")
    return line.events()


def transcribed() -> list[ServerEvent]:
    line = Line(kind="transcription")
    line.protocol.open()
    line.update(audio={"input": {"turn_detection": {"type": "semantic_vad"}}})
    line.protocol.notify(TranscriptGrew("item_q", "Hel"))
    return line.events()


def extras(model: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of keys that the library's types do not know: it keeps them, so that they would pass unseen."""
    if isinstance(model, BaseModel):
        yield from (f"{path}.{key}".lstrip(".") for key in model.model_extra or {})
        for name in type(model).model_fields:
            yield from extras(getattr(model, name), f"{path}.{name}".lstrip("."))
    elif isinstance(model, list):
        for element in model:
            yield from extras(element, path)


@pytest.mark.parametrize("event", everything(), ids=lambda event: type(event).__name__)
def test_every_event_is_one_of_the_librarys(event: ServerEvent) -> None:
    model = by_type(RealtimeServerEvent)[str(event.__struct_config__.tag)]
    parsed = model.model_validate_json(codec.encode(event), strict=True)
    assert set(extras(parsed)) <= BEYOND


def test_every_event_is_said_somewhere_above() -> None:
    said = {event.__struct_config__.tag for event in everything()}
    assert said | OURS == set(choices(ServerEvent, ".type"))
    assert not said & OURS, "only for clients that ask for them"


def test_every_client_event_is_one_of_the_librarys() -> None:
    assert set(choices(ClientEvent, ".type")) <= by_type(RealtimeClientEvent).keys()
