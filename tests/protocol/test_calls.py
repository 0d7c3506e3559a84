"""What is told of function calls, of answers beside the conversation and of usage."""

from dataclasses import replace

from pipeline.audio import Pcm
from pipeline.engines import ToolCall, Transcript, Usage
from pipeline.history import Item
from pipeline.notices import (
    Notice,
    ReplyAudio,
    ReplyCallEnded,
    ReplyCallGrew,
    ReplyCallStarted,
    ReplyItemStarted,
    ReplyStarted,
    ReplyText,
    TranscriptDone,
    TranscriptGrew,
)
from pipeline.settings import ReplyOptions
from tests.protocol.line import Line, types, without_ids
from tests.protocol.test_narration import WRITTEN, begun, ended
from voicegw.protocol.call_settings import FormattedOptions
from voicegw.protocol.formats import PcmuFormat

CALL = Item("item_c", "assistant", None, status="in_progress", call=ToolCall("call_1", "weather", ""))
CALLED = replace(CALL, status="completed", call=ToolCall("call_1", "weather", '{"city":"Graz"}'))
CALLING: tuple[Notice, ...] = (
    ReplyCallStarted("resp_1", CALL, "item_a"),
    ReplyCallGrew("resp_1", "item_c", '{"city":'),
    ReplyCallGrew("resp_1", "item_c", '"Graz"}'),
    ReplyCallEnded("resp_1", CALLED),
)
SOUND = ReplyAudio("resp_1", "item_a", Pcm(b"\1\0\2\0", 22050))


def test_a_call_behind_words() -> None:
    line = Line()
    line.notify(*begun(WRITTEN), ReplyText("resp_1", "item_a", "Hi!"))
    events = line.notify(*CALLING, ended("completed", WRITTEN, calls=(CALLED,)))
    empty = {
        "type": "function_call",
        "id": "item_c",
        "object": "realtime.item",
        "status": "in_progress",
        "name": "weather",
        "call_id": "call_1",
        "arguments": "",
    }
    whole = {**empty, "status": "completed", "arguments": '{"city":"Graz"}'}
    place = {"response_id": "resp_1", "item_id": "item_c", "output_index": 1, "call_id": "call_1"}
    assert without_ids(events[:7]) == [
        {"type": "response.output_item.added", "response_id": "resp_1", "output_index": 1, "item": empty},
        {"type": "conversation.item.added", "previous_item_id": "item_a", "item": empty},
        {"type": "response.function_call_arguments.delta", **place, "delta": '{"city":'},
        {"type": "response.function_call_arguments.delta", **place, "delta": '"Graz"}'},
        {"type": "response.function_call_arguments.done", **place, "name": "weather", "arguments": '{"city":"Graz"}'},
        {"type": "conversation.item.done", "previous_item_id": "item_a", "item": whole},
        {"type": "response.output_item.done", "response_id": "resp_1", "output_index": 1, "item": whole},
    ]
    assert types(events[7:]) == [
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert [made["id"] for made in events[-1]["response"]["output"]] == ["item_a", "item_c"]


def test_a_call_that_is_broken_off_has_no_arguments_done() -> None:
    line = Line()
    line.notify(ReplyStarted("resp_1", ReplyOptions()), *CALLING[:2])
    broken = replace(CALL, status="incomplete", call=ToolCall("call_1", "weather", '{"city":'))
    events = line.notify(
        ReplyCallEnded("resp_1", broken), ended("cancelled", None, reason="turn_detected", calls=(broken,))
    )
    assert types(events) == ["conversation.item.done", "response.output_item.done", "response.done"]
    assert events[1]["item"]["status"] == "incomplete"


def test_an_answer_beside_the_conversation_has_no_items_in_it() -> None:
    line = Line()
    options = ReplyOptions(in_conversation=False, audio=False, metadata={"topic": "x"})
    started = ReplyStarted("resp_1", options), ReplyItemStarted("resp_1", WRITTEN, None)
    events = line.notify(*started, *CALLING, ended("completed", WRITTEN, calls=(CALLED,)))
    assert not [event for event in events if event["type"].startswith("conversation.")]
    assert events[0]["response"]["conversation_id"] is None
    assert events[-1]["response"]["conversation_id"] is None
    assert events[-1]["response"]["metadata"] == {"topic": "x"}


def test_the_format_of_one_answer() -> None:
    line = Line()
    line.notify(*begun(options=FormattedOptions(format=PcmuFormat())))
    [delta] = line.notify(SOUND)
    assert delta["type"] == "response.output_audio.delta"
    assert line.encoders == [(PcmuFormat(), 22050)]
    done = line.notify(ended("completed"))[-1]["response"]
    assert done["audio"]["output"]["format"] == {"type": "audio/pcmu"}


# --- words as they come, and what everything took ------------------------------------------------------------------


def test_words_are_told_as_they_come_and_the_rest_at_the_end() -> None:
    line = Line()
    line.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    line.sent()
    grown = line.notify(TranscriptGrew("item_q", "Hello"), TranscriptGrew("item_q", " there"))
    assert [event["delta"] for event in grown] == ["Hello", " there"]
    done = line.notify(TranscriptDone("item_q", Transcript("Hello there, you.", "en"), 1.5))
    assert (done[0]["delta"], done[1]["transcript"]) == (", you.", "Hello there, you.")


def test_words_that_were_told_stay_and_the_conversation_has_the_right_ones() -> None:
    line = Line()
    line.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    line.sent()
    line.notify(TranscriptGrew("item_q", "Hello"))
    rest, done = line.notify(TranscriptDone("item_q", Transcript("Yellow.", "en"), 1.5))
    assert (rest["delta"], done["transcript"]) == (".", "Hello.")
    [retrieved] = line.retrieved(Item("item_q", "user", "Yellow.", audio=True))
    assert retrieved["item"]["content"][0]["transcript"] == "Yellow."


def test_words_that_nobody_asked_for_are_not_told() -> None:
    assert Line().notify(TranscriptGrew("item_q", "Hello")) == []


def test_usage_counts_sound_by_its_length_and_what_was_heard_once() -> None:
    line = Line()
    line.notify(
        TranscriptDone("item_p", Transcript("Hello.", "en"), 1.52),
        TranscriptDone("item_q", Transcript("", "en"), 0.7),
        *begun(),
        ReplyAudio("resp_1", "item_a", Pcm(bytes(48_100), 24000)),
    )
    [*_, first] = line.notify(ended("completed", usage=Usage(input=30, output=4, cached=20)))
    assert first["response"]["usage"] == {
        "total_tokens": 30 + 23 + 4 + 21,
        "input_tokens": 30 + 23,
        "output_tokens": 4 + 21,
        "input_token_details": {
            "text_tokens": 30,
            "audio_tokens": 23,
            "image_tokens": 0,
            "cached_tokens": 20,
            "cached_tokens_details": {"text_tokens": 20, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": 4, "audio_tokens": 21},
    }
    line.notify(*begun())
    [*_, second] = line.notify(ended("completed", usage=Usage(input=40, output=4)))
    assert second["response"]["usage"]["input_tokens"] == 40
