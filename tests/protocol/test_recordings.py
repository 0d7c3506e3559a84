"""Conversations of real clients, replayed: frames and notices in, and the events come again as they came then.

The recordings are made by `python -m tests.clients.run --record`; after a change of what clients are told, make them
anew. Ids are the recording's, except for those of events.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from pipeline import notices
from pipeline.audio import Pcm
from pipeline.errors import CallerError
from pipeline.history import Item
from pipeline.notices import Notice, ReplyAudio
from pipeline.settings import CallSettings
from tests.protocol.line import Line, offer
from tests.protocol.promises import Promises
from tests.protocol.test_sdk_types import BEYOND, by_type, extras
from voicegw.sessions.encoding import encoder
from voicegw.sessions.phone import NoSound

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.jsonl"))
MODELS = by_type(RealtimeServerEvent)
KNOWN_REFUSALS = {
    "invalid_value",  # asked for a negative number of tokens, in the scenario about errors
    "item_delete_invalid_item_id",
    "item_retrieve_invalid_item_id",
    "response_cancel_not_active",
    "conversation_already_has_active_response",  # pipecat asks for an answer besides the one that VAD brings
}


def calls(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Each connection's lines, the one that begins it first."""
    call: list[dict[str, Any]] = []
    for line in map(json.loads, path.read_text().splitlines()):
        if "call" in line and call:
            yield call
            call = []
        call.append(line)
    yield call


def replayed(call: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each line that follows, and the events that its doing leads to."""
    # Only where the gateway plays the sound itself does it tell of its sounding.
    played = any("sounding" in recorded for recorded in call)
    line = Line(offer(CallSettings()), call[0]["call"], encoder=(lambda *_: NoSound()) if played else encoder)
    for recorded in call[1:]:
        match recorded:
            case {"opened": _}:
                line.protocol.open()
            case {"client": event}:
                line.send(with_sound(event))
            case {"notice": kind, "says": said}:
                line.protocol.notify(notice(kind, said))
            case {"refused": error, "event_id": event_id}:
                line.protocol.refuse(CallerError(error["message"], code=error["code"], param=error["param"]), event_id)
            case {"retrieved": item}:
                line.protocol.retrieved(TypeAdapter(Item).validate_python(item))
            case {"sounding": what, "reply": reply}:
                line.protocol.sounding(what, reply)
            case {"told": _}:
                yield recorded, line.sent()
            case _:
                raise AssertionError(f"a line of no known kind: {recorded}")


def with_sound(event: dict[str, Any]) -> dict[str, Any]:
    if event["type"] != "input_audio_buffer.append":
        return event
    return event | {"audio": base64.b64encode(bytes(event["audio"])).decode()}


def notice(kind: str, said: dict[str, Any]) -> Notice:
    if kind == "ReplyAudio":
        return ReplyAudio(said["reply"], said["item"], Pcm(bytes(2 * said["samples"]), said["rate"]))
    told: Notice = TypeAdapter(getattr(notices, kind)).validate_python(said)
    return told


def refusals(events: list[dict[str, Any]]) -> set[str]:
    return {event["error"]["code"] for event in events if event["type"] == "error"}


def test_several_clients_were_recorded() -> None:
    assert len(RECORDINGS) >= 4


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_real_client_is_told_the_same_again(path: Path) -> None:
    for call in calls(path):
        promises = Promises()
        for recorded, events in replayed(call):
            assert [event["type"] for event in events] == recorded["told"]
            assert refusals(events) <= KNOWN_REFUSALS
            for event in events:
                promises.see(event)
                parsed = MODELS[event["type"]].model_validate_json(json.dumps(event), strict=True)
                assert set(extras(parsed)) <= BEYOND
