"""The beta dialect: the names that the protocol had before it was generally available, as tables.

A client that asks for it (`OpenAI-Beta: realtime=v1`) is read and answered in these names; inside there is only one
protocol. Errors name fields as that one does.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from voicegw.protocol.codec import EVENT_LIMIT, encode
from voicegw.protocol.dialect import Dialect
from voicegw.protocol.server_events import ServerEvent

EVENTS = {
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
}
"""Server events: GA name to beta name."""
PARTS = {"output_text": "text", "output_audio": "audio"}
"""Content of the assistant's messages, likewise."""
FORMATS = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}
FIELDS = {
    "input_audio_format": ("audio", "input", "format"),
    "input_audio_transcription": ("audio", "input", "transcription"),
    "input_audio_noise_reduction": ("audio", "input", "noise_reduction"),
    "turn_detection": ("audio", "input", "turn_detection"),
    "voice": ("audio", "output", "voice"),
    "speed": ("audio", "output", "speed"),
    "output_audio_format": ("audio", "output", "format"),
    "max_response_output_tokens": ("max_output_tokens",),
    "max_output_tokens": ("max_output_tokens",),
    "modalities": ("output_modalities",),
}
"""Fields of a session or of a response: beta name to GA path."""
LATER = frozenset({"truncation", "prompt", "reasoning", "parallel_tool_calls"})
"""Fields of a session that came after the beta."""
TEMPERATURE = 0.8
"""What the beta told of it unless a client said otherwise. Here it has no effect: the model's server has its own."""
GONE = frozenset({"temperature", "client_secret"})
"""Fields that mean nothing any more."""


def read(frame: str | bytes) -> str | bytes:
    """The client's frame in GA names; one that is no event stays as it is, to be refused."""
    if len(frame) > EVENT_LIMIT:
        return frame  # sound, which is named alike; or too long for anything else
    try:
        event = msgspec.json.decode(frame)
    except (ValueError, RecursionError):
        return frame
    if not isinstance(event, dict):
        return frame
    if event.get("type") == "transcription_session.update":
        event["type"] = "session.update"
        event["session"] = {"type": "transcription", **_object(event.get("session"))}
    for key in ("session", "response"):
        if isinstance(event.get(key), dict):
            event[key] = _fields_to_ga(event[key])
    if event.get("type") == "session.update":
        event["session"] = {"type": "realtime", **_object(event.get("session"))}
    return msgspec.json.encode(event)


def write(event: ServerEvent) -> list[str]:
    """The event in beta names."""
    told: dict[str, Any] = msgspec.json.decode(encode(event))
    if told["type"] == "conversation.item.done":
        return []  # the beta has one event for both
    if told["type"] == "conversation.item.added":
        told["type"] = "conversation.item.created"
    told["type"] = EVENTS.get(told["type"], told["type"])
    if "session" in told:
        if told["session"].pop("type") == "transcription":
            told["type"] = f"transcription_{told['type']}"
        else:
            told["session"]["temperature"] = TEMPERATURE
        for later in LATER & told["session"].keys():
            del told["session"][later]
    for key in ("session", "response"):
        if isinstance(told.get(key), dict):
            told[key] = _fields_to_beta(told[key])
    for item in [told.get("item"), *_object(told.get("response")).get("output", [])]:
        for part in _object(item).get("content", []):
            part["type"] = PARTS.get(part["type"], part["type"])
    return [msgspec.json.encode(told).decode()]


BETA = Dialect(read, write)


def _fields_to_ga(fields: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {key: value for key, value in fields.items() if key not in FIELDS and key not in GONE}
    for name, path in FIELDS.items():
        if name in fields:
            _put(result, path, _value_to_ga(name, fields[name]))
    return result


def _value_to_ga(name: str, value: Any) -> Any:
    if name.endswith("audio_format"):
        kind = next((ga for ga, beta in FORMATS.items() if beta == value), value)
        return {"type": kind}
    if name == "modalities" and isinstance(value, list):
        return ["audio"] if "audio" in value else value
    return value


def _fields_to_beta(fields: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in fields.items() if key not in ("audio", "output_modalities")}
    if "output_modalities" in fields:
        result["modalities"] = ["audio", "text"] if fields["output_modalities"] == ["audio"] else ["text"]
    if "max_output_tokens" in result and fields.get("object") == "realtime.session":
        result["max_response_output_tokens"] = result.pop("max_output_tokens")
    for name, path in FIELDS.items():
        if path[0] == "audio" and (value := _get(fields, path)) is not _ABSENT:
            result[name] = FORMATS[value["type"]] if name.endswith("audio_format") else value
    return result


_ABSENT = object()


def _get(fields: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = fields
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return _ABSENT
        value = value[key]
    return value


def _put(fields: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *way, last = path
    for key in way:
        inner = fields.get(key)
        fields[key] = dict(inner) if isinstance(inner, dict) else {}
        fields = fields[key]
    fields[last] = value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
