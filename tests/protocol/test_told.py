"""The sum of the deltas is what is completed: of the caller's words, and of answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines import Transcript
from pipeline.history import Item
from pipeline.notices import InputCommitted, Notice, SpeechStarted, SpeechStopped, TranscriptDone, TranscriptGrew
from pipeline.partials import Partials
from tests.protocol.line import Line
from voicegw.protocol import beta
from voicegw.protocol.session import SessionType
from voicegw.protocol.told import whole

PREFIX = "conversation.item.input_audio_transcription."
HYPOTHESES = st.lists(st.text(st.sampled_from("ab ,.我A"), max_size=12), max_size=8)


@pytest.mark.parametrize(
    ("told", "final", "complete"),
    [
        ("", "Hello.", "Hello."),
        ("Hello there", "Hello there, my friend.", "Hello there, my friend."),
        ("Hello there my", "Hello there, my friend.", "Hello there my friend."),
        ("hello there", "Hello there.", "hello there."),
        ("I want two", "I want to go home.", "I want two go home."),
        ("I want to go to the", "I want to go the station.", "I want to go to the station."),
        ("Where is train", "Where is the train?", "Where is train?"),
        ("Hello there", "Hello.", "Hello there."),
        ("Hello", "", "Hello"),
        ("我想喝", "我想喝咖啡。", "我想喝咖啡。"),
        ("我想和", "我想喝咖啡。", "我想和咖啡。"),
    ],
)
def test_what_was_told_goes_on_with_the_final_words_behind_it(told: str, final: str, complete: str) -> None:
    assert whole(told, final) == complete


def test_a_turn_of_a_thousand_words_is_no_more_work_than_it_has_words() -> None:
    told = " ".join(f"w{number}" for number in range(1000))
    assert whole(told, told.replace("w3 ", "x ") + " end") == told + " end"


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_whole_begins_with_what_was_told_whatever_it_was(told: str, final: str) -> None:
    assert whole(told, final).startswith(told)
    assert whole("", final) == final


def turn(hypotheses: list[str], final: str) -> list[Notice]:
    """A turn as the pipeline tells it."""
    partials = Partials()
    grown = [TranscriptGrew("item_q", more) for text in hypotheses if (more := partials.heard(text, "en"))]
    return [
        SpeechStarted("item_q", 0),
        *grown,
        SpeechStopped("item_q", 900),
        InputCommitted(Item("item_q", "user", None, audio=True), None),
        TranscriptDone("item_q", Transcript(final, "en"), 0.9),
    ]


def transcribing(kind: SessionType) -> Line:
    line = Line(kind=kind)
    line.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    line.sent()
    return line


def added_up(events: list[dict[str, Any]]) -> tuple[str, str]:
    """The sum of the deltas, and what is completed."""
    deltas = [event["delta"] for event in events if event["type"] == f"{PREFIX}delta"]
    [completed] = [event["transcript"] for event in events if event["type"] == f"{PREFIX}completed"]
    assert all(deltas), "a delta says something"
    return "".join(deltas), completed


@given(HYPOTHESES, st.text(st.sampled_from("ab ,.我A"), max_size=12), st.sampled_from(["realtime", "transcription"]))
def test_the_sum_of_the_deltas_of_any_turn_is_its_transcript(
    hypotheses: list[str], final: str, kind: SessionType
) -> None:
    told, completed = added_up(transcribing(kind).notify(*turn(hypotheses, final)))
    assert told == completed


@given(HYPOTHESES, st.text(st.sampled_from("ab ,.我A"), max_size=12))
def test_and_so_it_is_in_the_beta(hypotheses: list[str], final: str) -> None:
    line = transcribing("realtime")
    for notice in turn(hypotheses, final):
        line.protocol.notify(notice)
    told, completed = added_up([json.loads(frame) for event in line.events() for frame in beta.write(event)])
    assert told == completed


def test_turns_that_come_to_nothing_do_not_make_one_forget_another() -> None:
    line = transcribing("realtime")
    events = line.notify(SpeechStarted("item_q", 0), TranscriptGrew("item_q", "Hello there"))
    for number in range(20):
        line.notify(SpeechStarted(f"item_{number}", 0), TranscriptGrew(f"item_{number}", "Uh"))
    events += line.notify(TranscriptDone("item_q", Transcript("Hello, there.", "en"), 1.0))
    assert added_up(events) == ("Hello there.", "Hello there.")


def test_transcription_that_is_asked_for_in_the_middle_of_a_turn_tells_all_of_it() -> None:
    line = Line()
    assert line.notify(SpeechStarted("item_q", 0), TranscriptGrew("item_q", "Hello"))[1:] == []
    line.update(audio={"input": {"transcription": {}}})
    line.sent()
    events = line.notify(
        TranscriptGrew("item_q", " there"), TranscriptDone("item_q", Transcript("Hello there, you.", "en"), 1.0)
    )
    assert added_up(events) == ("Hello there, you.", "Hello there, you.")
