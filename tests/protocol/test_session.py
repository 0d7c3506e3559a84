"""The session object: its defaults, how updates change it, and what it means to a call."""

from typing import Any

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest
from openai.types.realtime.session_update_event import SessionUpdateEvent

from pipeline.engines import Listening, Speaking, Tool
from pipeline.errors import CallerError, OperatorError
from pipeline.settings import CallSettings, Detection, TurnPolicy
from tests.protocol.line import EXPIRES, LANGUAGES, OFFER, Line, offer, types
from voicegw.protocol.commands import Configure
from voicegw.protocol.offer import Offer

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


def turn(settings: dict[str, Any] | None) -> dict[str, Any]:
    return {"audio": {"input": {"turn_detection": settings}}}


# --- merging -------------------------------------------------------------------------------------------------------


def test_the_first_event_tells_every_key() -> None:
    [created] = Line().open()
    assert created == {"type": "session.created", "event_id": "event_1", "session": DEFAULT}


def test_only_keys_that_are_present_change() -> None:
    line = Line()
    assert updated(line) == DEFAULT
    assert updated(line, instructions="") == {**DEFAULT, "instructions": ""}
    changed = updated(line, audio={"output": {"speed": 1.25}, "input": {"transcription": {"model": "whisper-1"}}})
    assert changed["audio"]["output"] == {"format": PCM, "voice": "joe", "speed": 1.25}
    assert changed["audio"]["input"] == {**DEFAULT["audio"]["input"], "transcription": {"model": "whisper-1"}}  # type: ignore[index]


def test_what_the_server_made_cannot_be_changed_and_may_be_sent_back() -> None:
    assert updated(Line(), **{**DEFAULT, "model": "gpt-realtime", "id": "sess_2", "expires_at": 0}) == DEFAULT


def test_turn_detection_is_merged_within_its_type_and_replaced_across() -> None:
    line = Line(offer(CallSettings(turn=TurnPolicy(Detection.SILENCE, silence=650)), "joe"))
    steps: list[tuple[dict[str, Any] | None, dict[str, Any] | None]] = [
        ({"type": "server_vad", "threshold": 0.7}, {**SERVER_VAD, "threshold": 0.7, "silence_duration_ms": 650}),
        (
            {"create_response": False},
            {**SERVER_VAD, "threshold": 0.7, "silence_duration_ms": 650, "create_response": False},
        ),
        ({"type": "semantic_vad", "eagerness": "high"}, {**SEMANTIC_VAD, "eagerness": "high"}),
        (None, None),
        ({"type": "server_vad", "threshold": None}, {**SERVER_VAD, "silence_duration_ms": 650}),
        (None, None),
        ({"type": "semantic_vad"}, SEMANTIC_VAD),
    ]
    for wanted, expected in steps:
        assert updated(line, **turn(wanted))["audio"]["input"]["turn_detection"] == expected


def test_null_clears_what_can_be_cleared_and_is_no_change_elsewhere() -> None:
    line = Line()
    updated(line, tracing="auto", audio={"input": {"transcription": {"model": "whisper-1", "language": "de"}}})
    nothing = {"instructions": None, "tools": None, "output_modalities": None, "truncation": None, "audio": None}
    assert updated(line, **nothing)["tracing"] == "auto"
    changed = updated(line, tracing=None, audio={"input": {"transcription": {"language": None}}, "output": None})
    assert changed["tracing"] is None
    assert changed["audio"]["input"]["transcription"] == {"model": "whisper-1", "language": None}
    assert updated(line, audio={"input": {"transcription": None}}) == DEFAULT


def test_a_client_that_writes_out_every_optional_field_is_understood() -> None:
    session = RealtimeSessionCreateRequest(type="realtime", instructions="Speak slowly.")
    frame = SessionUpdateEvent(type="session.update", session=session).model_dump_json()
    line = Line()
    line.send(frame)
    [event] = line.sent()
    assert event["session"] == {**DEFAULT, "instructions": "Speak slowly."}


def test_what_the_javascript_agents_sdk_sends_is_understood() -> None:
    changed = updated(
        Line(),
        model="gpt-realtime-2.1",
        instructions="Hello.",
        output_modalities=["audio"],
        audio={
            "input": {
                "format": PCM,
                "noise_reduction": None,
                "transcription": {"model": "gpt-4o-mini-transcribe"},
                "turn_detection": {"type": "semantic_vad"},
            },
            "output": {"format": PCM, "speed": 1},
        },
    )
    assert changed["audio"]["input"]["turn_detection"] == SEMANTIC_VAD
    assert changed["audio"]["input"]["transcription"] == {"model": "gpt-4o-mini-transcribe"}


def test_tracing_is_kept_without_effect() -> None:
    tracing = {"workflow_name": "w", "group_id": "g", "metadata": {"a": "b"}}
    assert updated(Line(), tracing=tracing)["tracing"] == tracing


# --- refusals ------------------------------------------------------------------------------------------------------


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


# --- what it means -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("detection", list(Detection))
def test_an_unchanged_session_means_the_defaults(detection: Detection) -> None:
    defaults = CallSettings(
        instructions="Hi.",
        memory=5000,
        listening=Listening("de", "Kwatschke"),
        speaking=Speaking("amy", 1.1),
        max_tokens=300,
        turn=TurnPolicy(detection, silence=650, threshold=0.4, release=0.3, pause=100),
    )
    assert configured(Line(offer(defaults))) == defaults


def test_log_probabilities_are_found_for_who_asks_for_them_and_is_told_the_words() -> None:
    include = ["item.input_audio_transcription.logprobs"]
    line = Line()
    assert not configured(line, include=include).listening.token_logprobs
    assert configured(line, audio={"input": {"transcription": {"model": "w"}}}).listening.token_logprobs
    assert not configured(line, include=None).listening.token_logprobs
    assert not configured(line, include=[]).listening.token_logprobs


def test_a_session_is_carried_out() -> None:
    settings = configured(
        Line(),
        instructions="Sing.",
        output_modalities=["text"],
        max_output_tokens=99,
        audio={
            "input": {
                "transcription": {"model": "w", "language": "de-AT", "prompt": "Names:", "keywords": ["Eva", "Jo"]},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.7,
                    "prefix_padding_ms": 600,
                    "silence_duration_ms": 50,
                    "create_response": False,
                    "interrupt_response": False,
                },
            },
            "output": {"voice": {"id": "amy"}, "speed": 0.5},
        },
    )
    assert settings == CallSettings(
        instructions="Sing.",
        listening=Listening("de", "Names:\nEva, Jo"),
        speaking=Speaking("amy", 0.5),
        audio=False,
        max_tokens=99,
        turn=TurnPolicy(
            Detection.SILENCE,
            threshold=0.7,
            release=settings.turn.release,
            prefix=600,
            pause=50,
            silence=50,
            create_response=False,
            interrupt_response=False,
        ),
    )
    assert settings.turn.release == pytest.approx(0.55)


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.5, 1.0])
def test_speech_ends_below_the_threshold_at_which_it_began(threshold: float) -> None:
    policy = configured(Line(), **turn({"threshold": threshold})).turn
    assert 0 <= policy.release <= policy.threshold == threshold


@pytest.mark.parametrize(("eagerness", "patience"), [("low", 8000), ("medium", 4000), ("auto", 1234), ("high", 2000)])
def test_eagerness_is_patience_with_an_unfinished_sentence(eagerness: str, patience: int) -> None:
    line = Line(offer(CallSettings(turn=TurnPolicy(Detection.SILENCE, patience=1234))))
    policy = configured(line, **turn({"type": "semantic_vad", "eagerness": eagerness})).turn
    assert (policy.detection, policy.patience) == (Detection.ADAPTIVE, patience)


def test_an_adaptive_gateway_says_so() -> None:
    line = Line(offer(CallSettings(turn=TurnPolicy(Detection.ADAPTIVE, interrupt_response=False))))
    expected = {**SEMANTIC_VAD, "interrupt_response": False}
    assert updated(line)["audio"]["input"]["turn_detection"] == expected


def test_no_turn_detection_leaves_turns_to_the_client() -> None:
    assert configured(Line(), **turn(None)).turn.detection is Detection.MANUAL
    manual = CallSettings(turn=TurnPolicy(detection=Detection.MANUAL))
    line = Line(offer(manual))
    assert line.protocol.session.audio.input.turn_detection is None
    assert configured(line, **turn({"type": "server_vad"})).turn.detection is Detection.SILENCE


@pytest.mark.parametrize("voice", ["alloy", "marin", "cedar"])
def test_voices_of_openai_mean_the_default_voice_and_are_echoed(voice: str) -> None:
    line = Line()
    assert configured(line, audio={"output": {"voice": voice}}).speaking.voice == "joe"
    assert line.sent()[0]["session"]["audio"]["output"]["voice"] == voice


def test_a_voice_of_ours_wins_over_an_alias() -> None:
    line = Line(offer(CallSettings(), "joe", "alloy"))
    assert configured(line, audio={"output": {"voice": "alloy"}}).speaking.voice == "alloy"


# --- tools, formats, truncation ------------------------------------------------------------------------------------


def test_tools_are_offered_and_echoed_as_they_were_sent() -> None:
    line = Line()
    settings = configured(line, tools=[TOOL, {"type": "function", "name": "g", "description": "Sings."}])
    assert settings.tools == (Tool("f", "", TOOL["parameters"]), Tool("g", "Sings."))  # type: ignore[arg-type]
    assert settings.tool_choice == "auto"
    [event] = line.sent()
    assert event["session"]["tools"] == [TOOL, {"type": "function", "name": "g", "description": "Sings."}]
    assert configured(line, tool_choice="required").tool_choice == "required"
    assert configured(line, tools=[]).tools == ()


def test_one_forced_function_is_the_only_one_offered() -> None:
    line = Line()
    settings = configured(line, tools=[TOOL, {**TOOL, "name": "g"}], tool_choice={"type": "function", "name": "g"})
    assert [tool.name for tool in settings.tools] == ["g"]
    assert settings.tool_choice == "required"
    assert line.sent()[0]["session"]["tool_choice"] == {"type": "function", "name": "g"}


def test_nothing_is_required_before_there_is_a_tool() -> None:
    line = Line()
    assert configured(line, tool_choice="required").tool_choice == "auto"
    assert configured(line, tools=[TOOL]).tool_choice == "required"


def test_formats_are_independent_of_each_other() -> None:
    line = Line()
    changed = updated(line, audio={"input": {"format": {"type": "audio/pcmu"}}})
    assert changed["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert changed["audio"]["output"]["format"] == PCM
    changed = updated(
        line, audio={"input": {"format": {"type": "audio/pcm"}}, "output": {"format": {"type": "audio/pcma"}}}
    )
    assert changed["audio"]["input"]["format"] == PCM
    assert changed["audio"]["output"]["format"] == {"type": "audio/pcma"}


def test_truncation_decides_what_is_remembered() -> None:
    line = Line(offer(CallSettings(memory=5000)))
    assert not configured(line, truncation="disabled").forgets
    ratio = {"type": "retention_ratio", "retention_ratio": 0.5}
    settings = configured(line, truncation=ratio)
    assert (settings.forgets, settings.memory, settings.retained) == (True, 5000, 0.5)
    limits = {**ratio, "token_limits": {"post_instructions": 100}}
    assert configured(line, truncation=limits).memory == 400
    assert configured(line, truncation={**ratio, "token_limits": {"post_instructions": 10**6}}).memory == 5000
    assert configured(line, truncation="auto") == configured(Line(offer(CallSettings(memory=5000))))


def test_noise_reduction_is_echoed_and_keeps_its_strength() -> None:
    line = Line()
    updated(line, audio={"input": {"noise_reduction": {"type": "far_field", "strength": 0.5}}})
    changed = updated(line, audio={"input": {"noise_reduction": {"type": "far_field"}}})
    assert changed["audio"]["input"]["noise_reduction"] == {"type": "far_field", "strength": 0.5}
    assert updated(line, audio={"input": {"noise_reduction": None}}) == DEFAULT


def test_a_language_that_the_recognizer_does_not_know_is_told_with_those_it_knows() -> None:
    message = error(Line(), audio={"input": {"transcription": {"language": "fr-FR"}}})["message"]
    assert "'fr-FR'" in message
    assert "de, en" in message


# --- beginning with wishes, and transcription ----------------------------------------------------------------------


def test_a_session_can_begin_as_somebody_wished() -> None:
    [created] = Line(wishes={"type": "realtime", "instructions": "Sing.", "output_modalities": ["text"]}).open()
    assert created["session"] == {**DEFAULT, "instructions": "Sing.", "output_modalities": ["text"]}
    with pytest.raises(CallerError, match="voice 'bob'"):
        Line(wishes={"type": "realtime", "audio": {"output": {"voice": "bob"}}})


def test_a_transcription_session_tells_every_key_and_nobody_answers() -> None:
    line = Line(kind="transcription")
    [created] = line.open()
    quiet = {**SERVER_VAD, "create_response": False, "interrupt_response": False}
    heard = {"format": PCM, "transcription": {"model": "whisper"}, "noise_reduction": None, "turn_detection": quiet}
    assert created["session"] == {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": "sess_1",
        "expires_at": EXPIRES,
        "include": None,
        "audio": {"input": heard},
    }
    settings = configured(
        line,
        audio={
            "input": {
                "format": {"type": "audio/pcmu"},
                "transcription": {"model": "gpt-4o-transcribe", "language": "de"},
                "turn_detection": {"type": "server_vad", "prefix_padding_ms": 600, "silence_duration_ms": 350},
            }
        },
    )
    assert settings.listening == Listening("de")
    assert (settings.turn.create_response, settings.turn.interrupt_response) == (False, False)
    assert (settings.turn.prefix, settings.turn.silence, settings.instructions) == (600, 350, "")
    assert not configured(line, **turn({"create_response": True})).turn.create_response


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": "realtime"}, "invalid_parameter", "session.type"),
        ({"instructions": "Hi."}, "unknown_parameter", "session.instructions"),
        ({"audio": {"output": {"voice": "joe"}}}, "unknown_parameter", "session.audio.output"),
        ({"include": ["item.input_audio_transcription.logprobs"] * 2}, "invalid_value", "session.include"),
    ],
)
def test_what_a_transcription_session_cannot_have(session: dict[str, Any], code: str, param: str) -> None:
    refused = error(Line(kind="transcription"), **session)
    assert (refused["code"], refused["param"]) == (code, param)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.create", "response": {"instructions": "Hi."}},
        {"type": "response.cancel"},
        {"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 1},
        {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": ""}},
    ],
)
def test_what_has_no_meaning_where_nobody_answers(event: dict[str, Any]) -> None:
    line = Line(kind="transcription")
    assert line.send({**event, "event_id": "e"}) == []
    [told] = line.sent()
    assert (told["error"]["param"], told["error"]["event_id"]) == ("type", "e")
    assert event["type"] in told["error"]["message"]


def test_one_update_gives_one_event() -> None:
    line = Line(OFFER)
    line.update(instructions="a")
    line.update(instructions="b")
    assert types(line.sent()) == ["session.updated", "session.updated"]
