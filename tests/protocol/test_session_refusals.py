"""Sessions that cannot be: updates that are refused, and defaults that the protocol cannot say."""

from typing import Any

import pytest

from pipeline.engines import Speaking
from pipeline.errors import OperatorError
from pipeline.settings import CallSettings, TurnPolicy
from tests.protocol.line import LANGUAGES, Line, offer
from tests.protocol.sessions import DEFAULT, TOOL, alone, configured, error, turn, updated
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
        ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": ["smell"]}, "invalid_value", "session.output_modalities[0]"),
        ({"instructions": "x" * 65_537}, "invalid_value", "session.instructions"),
        ({"max_output_tokens": 4097}, "invalid_value", "session.max_output_tokens"),
        ({"tools": [{"type": "function", "name": ""}]}, "invalid_value", "session.tools[0].name"),
        ({"tools": [TOOL, TOOL]}, "invalid_value", "session.tools[1].name"),
        ({"tools": [{**TOOL, "parameters": {"x": "y" * 131_072}}]}, "invalid_value", "session.tools"),
        ({"tools": [TOOL], "tool_choice": "must"}, "invalid_value", "session.tool_choice"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "name": "g"}},
            "invalid_value",
            "session.tool_choice.name",
        ),
        ({"include": ["item.input_image"]}, "invalid_value", "session.include[0]"),
        ({"truncation": "never"}, "invalid_value", "session.truncation"),
        (
            {"truncation": {"type": "retention_ratio", "retention_ratio": 2}},
            "invalid_value",
            "session.truncation.retention_ratio",
        ),
        ({"audio": 5}, "invalid_value", "session.audio"),
        ({"audio": {"input": {"format": {"type": "audio/mp3"}}}}, "invalid_value", "session.audio.input.format.type"),
        ({"audio": {"input": {"format": {"rate": 16000}}}}, "invalid_value", "session.audio.input.format.rate"),
        (
            {"audio": {"input": {"noise_reduction": {"type": "studio"}}}},
            "invalid_value",
            "session.audio.input.noise_reduction.type",
        ),
        (turn({"type": "guess"}), "invalid_value", "session.audio.input.turn_detection.type"),
        (turn({"type": ["server_vad"]}), "invalid_value", "session.audio.input.turn_detection.type"),
        (turn({"threshold": 1.5}), "invalid_value", "session.audio.input.turn_detection.threshold"),
        (turn({"silence_duration_ms": -1}), "invalid_value", "session.audio.input.turn_detection.silence_duration_ms"),
        (turn({"prefix_padding_ms": 5001}), "invalid_value", "session.audio.input.turn_detection.prefix_padding_ms"),
        (turn({"idle_timeout_ms": 600}), "invalid_value", "session.audio.input.turn_detection.idle_timeout_ms"),
        ({"audio": {"output": {"speed": 2}}}, "invalid_value", "session.audio.output.speed"),
    ],
)
def test_a_wrong_update_changes_nothing(session: dict[str, Any], code: str, param: str) -> None:
    refused = error(Line(), **session)
    assert (refused["code"], refused["param"], refused["type"]) == (code, param, "invalid_request_error")
    words = ("no tool named 'g'", "two tools named 'f'", "all tools together", "cannot become")
    assert f"'{param}'" in refused["message"] or any(word in refused["message"] for word in words)


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        ({"tools": [{"type": "mcp", "server_label": "s"}]}, "invalid_value", "session.tools[0].type"),
        ({"prompt": {"id": "p"}}, "invalid_value", "session.prompt"),
        ({"audio": {"video": {}}}, "unknown_parameter", "session.audio.video"),
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
        (turn({"eagerness": "low"}), "unknown_parameter", "session.audio.input.turn_detection.eagerness"),
        (
            turn({"type": "semantic_vad", "threshold": 0.5}),
            "unknown_parameter",
            "session.audio.input.turn_detection.threshold",
        ),
        ({"audio": {"output": {"voice": "bob"}}}, "invalid_value", "session.audio.output.voice"),
        ({"audio": {"output": {"voice": {"id": "bob"}}}}, "invalid_value", "session.audio.output.voice"),
        (
            {"audio": {"input": {"transcription": {"languages": ["en", "xx"]}}}},
            "invalid_value",
            "session.audio.input.transcription.languages[1]",
        ),
        ({"tools": [{**TOOL, "strict": True}]}, "unknown_parameter", "session.tools[0].strict"),
        ({"tool_choice": {"type": "mcp", "server_label": "s"}}, "invalid_value", "session.tool_choice.type"),
    ],
)
def test_what_is_not_here_is_refused_alone(session: dict[str, Any], code: str, param: str) -> None:
    line = Line()
    told, refused = alone(line, **session, instructions="new", max_output_tokens=7)
    assert (refused["code"], refused["param"], refused["type"]) == (code, param, "invalid_request_error")
    assert (told["instructions"], told["max_output_tokens"]) == ("new", 7)
    output: Any = DEFAULT["audio"]
    output = output["output"]
    for field in ("voice", "speed", "format"):
        assert told["audio"]["output"][field] == output[field]
    assert (told["prompt"], told["tool_choice"]) == (None, "auto")
    assert error(line, max_output_tokens=0)["param"] == "session.max_output_tokens"  # the session goes on


def test_several_fields_are_refused_in_one_event_that_names_them() -> None:
    mcp = {"type": "mcp", "server_label": "s", "server_url": "https://example.org"}
    told, refused = alone(
        Line(), tools=[TOOL, mcp], prompt={"id": "p"}, colour=1, audio={"output": {"voice": "bob", "pitch": 2}}
    )
    assert [tool["name"] for tool in told["tools"]] == ["f"]
    for param in ("session.tools[1].type", "session.prompt", "session.colour", "session.audio.output.pitch", "'bob'"):
        assert param in refused["message"]


def test_a_mistake_besides_refuses_the_whole_and_so_do_too_many_unknown_fields() -> None:
    error(Line(), colour=1, max_output_tokens=0)
    assert error(Line(), **{f"x{number}": 1 for number in range(40)})["code"] == "unknown_parameter"


def test_what_has_no_effect_is_accepted_and_told_as_null() -> None:
    line = Line()
    changed = updated(line, reasoning={"effort": "low"}, instructions="new", parallel_tool_calls=False)
    assert (changed["reasoning"], changed["instructions"], changed["parallel_tool_calls"]) == (None, "new", False)
    assert updated(line, reasoning={"effort": "xhigh"})["reasoning"] is None


def test_labels_are_kept_whatever_they_are_and_several_languages_are_left_to_the_recognizer() -> None:
    line = Line()
    assert updated(line, tracing={"metadata": {"a": {"b": [1]}}})["tracing"] == {"metadata": {"a": {"b": [1]}}}
    command = configured(line, audio={"input": {"transcription": {"languages": ["en", "de"]}}})
    assert command.listening.language is None
    assert configured(Line(), audio={"input": {"transcription": {"languages": ["de"]}}}).listening.language == "de"


def test_an_update_with_a_mistake_is_not_taken_at_all() -> None:
    line = Line()
    error(line, instructions="new", max_output_tokens=0)
    assert updated(line) == DEFAULT


def test_an_unknown_voice_is_told_which_there_are() -> None:
    assert "'joe', 'amy'" in alone(Line(), audio={"output": {"voice": "bob"}})[1]["message"]


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
    message = alone(Line(), audio={"input": {"transcription": {"language": "fr-FR"}}})[1]["message"]
    assert "'fr-FR'" in message
    assert "de, en" in message
