"""What a session means to a call."""

import pytest

from pipeline.engines import Listening, Speaking, Tool
from pipeline.settings import CallSettings, Detection, TurnPolicy
from tests.protocol.line import Line, offer
from tests.protocol.sessions import SEMANTIC_VAD, TOOL, configured, turn, updated


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
    assert configured(line, audio={"output": {"voice": voice}}).speaking.voice is None
    assert line.sent()[0]["session"]["audio"]["output"]["voice"] == voice


def test_a_voice_of_ours_wins_over_an_alias() -> None:
    line = Line(offer(CallSettings(), "joe", "alloy"))
    assert configured(line, audio={"output": {"voice": "alloy"}}).speaking.voice == "alloy"


# --- tools, truncation ---------------------------------------------------------------------------------------------


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
