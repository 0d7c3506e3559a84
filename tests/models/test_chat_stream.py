"""models/chat_stream.py: what is words, thought, call or end in the bytes of any server."""

import json
from typing import Any

import pytest

from models.chat_stream import ARGUMENTS, THOUGHTS, ChatStream
from models.thoughts import Habits
from pipeline.engines import ChatDelta, Tool
from pipeline.errors import EngineBroken, EngineError, NoAnswer

WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})


def event(finish: str | None = None, **delta: Any) -> bytes:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}]})}\n\n".encode()


END = event("stop") + b"data: [DONE]\n\n"


def read(*events: bytes, size: int = 1 << 20, **how: Any) -> list[ChatDelta]:
    stream = ChatStream("The server", **how)
    data = b"".join((*events, END))
    found = [delta for at in range(0, len(data), size) for delta in stream.feed(data[at : at + size])]
    return [*found, *stream.end()]


def said(found: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in found)


def called(found: list[ChatDelta]) -> list[tuple[str, str]]:
    return [(delta.call.name, delta.call.arguments) for delta in found if delta.call]


ROME: dict[str, Any] = {"name": "get_weather", "arguments": '{"city":"Rome"}'}
THINKING = [{"type": "thinking", "thinking": [{"type": "text", "text": "Plan."}]}]


@pytest.mark.parametrize(
    "events",
    [
        [event(content="Let us start.")],
        [event(content=THINKING), event(content=[{"type": "text", "text": "Let us start."}])],
        [event(content=[*THINKING, {"type": "text", "text": "Let us start."}])],
        [event(content=[{"type": "reasoning", "text": "Plan."}, "Let us", {"text": " start."}])],
        [event(content=[{"type": "image_url", "url": "x"}, {"type": "output_text", "text": "Let us start."}])],
        [event(reasoning_content="Plan."), event(content="Let us start.")],
        [event(reasoning="Plan.", content=""), event(content="Let us", reasoning=None), event(content=" start.")],
        [event(reasoning={"content": "Plan."}), event(content="Let us start.")],
        [event(reasoning_content=["Plan."]), event(content={"type": "text", "text": {"value": "Let us start."}})],
        [event(content=[{"type": "text", "text": "Plan.", "thought": True}, "Let us start."])],
        [event(refusal="Let us start.")],
        [event(content="[THINK]Pl"), event(content="an.[/THINK]Let us start.")],
        [event(content=[{"type": "text", "text": "<think>Plan.</think>Let us start."}])],
        [event(role="assistant", content=None), event(content="Let us start.", logprobs=None)],
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_only_words_are_said(events: list[bytes], size: int) -> None:
    found = read(*events, size=size)
    assert (said(found), found[-1].finish) == ("Let us start.", "stop")


@pytest.mark.parametrize(
    "events",
    [
        [event(content="<think>Plan")],
        [event(reasoning_content="Plan.")],
        [event(content=THINKING)],
        [event(content="<|channel|>analysis<|message|>Plan.")],
        [event(content="<tool_call>{}</tool_call>")],
        [event(content='{"name": "launch", "arguments": {}}')],
        [event(tool_calls=[{"index": 0, "id": "a", "function": {"name": "launch", "arguments": "{}"}}])],
    ],
)
def test_an_answer_of_which_nothing_may_be_said_is_an_error_not_silence(events: list[bytes]) -> None:
    with pytest.raises(NoAnswer, match="The server"):
        read(*events, tools=(WEATHER,))


def test_a_model_that_chose_to_say_nothing_is_let() -> None:
    assert read(event(content="")) == [ChatDelta(finish="stop")]


@pytest.mark.parametrize(
    "delta",
    [
        {"tool_calls": [{"index": 0, "id": "a", "function": ROME}]},
        {"tool_calls": [{"index": None, "id": None, "function": ROME | {"arguments": {"city": "Rome"}}}]},
        {"tool_calls": [{"id": 7, "type": "function", "function": ROME}]},
        {"function_call": ROME},
        {"content": '<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>'},
        {"content": '<think>Tool!</think>{"name": "get_weather", "arguments": {"city": "Rome"}}}'},
        {
            "content": "<|channel|>analysis<|message|>Tool!<|end|><|start|>assistant<|channel|>commentary "
            'to=functions.get_weather <|constrain|>json<|message|>{"city": "Rome"}<|call|>'
        },
    ],
)  # fmt: skip
def test_a_call_in_any_form_is_a_call(delta: dict[str, Any]) -> None:
    found = read(event(**delta), tools=(WEATHER,))
    [(name, arguments)] = called(found)
    assert (name, json.loads(arguments), said(found)) == ("get_weather", {"city": "Rome"}, "")


def test_calls_wait_for_the_words_before_them() -> None:
    call = event(tool_calls=[{"index": 0, "id": "a", "function": {"name": "get_weather", "arguments": "{}"}}])
    found = read(event(content="Let me see {"), call, tools=(WEATHER,))
    assert said(found[: [delta.call is None for delta in found].index(False)]) == "Let me see {"


# --- answers without an end ----------------------------------------------------------------------------------------


def endless(stream: ChatStream, **delta: Any) -> tuple[str, int]:
    """What is said of an answer that never ends, and after how many events it was cut."""
    words = ""
    for count in range(1, 100_000):
        words += said(stream.feed(event(**delta)))
        if stream.cut:
            return words + said(stream.end()), count
    raise AssertionError("it is never cut")


def test_words_without_end_are_cut() -> None:
    stream = ChatStream("The server", longest=100)
    words, count = endless(stream, content="seven. ")
    assert (words, count, stream.finish) == (("seven. " * 20)[:100], 15, "length")


def test_one_delta_may_not_be_longer_than_an_answer() -> None:
    stream = ChatStream("The server", longest=100)
    words, count = endless(stream, content="x" * 500_000)
    assert (words, count, stream.finish) == ("x" * 100, 1, "length")


def test_thoughts_without_end_are_cut_and_no_answer() -> None:
    for delta in ({"reasoning_content": "hm " * 1000}, {"content": THINKING}):
        stream = ChatStream("The server", longest=100)
        with pytest.raises(NoAnswer, match="only thought"):
            endless(stream, **delta)
        assert stream._left["thoughts"] == 0
    assert THOUGHTS < 1 << 17


def test_arguments_without_end_are_cut() -> None:
    stream = ChatStream("The server", (WEATHER,))
    stream.feed(
        event(tool_calls=[{"index": 0, "id": "a", "function": {"name": "get_weather", "arguments": '{"city":"'}}])
    )
    _, count = endless(stream, tool_calls=[{"index": 0, "function": {"arguments": "x" * 1000}}])
    assert (count, stream.finish) == (ARGUMENTS // 1000 + 1, "length")


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(EngineBroken, match="not a chat-completions stream"):
        read(b'data: {"error": ' + b"[" * 200_000 + b"\n\n")


@pytest.mark.parametrize("line", [b"data: " + b"x" * 65_536, b"data: " + b"x" * 65_536 + b"\n"])
def test_events_without_end_are_refused(line: bytes) -> None:
    with pytest.raises(EngineBroken, match="longer than"):
        read(*[line] * 100, size=65_536)


def test_a_thought_that_was_said_before_it_was_known_to_be_one_ends_the_answer() -> None:
    with pytest.raises(NoAnswer, match="thinks aloud"):
        read(event(content="I should greet back, and do so at once."), event(content="</think>Hi."))
    marked = read(event(content="Well. <think>One</think> Yes.</think> Hi."))
    assert said(marked).split() == ["Well.", "Yes.", "Hi."]


def test_a_thought_inside_the_marks_of_the_first_answers_is_learned() -> None:
    habits = Habits()
    first = habits.filter()
    assert (
        said(
            read(event(content="I should greet back."), event(content="</think>"), event(content="Hi."), thoughts=first)
        )
        == "Hi."
    )
    habits.learn(first)
    long = [event(content="I should greet back. ") for _ in range(100)]
    assert said(read(*long, event(content="</think>Hi."), thoughts=habits.filter())) == "Hi."


@pytest.mark.parametrize("given", [None, "", "null", "[]", "5", [], ["Rome"], 5, 0, False, " "])
def test_arguments_that_are_no_object_are_none(given: Any) -> None:
    told = called(read(event(tool_calls=[{"index": 0, "id": "a", "function": {"name": "stop", "arguments": given}}])))
    assert told == [("stop", "")]


def test_numbers_of_calls_may_be_written_as_words() -> None:
    calls = [{"index": f"{number}", "id": f"{number}", "function": {**ROME}} for number in range(3)]
    assert called(read(*(event(tool_calls=[call]) for call in calls))) == [("get_weather", '{"city":"Rome"}')] * 3


def test_an_error_within_a_choice_is_one() -> None:
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error", "error": {"code": 502, "message": "No."}}
    with pytest.raises(EngineError, match="reported an error"):
        read(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
