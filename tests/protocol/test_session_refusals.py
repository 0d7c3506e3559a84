"""Sessions that cannot be: updates that are refused, and defaults that the protocol cannot say."""

from typing import Any

import pytest

from pipeline.engines import Speaking
from pipeline.errors import OperatorError
from pipeline.settings import CallSettings, TurnPolicy
from tests.protocol.line import LANGUAGES, Line, offer
from tests.protocol.sessions import DEFAULT, TOOL, error, turn, updated
from voicegw.protocol.offer import Offer


def test_the_type_is_required() -> None:
    line = Line()
    assert line.send({"type": "session.update", "session": {"instructions": "x"}, "event_id": "e"}) == []
    [event] = line.sent()
    assert event["error"]["code"] == "missing_required_parameter"
    assert event["error"]["param"] == "session.type"
    assert event["error"]["event_id"] == "e"


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": "transcription"}, "invalid_parameter", "session.type"),
        ({"type": "song"}, "invalid_value", "session.type"),
        ({"type": 7}, "invalid_value", "session.type"),
        ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": ["smell"]}, "invalid_value", "session.output_modalities[0]"),
        ({"instructions": "x" * 65_537}, "invalid_value", "session.instructions"),
        ({"max_output_tokens": 4097}, "invalid_value", "session.max_output_tokens"),
        ({"tools": [{"type": "mcp", "server_label": "s"}]}, "invalid_value", "session.tools[0].type"),
        ({"tools": [{"type": "function", "name": ""}]}, "invalid_value", "session.tools[0].name"),
        ({"tools": [TOOL, TOOL]}, "invalid_value", "session.tools[1].name"),
        ({"tools": [{**TOOL, "parameters": {"x": "y" * 131_072}}]}, "invalid_value", "session.tools"),
        ({"tools": [TOOL], "tool_choice": "must"}, "invalid_value", "session.tool_choice"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "name": "g"}},
            "invalid_value",
            "session.tool_choice.name",
        ),
        ({"prompt": {"id": "p"}}, "invalid_value", "session.prompt"),
        ({"reasoning": {"effort": "low"}}, "invalid_value", "session.reasoning"),
        ({"include": ["item.input_image"]}, "invalid_value", "session.include[0]"),
        ({"truncation": "never"}, "invalid_value", "session.truncation"),
        (
            {"truncation": {"type": "retention_ratio", "retention_ratio": 2}},
            "invalid_value",
            "session.truncation.retention_ratio",
        ),
        ({"tracing": {"metadata": {"a": {}}}}, "invalid_value", "session.tracing.metadata"),
        ({"audio": 5}, "invalid_value", "session.audio"),
        ({"audio": {"video": {}}}, "unknown_parameter", "session.audio.video"),
        ({"audio": {"input": {"format": {"type": "audio/mp3"}}}}, "invalid_value", "session.audio.input.format.type"),
        ({"audio": {"input": {"format": {"rate": 16000}}}}, "invalid_value", "session.audio.input.format.rate"),
        (
            {"audio": {"input": {"noise_reduction": {"type": "studio"}}}},
            "invalid_value",
            "session.audio.input.noise_reduction.type",
        ),
        (
            {"audio": {"input": {"transcription": {"language": "xx"}}}},
            "invalid_value",
            "session.audio.input.transcription.language",
        ),
        (
            {"audio": {"input": {"transcription": {"language": "Klingon"}}}},
            "invalid_value",
            "session.audio.input.transcription.language",
        ),
        (
            {"audio": {"input": {"transcription": {"languages": ["en", "de"]}}}},
            "invalid_value",
            "session.audio.input.transcription.languages",
        ),
        (turn({"type": "guess"}), "invalid_value", "session.audio.input.turn_detection.type"),
        (turn({"type": ["server_vad"]}), "invalid_value", "session.audio.input.turn_detection.type"),
        (turn({"threshold": 1.5}), "invalid_value", "session.audio.input.turn_detection.threshold"),
        (turn({"silence_duration_ms": -1}), "invalid_value", "session.audio.input.turn_detection.silence_duration_ms"),
        (turn({"prefix_padding_ms": 5001}), "invalid_value", "session.audio.input.turn_detection.prefix_padding_ms"),
        (turn({"idle_timeout_ms": 600}), "invalid_value", "session.audio.input.turn_detection.idle_timeout_ms"),
        (turn({"eagerness": "low"}), "unknown_parameter", "session.audio.input.turn_detection.eagerness"),
        (
            turn({"type": "semantic_vad", "threshold": 0.5}),
            "unknown_parameter",
            "session.audio.input.turn_detection.threshold",
        ),
        ({"audio": {"output": {"speed": 2}}}, "invalid_value", "session.audio.output.speed"),
        ({"audio": {"output": {"voice": "bob"}}}, "invalid_value", "session.audio.output.voice"),
        ({"audio": {"output": {"voice": {"id": "bob"}}}}, "invalid_value", "session.audio.output.voice"),
    ],
)
def test_a_wrong_update_changes_nothing(session: dict[str, Any], code: str, param: str) -> None:
    refused = error(Line(), **session)
    assert (refused["code"], refused["param"], refused["type"]) == (code, param, "invalid_request_error")
    words = ("voice 'bob'", "no tool named 'g'", "two tools named 'f'", "all tools together", "cannot become")
    assert f"'{param}'" in refused["message"] or any(word in refused["message"] for word in words)


def test_an_update_is_taken_whole_or_not_at_all() -> None:
    line = Line()
    error(line, instructions="new", audio={"output": {"voice": "bob"}})
    assert updated(line) == DEFAULT


def test_an_unknown_voice_is_told_which_there_are() -> None:
    assert "'joe', 'amy'" in error(Line(), audio={"output": {"voice": "bob"}})["message"]


@pytest.mark.parametrize(
    "defaults",
    [
        CallSettings(speaking=Speaking(voice="bob")),
        CallSettings(speaking=Speaking(speed=3.0)),
        CallSettings(max_tokens=0),
        CallSettings(turn=TurnPolicy(silence=60_000)),
    ],
)
def test_defaults_that_the_protocol_cannot_say_are_the_operators_fault(defaults: CallSettings) -> None:
    with pytest.raises(OperatorError, match="default settings"):
        offer(defaults)


def test_an_offer_without_a_voice_is_the_operators_fault() -> None:
    with pytest.raises(OperatorError, match="no voice"):
        Offer("local", (), CallSettings(), LANGUAGES)


def test_a_language_that_the_recognizer_does_not_know_is_told_with_those_it_knows() -> None:
    message = error(Line(), audio={"input": {"transcription": {"language": "fr-FR"}}})["message"]
    assert "'fr-FR'" in message
    assert "de, en" in message
