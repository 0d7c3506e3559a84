"""Whole turns, event by event: what arrives in which order, and with which keys."""

import base64
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio import Pcm
from pipeline.engines import Speaking, Token, Transcript, Usage
from pipeline.history import Item
from pipeline.notices import (
    InputCleared,
    InputCommitted,
    ItemAdded,
    ItemDeleted,
    ItemTruncated,
    Notice,
    ReplyAudio,
    ReplyEnded,
    ReplyItemStarted,
    ReplyStarted,
    ReplyText,
    SpeechStarted,
    SpeechStopped,
    TranscriptDone,
    TranscriptFailed,
)
from pipeline.settings import ReplyOptions
from tests.protocol.line import Line, types, without_ids

QUESTION = Item("item_q", "user", None, audio=True)
ANSWER = Item("item_a", "assistant", "", audio=True, status="in_progress")
WRITTEN = replace(ANSWER, audio=False)
TURN: tuple[Notice, ...] = (
    SpeechStarted("item_q", 700),
    SpeechStopped("item_q", 2900),
    InputCommitted(QUESTION, None),
)
NO_USAGE = {
    "total_tokens": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "input_token_details": {
        "text_tokens": 0,
        "audio_tokens": 0,
        "image_tokens": 0,
        "cached_tokens": 0,
        "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 0, "audio_tokens": 0},
}
PLACE = {"response_id": "resp_1", "item_id": "item_a", "output_index": 0, "content_index": 0}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def item(content: dict[str, Any] | None, status: str = "completed", id: str = "item_a") -> dict[str, Any]:
    return {
        "id": id,
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": "user" if id == "item_q" else "assistant",
        "content": [content] if content else [],
    }


def response(status: str, *output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "object": "realtime.response",
        "id": "resp_1",
        "conversation_id": "conv_1",
        "status": status,
        "status_details": None,
        "output": list(output),
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "joe"}},
        "usage": None,
        "metadata": None,
        **fields,
    }


def begun(answer: Item = ANSWER, options: ReplyOptions | None = None) -> tuple[Notice, ...]:
    return ReplyStarted("resp_1", options or ReplyOptions()), ReplyItemStarted("resp_1", answer, "item_q")


def ended(status: Any, answer: Item | None = ANSWER, text: str = "Hi!", **fields: Any) -> ReplyEnded:
    if answer is not None:
        answer = replace(answer, text=text, status="completed" if status == "completed" else "incomplete")
    return ReplyEnded("resp_1", status, answer, **fields)


# --- what the caller says ------------------------------------------------------------------------------------------


def test_a_spoken_turn() -> None:
    asked = item({"type": "input_audio", "transcript": None}, id="item_q")
    assert without_ids(Line().notify(*TURN)) == [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 700, "item_id": "item_q"},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 2900, "item_id": "item_q"},
        {"type": "input_audio_buffer.committed", "item_id": "item_q", "previous_item_id": None},
        {"type": "conversation.item.added", "previous_item_id": None, "item": asked},
        {"type": "conversation.item.done", "previous_item_id": None, "item": asked},
    ]


def test_the_predecessor_is_told() -> None:
    events = Line().notify(InputCommitted(QUESTION, "item_0"))
    assert [event["previous_item_id"] for event in events] == ["item_0"] * 3


def test_the_words_are_told_when_the_client_wants_them() -> None:
    line = Line()
    line.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    line.sent()
    events = line.notify(*TURN, TranscriptDone("item_q", Transcript("Hello.", "en"), 1.5))
    assert without_ids(events[-2:]) == [
        {
            "type": "conversation.item.input_audio_transcription.delta",
            "item_id": "item_q",
            "content_index": 0,
            "delta": "Hello.",
        },
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "item_q",
            "content_index": 0,
            "transcript": "Hello.",
            "usage": {"type": "duration", "seconds": 1.5},
        },
    ]


def test_how_sure_the_tokens_are_is_told_with_the_words() -> None:
    line = Line()
    heard = {"transcription": {"model": "whisper-1"}}
    line.update(audio={"input": heard}, include=["item.input_audio_transcription.logprobs"])
    line.sent()
    tokens = (Token("¡", -0.5), Token("Hola", -0.25))
    event = line.notify(*TURN, TranscriptDone("item_q", Transcript("¡Hola", "es", tokens=tokens), 1.5))[-1]
    assert event["logprobs"] == [
        {"token": "¡", "logprob": -0.5, "bytes": [0xC2, 0xA1]},
        {"token": "Hola", "logprob": -0.25, "bytes": [72, 111, 108, 97]},
    ]


def test_silence_has_a_completed_transcript_and_no_delta() -> None:
    line = Line()
    line.update(audio={"input": {"transcription": {}}})
    line.sent()
    [event] = line.notify(TranscriptDone("item_q", Transcript("", "en"), 0.5))
    assert (event["type"], event["transcript"]) == ("conversation.item.input_audio_transcription.completed", "")


def test_a_failed_transcript() -> None:
    failed = TranscriptFailed("item_q", "engine_timeout", "The recognizer took too long.")
    line = Line()
    line.update(audio={"input": {"transcription": {}}})
    line.sent()
    assert without_ids(line.notify(failed)) == [
        {
            "type": "conversation.item.input_audio_transcription.failed",
            "item_id": "item_q",
            "content_index": 0,
            "error": {
                "type": "server_error",
                "code": "engine_timeout",
                "message": "The recognizer took too long.",
            },
        }
    ]


def test_without_transcription_only_its_failure_is_told() -> None:
    line = Line()
    assert line.notify(TranscriptDone("item_q", Transcript("Hello.", "en"), 1.5)) == []
    [event] = line.notify(TranscriptFailed("item_q", "engine_timeout", "The recognizer took too long."))
    assert (event["type"], event["error"]["type"], event["error"]["code"]) == (
        "error",
        "server_error",
        "engine_timeout",
    )


# --- the conversation ----------------------------------------------------------------------------------------------


def test_changes_of_the_conversation() -> None:
    events = Line().notify(
        ItemAdded(Item("item_w", "user", "Hi."), "item_v"),
        ItemTruncated("item_a", 1500),
        ItemDeleted("item_w"),
        InputCleared(),
    )
    assert types(events) == [
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.truncated",
        "conversation.item.deleted",
        "input_audio_buffer.cleared",
    ]
    assert [event["previous_item_id"] for event in events[:2]] == ["item_v"] * 2
    assert without_ids(events[2:4]) == [
        {"type": "conversation.item.truncated", "item_id": "item_a", "content_index": 0, "audio_end_ms": 1500},
        {"type": "conversation.item.deleted", "item_id": "item_w"},
    ]


# --- the answer ----------------------------------------------------------------------------------------------------


def test_a_spoken_answer() -> None:
    line = Line()
    events = line.notify(
        *begun(),
        ReplyText("resp_1", "item_a", "Hi"),
        ReplyAudio("resp_1", "item_a", Pcm(b"\1\0\2\0\3\0", 22050)),
        ReplyText("resp_1", "item_a", "!"),
        ReplyAudio("resp_1", "item_a", Pcm(b"\4\0", 22050, 3)),
        ended("completed", usage=Usage(input=30, output=4, cached=20)),
    )
    said = item({"type": "output_audio", "transcript": "Hi!"})
    usage = {
        "total_tokens": 35,
        "input_tokens": 30,
        "output_tokens": 5,
        "input_token_details": {
            "text_tokens": 30,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": 20,
            "cached_tokens_details": {"text_tokens": 20, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": 4, "audio_tokens": 1},
    }
    assert without_ids(events) == [
        {"type": "response.created", "response": response("in_progress")},
        {
            "type": "response.output_item.added",
            "response_id": "resp_1",
            "output_index": 0,
            "item": item(None, "in_progress"),
        },
        {"type": "conversation.item.added", "previous_item_id": "item_q", "item": item(None, "in_progress")},
        {"type": "response.content_part.added", **PLACE, "part": {"type": "audio", "transcript": ""}},
        {"type": "response.output_audio_transcript.delta", **PLACE, "delta": "Hi"},
        {"type": "response.output_audio.delta", **PLACE, "delta": b64(b"\1\0\2\0")},
        {"type": "response.output_audio_transcript.delta", **PLACE, "delta": "!"},
        {"type": "response.output_audio.delta", **PLACE, "delta": b64(b"\3\0")},
        {"type": "response.output_audio.delta", **PLACE, "delta": b64(b"\4\0")},
        {"type": "response.output_audio.done", **PLACE},
        {"type": "response.output_audio_transcript.done", **PLACE, "transcript": "Hi!"},
        {"type": "response.content_part.done", **PLACE, "part": {"type": "audio", "transcript": "Hi!"}},
        {"type": "conversation.item.done", "previous_item_id": "item_q", "item": said},
        {"type": "response.output_item.done", "response_id": "resp_1", "output_index": 0, "item": said},
        {"type": "response.done", "response": response("completed", said, usage=usage)},
    ]
    [(wire, rate)] = line.encoders
    assert (wire.rate, rate) == (24000, 22050)


def test_a_written_answer() -> None:
    line = Line()
    events = line.notify(
        *begun(WRITTEN, ReplyOptions(audio=False, metadata={"client_event_id": "x"}, max_tokens=7)),
        ReplyText("resp_1", "item_a", "Hi"),
        ReplyText("resp_1", "item_a", "!"),
        ended("completed", WRITTEN),
    )
    said = item({"type": "output_text", "text": "Hi!"})
    fields = {"output_modalities": ["text"], "max_output_tokens": 7, "metadata": {"client_event_id": "x"}}
    assert without_ids(events) == [
        {"type": "response.created", "response": response("in_progress", **fields)},
        {
            "type": "response.output_item.added",
            "response_id": "resp_1",
            "output_index": 0,
            "item": item(None, "in_progress"),
        },
        {"type": "conversation.item.added", "previous_item_id": "item_q", "item": item(None, "in_progress")},
        {"type": "response.content_part.added", **PLACE, "part": {"type": "text", "text": ""}},
        {"type": "response.output_text.delta", **PLACE, "delta": "Hi"},
        {"type": "response.output_text.delta", **PLACE, "delta": "!"},
        {"type": "response.output_text.done", **PLACE, "text": "Hi!"},
        {"type": "response.content_part.done", **PLACE, "part": {"type": "text", "text": "Hi!"}},
        {"type": "conversation.item.done", "previous_item_id": "item_q", "item": said},
        {"type": "response.output_item.done", "response_id": "resp_1", "output_index": 0, "item": said},
        {"type": "response.done", "response": response("completed", said, usage=NO_USAGE, **fields)},
    ]
    assert line.encoders == []


def test_an_interrupted_answer_closes_without_another_sound() -> None:
    line = Line()
    line.notify(
        *begun(),
        ReplyText("resp_1", "item_a", "Hi there, how"),
        ReplyAudio("resp_1", "item_a", Pcm(b"\1\0\2\0", 24000)),
    )
    events = line.notify(
        SpeechStarted("item_r", 4000), ended("cancelled", text="Hi there,", reason="turn_detected", usage=Usage(9, 3))
    )
    assert types(events) == [
        "input_audio_buffer.speech_started",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    cut = item({"type": "output_audio", "transcript": "Hi there,"}, "incomplete")
    assert events[2]["transcript"] == events[3]["part"]["transcript"] == "Hi there, how"
    assert events[4]["item"] == events[5]["item"] == cut
    done = events[6]["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert (done["status"], done["output"], done["usage"]["total_tokens"]) == ("cancelled", [cut], 13)


def test_an_answer_that_ends_before_its_first_word_has_only_its_end() -> None:
    for status, fields, details in [
        ("cancelled", {"reason": "client_cancelled"}, {"type": "cancelled", "reason": "client_cancelled"}),
        (
            "failed",
            {"code": "engine_unavailable", "message": "The language model cannot be reached."},
            {
                "type": "failed",
                "error": {
                    "type": "server_error",
                    "code": "engine_unavailable",
                    "message": "The language model cannot be reached.",
                },
            },
        ),
        ("completed", {}, None),
    ]:
        events = Line().notify(ReplyStarted("resp_1", ReplyOptions()), ended(status, None, **fields))
        assert without_ids(events) == [
            {"type": "response.created", "response": response("in_progress")},
            {"type": "response.done", "response": response(status, status_details=details, usage=NO_USAGE)},
        ]


def test_an_answer_that_fails_in_its_middle_is_closed_first() -> None:
    line = Line()
    line.notify(*begun(), ReplyText("resp_1", "item_a", "Hi!"), ReplyAudio("resp_1", "item_a", Pcm(b"\1\0", 24000)))
    events = line.notify(ended("failed", code="engine_failed", message="The voice failed."))
    assert types(events)[0] == "response.output_audio.done"
    assert types(events)[-2:] == ["response.output_item.done", "response.done"]
    assert events[-2]["item"]["status"] == "incomplete"
    assert events[-1]["response"]["status_details"]["error"]["message"] == "The voice failed."


def test_an_answer_at_its_limit_is_heard_to_its_end() -> None:
    line = Line()
    line.notify(*begun(), ReplyAudio("resp_1", "item_a", Pcm(b"\1\0\2\0", 24000)))
    events = line.notify(ended("incomplete", reason="max_output_tokens"))
    assert types(events)[:2] == ["response.output_audio.delta", "response.output_audio.done"]
    done = events[-1]["response"]
    assert (done["status"], done["status_details"]) == (
        "incomplete",
        {"type": "incomplete", "reason": "max_output_tokens"},
    )


def test_an_answer_keeps_to_the_session_in_which_it_began() -> None:
    line = Line()
    line.update(audio={"output": {"voice": "marin"}})
    line.notify(*begun())
    line.update(max_output_tokens=5, output_modalities=["text"])
    done = line.notify(ended("completed"))[-1]["response"]
    assert done["output_modalities"] == ["audio"]
    assert done["max_output_tokens"] == "inf"
    assert done["audio"]["output"]["voice"] == "marin"


def test_the_voice_of_one_answer_is_told() -> None:
    [created] = Line().notify(ReplyStarted("resp_1", ReplyOptions(speaking=Speaking("amy"))))
    assert created["response"]["audio"]["output"]["voice"] == "amy"


def test_an_item_that_was_deleted_while_it_was_made_is_not_done_in_the_conversation() -> None:
    line = Line()
    line.notify(*begun(WRITTEN), ReplyText("resp_1", "item_a", "Hi"), ItemDeleted("item_a"))
    events = line.notify(ReplyText("resp_1", "item_a", "!"), ended("completed", WRITTEN))
    assert types(events) == [
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert [said["id"] for said in events[-1]["response"]["output"]] == ["item_a"]


def test_nothing_is_told_of_an_answer_that_has_ended() -> None:
    line = Line()
    line.notify(*begun(), ended("cancelled", reason="turn_detected"))
    late = (
        ReplyText("resp_1", "item_a", "!"),
        ReplyAudio("resp_1", "item_a", Pcm(b"\1\0", 24000)),
        ended("completed"),
    )
    assert line.notify(*late) == []


def test_long_audio_is_cut_into_short_frames() -> None:
    line = Line()
    line.notify(*begun())
    sound = bytes(range(256)) * 200  # 51,200 bytes: 1.07 s
    deltas = line.notify(ReplyAudio("resp_1", "item_a", Pcm(sound, 24000)))
    pieces = [base64.b64decode(event["delta"]) for event in deltas]
    assert [len(piece) for piece in pieces] == [9600] * 5 + [3198]
    assert b"".join(pieces) == sound[:-2]


def test_every_event_has_an_id_of_its_own() -> None:
    line = Line()
    line.protocol.open()
    line.send("?")
    line.update()
    events = line.notify(*TURN, *begun(), ReplyText("resp_1", "item_a", "Hi!"), ended("completed"))
    ids = [event["event_id"] for event in events]
    assert len(set(ids)) == len(ids)
    assert all(ids)


SAYING = st.one_of(
    st.text(min_size=1, max_size=20).map(lambda words: ReplyText("resp_1", "item_a", words)),
    st.binary(max_size=12_000).map(lambda sound: ReplyAudio("resp_1", "item_a", Pcm(sound[: len(sound) & ~1], 24000))),
)


@given(st.lists(SAYING, max_size=8), st.sampled_from(["completed", "cancelled", "incomplete", "failed"]))
def test_any_answer_adds_up(sayings: list[ReplyText | ReplyAudio], status: str) -> None:
    line = Line()
    text = "".join(notice.text for notice in sayings if isinstance(notice, ReplyText))
    sound = b"".join(notice.pcm.data for notice in sayings if isinstance(notice, ReplyAudio))
    events = line.notify(*begun(), *sayings, ended(status, text=text))

    names = types(events)
    assert names[:4] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
    ]
    assert names.count("response.done") == 1
    assert names[-1] == "response.done"
    deltas = [event for event in events if event["type"] == "response.output_audio_transcript.delta"]
    assert "".join(event["delta"] for event in deltas) == text
    [done] = [event for event in events if event["type"] == "response.output_audio_transcript.done"]
    assert done["transcript"] == text
    heard = b"".join(base64.b64decode(e["delta"]) for e in events if e["type"] == "response.output_audio.delta")
    assert heard == (sound if status in ("completed", "incomplete") else sound[:-2])
    assert all(e.items() >= PLACE.items() for e in events if "content_index" in e)
