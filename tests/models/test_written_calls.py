"""models/written_calls.py and call_forms.py: which answers are calls, and what of them is spoken."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.call_forms import LONGEST, fit, wishes
from models.written_calls import WrittenCalls
from pipeline.engines import ChatDelta, Tool, ToolCallPiece, Usage

WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
TOOLS = (WEATHER, Tool("stop"))
END = ChatDelta(finish="stop", usage=Usage(5, 3))
CALL = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
HARMONY = "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"

FORMS = [
    CALL,
    f"  {CALL}\n",
    f"```json\n{CALL}\n```",
    f"```json\n{CALL}\n```\n\n\n",
    f"```\n{CALL}",
    "{" + CALL + "}",
    '{"name": "get_weather",\n  "arguments": {"city": "Paris"}\n}',
    # With a brace too many, too few, doubled everywhere, and other slips.
    CALL + "}",
    CALL[:-1],
    CALL[:-2],
    CALL[1:],
    '{{"name": "get_weather", "arguments": {{"city": "Paris"}}}}',
    '{"name": "get_weather", "arguments": {"city": "Paris",},}',
    "{'name': 'get_weather', 'arguments': {'city': 'Paris'}}",
    '{ "name" : "get_weather" , "arguments" : "{\\"city\\": \\"Paris\\"}" }',
    '{"name": "functions.get_weather", "arguments": {"city": "Paris"}}',
    '{"name": "getWeather", "arguments": {"city": "Paris"}}',
    '{"name": "get_weather", "parameters": {"city": "Paris"}}',
    '{"tool": "get_weather", "args": {"city": "Paris"}}',
    '{"function": "get_weather", "input": {"city": "Paris"}}',
    '{"name": "get_weather", "city": "Paris"}',
    '{"get_weather": {"city": "Paris"}}',
    '{"tool_calls": [{"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Paris"}}}]}',
    f"[{CALL}]",
    # Hermes and Qwen, Qwen3-Coder, Llama, Mistral, GLM, DeepSeek, Kimi, Phi, Gemma, OpenAI's open models.
    f"<tool_call>\n{CALL}\n</tool_call>",
    f"<tool_call>{CALL}",
    f"<TOOL_CALL>{CALL}}}</TOOL_CALL>",
    f"<tools>{CALL}</tools>",
    f"<tool_call>\n{CALL}\n</tool_call>\n<tool_response>\nIt is sunny in Paris.\n</tool_response>\nIt is sunny.",
    "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
    '<function=get_weather>{"city": "Paris"}</function>',
    f"<|python_tag|>{CALL}",
    '<|python_tag|>get_weather.call(city="Paris")',
    'get_weather(city="Paris")',
    "[get_weather(city='Paris')]",
    'functions.get_weather({"city": "Paris"})',
    '```tool_code\nprint(get_weather("Paris"))\n```',
    f"[TOOL_CALLS] [{CALL}]",
    '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}',
    '[TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{"city": "Paris"}',
    "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
    '```json\n{"city": "Paris"}\n```<｜tool▁call▁end｜>',
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>"
    '{"city": "Paris"}<|tool_call_end|><|tool_calls_section_end|>',
    f"<|tool_call|>[{CALL}]<|/tool_call|>",
    '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n</invoke>',
    HARMONY + '{"city": "Paris"}<|call|>',
    '<|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>{"city": "Paris"}<|call|>',
    # Others that strangers tried: Cohere, Apertus, Nemotron, Seed, MiniMax, Step, Hunyuan, DeepSeek 3, Llama 4.
    '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Paris"}}]',
    '<|tools_prefix|>[{"get_weather": {"city": "Paris"}}]<|tools_suffix|>',
    f"<TOOLCALL>[{CALL}]</TOOLCALL>",
    "<seed:tool_call>\n<function=get_weather>\n<parameter=city>Paris</parameter>\n</function>\n</seed:tool_call>",
    '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n</invoke>',
    '<｜tool_calls_begin｜><steptml:invoke name="get_weather"><steptml:parameter name="city">Paris</steptml:parameter>',
    "<tool_call>get_weather<tool_sep>\n<arg_key>city</arg_key><arg_value>Paris</arg_value></tool_call>",
    '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n<｜DSML｜parameter name="city" string="true">Paris'
    "</｜DSML｜parameter>\n</｜DSML｜invoke>",
    '<|python_start|>[get_weather(city="Paris")]<|python_end|>',
    '<|tool_call_start|>[get_weather(city="Paris")]<|tool_call_end|>',
    # Gemma, functionary, GLM 4, Qwen-Agent, ReAct, and what small models make of all these.
    "<start_function_call>call:get_weather{city:<escape>Paris<escape>}<end_function_call>",
    '<|tool_call>call:get_weather{city:<|"|>Paris<|"|>}<tool_call|>',
    "<execute_tool>\nprint(default_api.get_weather(city='Paris'))\n</execute_tool>",
    '<tool_code>\nprint(get_weather(city="Paris"))\n</tool_code>',
    '>>>get_weather\n{"city": "Paris"}',
    '<|from|>assistant\n<|recipient|>get_weather\n<|content|>{"city": "Paris"}<|stop|>',
    'get_weather\n{"city": "Paris"}',
    '✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Paris"}\n✿RESULT✿',
    'Action: get_weather\nAction Input: {"city": "Paris"}',
    '<function name="get_weather">{"city": "Paris"}</function>',
    '<function>get_weather</function>\n<parameters>{"city": "Paris"}</parameters>',
    '<tool_use>\n<name>get_weather</name>\n<arguments>{"city": "Paris"}</arguments>\n</tool_use>',
    "<tool_call><name>get_weather</name><arguments><city>Paris</city></arguments></tool_call>",
    "name: get_weather\narguments:\n  city: Paris",
    '[get_weather: {"city": "Paris"}]',
    '<call>get_weather(city="Paris")</call>',
    'await get_weather({city: "Paris"})',
    'get_weather(city: "Paris")',
    '{name: "get_weather", arguments: {city: "Paris"}}',
    "{“name”: “get_weather”, “arguments”: {“city”: “Paris”}}",
    f"**{CALL}**",
    f"functools[{CALL}]",
    '`get_weather(city="Paris")`.',
]


def through(*texts: str, end: ChatDelta = END, tools: tuple[Tool, ...] = TOOLS, **how: bool) -> list[ChatDelta]:
    calls = WrittenCalls(tools, **how)
    return [out for delta in (*map(ChatDelta, texts), end) for out in calls.feed(delta)]


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def said(found: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in found)


@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_written_call_is_a_call(written: str, size: int) -> None:
    called, end = through(*cut(written, size))
    assert called.call is not None
    assert (called.text, called.call.name) == ("", "get_weather")
    assert json.loads(called.call.arguments) == {"city": "Paris"}
    assert called.call.id.startswith("call_")
    assert end == END


@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_words_in_front_of_it_are_spoken_and_it_is_not(written: str, size: int) -> None:
    found = through(*cut(f"Sure, let me get that. {written}", size))
    assert said(found).split() == ["Sure,", "let", "me", "get", "that."]
    assert [delta.call.name for delta in found if delta.call] == ["get_weather"]


@pytest.mark.parametrize(
    "written",
    [
        f"<tool_call>{CALL}</tool_call>\n<tool_call>\n" + '{"name": "stop", "arguments": {}}</tool_call>',
        f"[{CALL}, " + '{"name": "stop", "arguments": {}}]',
        CALL + '\n{"name": "stop", "arguments": {}}',
        CALL + '}\n{"name": "stop"}',
        '<function=get_weather>{"city": "Paris"}</function><function=stop></function>',
        '[get_weather(city="Paris"), stop()]',
    ],
)
def test_several_calls(written: str) -> None:
    calls = [delta.call for delta in through(*cut(written, 3)) if delta.call]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("get_weather", {"city": "Paris"}),
        ("stop", {}),
    ]
    assert calls[0].index != calls[1].index
    assert calls[0].id != calls[1].id


@pytest.mark.parametrize(
    "written",
    [
        '{"name": "launch", "arguments": {}}',
        '<tool_call>{"name": "launch", "arguments": {}}</tool_call>',
        "<tool_call>\nnothing to be made of\n</tool_call>",
        "<tool_call>",
        '[TOOL_CALLS]launch[ARGS]{"city": "Paris"}',
        '[launch(city="Paris")]',
        "[launch(city='Paris'), explode(hard=True)]",
    ],
)
def test_a_call_of_nothing_that_there_is_is_neither_made_nor_spoken(written: str) -> None:
    calls = WrittenCalls(TOOLS)
    found = [out for delta in (*map(ChatDelta, cut(written, 4)), END) for out in calls.feed(delta)]
    assert found == [END]
    assert calls.withheld


@pytest.mark.parametrize(
    "written",
    [
        '{"name": "get_wea', "{", "```", "``", "{} is a set.", "[1, 2]", "The set {1, 2} is small.", "It is { warm.",
        '{"colour": "red", "size": 3}', '```json\n{"colour": "red"}\n```', "Please stop (at once).",
        'She said "name" twice.', "I can <b>call</b> it `x`, or **stop**.", "My name: stop it.", "[laughs] 5 < 6 >> 4",
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 1000])
def test_what_only_looks_a_little_like_one_is_said(written: str, size: int) -> None:
    found = through(*cut(written, size))
    assert said(found) == written
    assert not any(delta.call for delta in found)
    assert (found[-1].finish, found[-1].usage) == ("stop", END.usage)


@pytest.mark.parametrize("written", [CALL, f"```json\n{CALL}\n```", "{'a': 1}", 'get_weather(city="Paris")'])
def test_who_has_no_tools_and_asks_for_json_hears_it(written: str) -> None:
    found = through(*cut(written, 5), tools=())
    assert said(found) == written


@pytest.mark.parametrize("written", [f"<tool_call>{CALL}</tool_call>", f"[TOOL_CALLS][{CALL}]", HARMONY + '{"a": 1}'])
def test_without_tools_a_marked_call_is_still_not_spoken_but_a_mention_is(written: str) -> None:
    assert through(*cut(written, 5), tools=()) == [END]
    mention = "Hermes writes <tool_call> in front."
    assert said(through(*cut(mention, 5), tools=())) == mention


def test_of_an_answer_that_was_cut_only_whole_calls_are_made() -> None:
    cut_off = ChatDelta(finish="length")
    assert through(CALL[:-8], end=cut_off) == [cut_off]
    calls = [delta.call for delta in through(CALL + "\n" + CALL[:-8], end=cut_off) if delta.call]
    assert [call.arguments for call in calls] == ['{"city":"Paris"}']


def test_an_answer_that_is_not_to_call_does_not() -> None:
    assert through("Well. ", CALL, may_call=False) == [ChatDelta("Well. "), END]


def test_words_are_not_held_back() -> None:
    calls = WrittenCalls(TOOLS)
    assert [list(calls.feed(ChatDelta(text))) for text in ("It", " is (", "warm.")] == [
        [ChatDelta("It")],
        [ChatDelta(" is (")],
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


def test_a_call_that_was_also_marked_is_made_once() -> None:
    marked = ChatDelta(call=ToolCallPiece(0, '{"city": "Paris"}', "a", "get_weather"))
    calls = WrittenCalls(TOOLS)
    found = [out for delta in (ChatDelta(CALL), marked, END) for out in calls.feed(delta)]
    assert found == [marked, END]


@pytest.mark.parametrize(
    ("value", "schema", "fitted"),
    [
        ("10", {"type": "integer"}, 10),
        (10.0, {"type": "integer"}, 10),
        ("ten", {"type": "integer"}, "ten"),
        ("1.5", {"type": "number"}, 1.5),
        ("nan", {"type": "integer"}, "nan"),
        ("inf", {"type": "number"}, "inf"),
        ("True", {"type": "boolean"}, True),
        (7, {"type": "string"}, "7"),
        ("apple", {"type": "array", "items": {"type": "string"}}, ["apple"]),
        ("German", {"enum": ["german", "french"]}, "german"),
        ("Latin", {"enum": ["german", "french"]}, "Latin"),
        ({"n": "3"}, {"type": "object", "properties": {"n": {"type": "integer"}}}, {"n": 3}),
        ("x", {"type": ["string", "null"]}, "x"),
        ("x", None, "x"),
    ],
)
def test_types_are_mended_where_it_is_plain(value: object, schema: object, fitted: object) -> None:
    assert fit(value, schema) == fitted


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*"{}[]\"':,(<>`\\ \n", "name", "get_weather", "arguments", "<tool_call>", "1"])))
def test_any_text_ends_in_words_calls_or_nothing(pieces: list[str]) -> None:
    text = "".join(pieces)
    found, whole = through(*pieces), through(text)
    assert said(found) == said(whole)
    assert found[-1].finish == "stop"
    for delta in whole:
        if delta.call:
            assert isinstance(json.loads(delta.call.arguments), dict)


@pytest.mark.parametrize(
    "text", ["{" * LONGEST, '{"a":' * LONGEST, '[{"' * LONGEST, "get_weather(" * LONGEST, "<function=" * LONGEST]
)
def test_texts_made_to_take_long_are_bounded(text: str) -> None:
    """They come to an end; how soon is not for a unit test."""
    assert wishes(text, TOOLS) is not None
