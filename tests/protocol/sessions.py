"""The session object as clients see it, and what becomes of an update."""

from typing import Any

from pipeline.settings import CallSettings
from tests.protocol.line import EXPIRES, Line
from voicegw.protocol.commands import Configure

PCM = {"type": "audio/pcm", "rate": 24000}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"x": {"default": None}}}}
SERVER_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
SEMANTIC_VAD = {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}
DEFAULT = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "local",
    "expires_at": EXPIRES,
    "output_modalities": ["audio"],
    "instructions": "Be brief.",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "include": None,
    "audio": {
        "input": {"format": PCM, "transcription": None, "noise_reduction": None, "turn_detection": SERVER_VAD},
        "output": {"format": PCM, "voice": "joe", "speed": 1.0},
    },
}


def updated(line: Line, **session: Any) -> dict[str, Any]:
    """The session that session.updated tells; fails on anything else."""
    line.update(**session)
    [event] = line.sent()
    assert event["type"] == "session.updated", event
    result: dict[str, Any] = event["session"]
    return result


def configured(line: Line, **session: Any) -> CallSettings:
    """What an update means to the call."""
    [command] = line.update(**session)
    assert isinstance(command, Configure)
    return command.settings


def error(line: Line, **session: Any) -> dict[str, Any]:
    """The error of a refused update; fails if anything else happened."""
    before = line.protocol.session
    assert line.update(**session) == []
    [event] = line.sent()
    assert event["type"] == "error", event
    assert line.protocol.session == before
    result: dict[str, Any] = event["error"]
    return result


def alone(line: Line, **session: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The session after an update of which something was refused alone, and the error that says so."""
    assert len(line.update(**session)) == 1
    updated, refused = line.sent()
    assert (updated["type"], refused["type"]) == ("session.updated", "error")
    return updated["session"], refused["error"]


def turn(settings: dict[str, Any] | None) -> dict[str, Any]:
    """An update of turn detection only."""
    return {"audio": {"input": {"turn_detection": settings}}}
