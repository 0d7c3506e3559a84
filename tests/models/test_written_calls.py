"""models/written_calls.py: which answers are calls."""

import pytest

from models.written_calls import WrittenCalls, schema
from pipeline.engines import ChatDelta, Tool, ToolCallPiece, Usage

WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
TOOLS = (WEATHER, Tool("stop"))
END = ChatDelta(finish="stop", usage=Usage(5, 3))
CALL = '{"name": "get_weather", "arguments": {"city": "Paris"}}'


def through(*texts: str, end: ChatDelta = END) -> list[ChatDelta]:
    calls = WrittenCalls(TOOLS)
    return [out for delta in (*map(ChatDelta, texts), end) for out in calls.feed(delta)]


@pytest.mark.parametrize(
    "written",
    [
        CALL,
        f"  {CALL}\n",
        f"```json\n{CALL}\n```",
        f"```json\n{CALL}\n```\n\n\n",
        f"```\n{CALL}",
        "{" + CALL + "}",
        '{"name": "get_weather",\n  "arguments": {"city": "Paris"}\n}',
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_written_call_is_a_call(written: str, size: int) -> None:
    called, end = through(*(written[at : at + size] for at in range(0, len(written), size)))
    assert called.call is not None
    assert (called.text, called.call.index, called.call.name) == ("", 0, "get_weather")
    assert called.call.arguments == '{"city": "Paris"}'
    assert called.call.id.startswith("call_")
    assert end == END


@pytest.mark.parametrize(
    "written",
    ['{"name": "launch", "arguments": {}}', '{"name": "stop"}', '{"name": "get_wea', "{", "```", "``", "{} is a set."],
)
def test_what_only_begins_like_one_is_said_at_the_end(written: str) -> None:
    assert through(*written) == [ChatDelta(written, "stop", END.usage)]


def test_words_are_not_held_back() -> None:
    calls = WrittenCalls(TOOLS)
    assert [list(calls.feed(ChatDelta(text))) for text in ("It", " is {", "warm.")] == [
        [ChatDelta("It")],
        [ChatDelta(" is {")],
        [ChatDelta("warm.")],
    ]
    assert list(calls.feed(END)) == [END]


def test_an_accent_grave_is_held_until_it_is_certain() -> None:
    assert through("`", "x` is code.") == [ChatDelta("`x` is code."), END]


def test_a_marked_call_passes() -> None:
    marked = ChatDelta(call=ToolCallPiece(0, "{}", "a", "stop"))
    calls = WrittenCalls(TOOLS)
    assert list(calls.feed(marked)) == [marked]
    assert list(calls.feed(END)) == [END]


def test_the_schema_allows_each_tool_with_its_own_arguments() -> None:
    first, second = schema(TOOLS)["anyOf"]
    assert first["properties"] == {"name": {"const": "get_weather"}, "arguments": WEATHER.parameters}
    assert second["properties"]["name"] == {"const": "stop"}
    assert second["required"] == ["name", "arguments"]
