"""models/call_grammar.py and told_tools.py: what a model is held to, and what it is told.

A small reader of GBNF below says whether a text is in a grammar's language: that the grammar is one, for all schemas.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.call_grammar import grammar, words
from models.told_tools import EXAMPLES, told
from pipeline.engines import ChatMessage, ChatRequest, Tool, ToolCall

CITY = {"type": "string"}
WEATHER = Tool(
    "get_weather",
    "The weather",
    {
        "type": "object",
        "properties": {"city": CITY, "day": {"enum": ["today", "tomorrow"]}, "days": {"type": "integer"}},
        "required": ["city"],
    },
)
PLACE = {"type": "object", "properties": {"name": CITY, "at": {"type": "array", "items": {"type": "number"}}}}
TRIP = Tool(
    "plan_trip", parameters={"type": "object", "properties": {"to": PLACE, "when": {"type": ["string", "null"]}}}
)
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "value": {"type": "boolean"}}}


class Gbnf:
    """Reads a grammar; `takes` whether a text is in its language, by all ways in parallel."""

    def __init__(self, source: str) -> None:
        self._rules: dict[str, list[Any]] = {}
        for line in filter(None, source.split("\n")):
            name, _, body = line.partition(" ::= ")
            tokens = re.findall(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{\d+,\d*\}|[\w-]+|[()|?*+]', body)
            assert name not in self._rules
            self._rules[name] = self._alternatives(tokens)
            assert not tokens, tokens
        used = {part for body in self._rules.values() for part in self._names(body)}
        assert used <= set(self._rules)

    def takes(self, text: str) -> bool:
        return len(text) in self._ends(("rule", "root"), text, 0)

    def _alternatives(self, tokens: list[str]) -> list[Any]:
        found: list[Any] = [[]]
        while tokens and tokens[0] != ")":
            token = tokens.pop(0)
            if token == "|":
                found.append([])
            elif token == "(":
                inner = self._alternatives(tokens)
                assert tokens.pop(0) == ")"
                found[-1].append(("group", inner))
            elif token in "?*+":
                least, most = {"?": (0, 1), "*": (0, 999), "+": (1, 999)}[token]
                found[-1][-1] = ("repeat", found[-1][-1], least, most)
            elif token[0] == "{":
                least, most = (int(one) for one in token[1:-1].split(","))
                found[-1][-1] = ("repeat", found[-1][-1], least, most)
            elif token[0] == '"':
                found[-1].append(("text", json.loads(token)))
            elif token[0] == "[":
                found[-1].append(("any", re.compile(token)))
            else:
                found[-1].append(("rule", token))
        return found

    def _names(self, body: Any) -> set[str]:
        if isinstance(body, tuple) and body[0] == "rule":
            return {body[1]}
        return {name for part in body if isinstance(part, (list, tuple)) for name in self._names(part)}

    def _ends(self, part: Any, text: str, at: int) -> set[int]:
        kind, body, *rest = part
        if kind == "text":
            return {at + len(body)} if text.startswith(body, at) else set()
        if kind == "any":
            return {at + 1} if at < len(text) and body.fullmatch(text[at]) else set()
        if kind == "repeat":
            reached, found = {at}, {at} if rest[0] == 0 else set()
            for count in range(1, rest[1] + 1):
                reached = {end for start in reached for end in self._ends(body, text, start)} - (
                    found if count > rest[0] else set()
                )
                if not reached:
                    break
                if count >= rest[0]:
                    found |= reached
            return found
        alternatives = self._rules[body] if kind == "rule" else body
        found = set()
        for sequence in alternatives:
            reached = {at}
            for one in sequence:
                reached = {end for start in reached for end in self._ends(one, text, start)}
            found |= reached
        return found


def call(name: str, **arguments: Any) -> str:
    return json.dumps({"name": name, "arguments": arguments})


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("It is warm, I think.", True),
        ("1 < 2, and `x` is code.", True),
        (call("get_weather", city="Rome"), True),
        (call("get_weather", city="Rome", day="today", days=3), True),
        (f"<tool_call>\n{call('get_weather', city='Rome')}\n</tool_call>", True),
        (call("get_weather", city='a "b" \\ ü'), True),
        ("Let me see. " + call("get_weather", city="Rome"), False),
        (call("get_weather", city="Rome") + "\n" + call("plan_trip"), True),
        (call("plan_trip", to={"name": "Graz", "at": [1.5, -2]}, when=None), True),
        (call("get_weather", city="Rome") + "}", False),
        (call("get_weather", city="Rome")[:-1], False),
        ("{" + call("get_weather", city="Rome") + "}", False),
        (call("get_weather"), False),
        (call("get_weather", city=3), False),
        (call("get_weather", city="Rome", day="soon"), False),
        (call("get_weather", city="Rome", days=1.5), False),
        (call("launch"), False),
        (call("get_weather", city="Rome") + " And it is warm.", False),
        ("Here: {1, 2}", False),
        ("```json", False),
        ("", False),
        ('You can use the "get_weather" function.', False),
        ("plan_trip", False),
        ("__trip", False),
        ("Write to john_doe@example.com. I ____ to the market, and I _ went.", True),
    ],
)
def test_an_answer_is_words_or_whole_calls(text: str, taken: bool) -> None:
    assert Gbnf(grammar((WEATHER, TRIP), "auto")).takes(text) == taken


def test_an_answer_to_a_result_is_words() -> None:
    answer = Gbnf(words((WEATHER,)))
    assert answer.takes("It is 20 degrees.")
    assert not answer.takes(call("get_weather", city="Rome"))
    assert not answer.takes("As get_weather says, it is 20 degrees.")


def test_a_required_call_leaves_no_room_for_words() -> None:
    required = Gbnf(grammar((WEATHER,), "required"))
    assert required.takes(call("get_weather", city="Rome"))
    assert not required.takes("Well.")
    assert not required.takes("Well. " + call("get_weather", city="Rome"))


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ({}, {}),
        ({"type": "object"}, {"a": [1, {"b": None}]}),
        ({"type": "object", "properties": {}}, {}),
        ({"type": "string"}, {}),
        ({"properties": {"a": True}}, {"a": "anything"}),
        ({"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}, "required": ["a"]}, {"a": 1}),
        ({"$ref": "#/$defs/node", "$defs": {"node": NODE}}, {"next": {"next": {"value": True}}}),
        ({"type": "object", "properties": {"a": {"anyOf": [CITY, {"type": "integer"}]}}}, {"a": 3}),
        ({"type": "object", "properties": {"a": {"allOf": [CITY]}}}, {"a": "b"}),
        ({"type": "object", "properties": {'q"\\\n': CITY}, "required": ['q"\\\n', "gone", 5]}, {'q"\\\n': "x"}),
        ({"type": "object", "properties": {"a": {"const": 'say "hi"\n'}}}, {"a": 'say "hi"\n'}),
        ({"type": "object", "properties": {"a": {"enum": list(range(1000))}}}, {"a": 999}),
        ({"type": "object", "properties": {f"k{n}": {"type": "null"} for n in range(200)}}, {"k3": None, "k7": None}),
        ({"type": "object", "properties": {"a": {"type": "array", "minItems": 1}}}, {"a": [1]}),
    ],
)
def test_odd_schemas(parameters: dict[str, Any], arguments: dict[str, Any]) -> None:
    assert Gbnf(grammar((Tool("x", parameters=parameters),), "auto")).takes(call("x", **arguments))


def test_deep_and_huge_schemas_become_any_json() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(500):
        deep = {"type": "object", "properties": {"in": deep}}
    wide = {"type": "object", "properties": {f"k{n}": {"enum": ["a", "b"]} for n in range(5000)}}
    for parameters in (deep, wide):
        source = grammar((Tool("x", parameters=parameters),) * 3, "auto")
        assert source.count("\n") < 1000
        Gbnf(source)


_LEAVES: list[Any] = [
    {}, CITY, {"type": "integer"}, {"type": "bogus"}, {"enum": []}, {"enum": ["a\nb", 1]}, None, 5, "x",
]  # fmt: skip
_KEYS = st.text(max_size=5)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(_KEYS, inner, max_size=3)
    required = st.lists(_KEYS, max_size=2)
    return st.one_of(
        st.builds(lambda one, two: {"type": "object", "properties": one, "required": two}, properties, required),
        st.builds(lambda one: {"type": "array", "items": one}, inner),
        st.builds(lambda several: {"anyOf": several}, st.lists(inner, max_size=3)),
    )


_SCHEMAS = st.recursive(st.sampled_from(_LEAVES), _objects, max_leaves=8)


@settings(deadline=None)
@given(_SCHEMAS)
def test_every_schema_makes_a_grammar(schema: Any) -> None:
    parameters = schema if isinstance(schema, dict) else {"properties": {"a": schema}}
    assert Gbnf(grammar((Tool("x", parameters=parameters), WEATHER), "auto")).takes(call("get_weather", city="Rome"))


# --- told in words -------------------------------------------------------------------------------------------------

WANTED = ToolCall("c", "get_weather", '{"city": "Rome"}')


def test_tools_calls_and_results_are_told_in_words() -> None:
    messages = (
        ChatMessage("system", "Be kind."),
        ChatMessage("user", "Is it warm?"),
        ChatMessage("assistant", "Let me see.", (WANTED,)),
        ChatMessage("tool", "20 degrees", call_id="c"),
    )
    made = told(ChatRequest(messages, tools=(WEATHER,)))
    assert made.tools == ()
    orders, *examples, asked, calling, result = made.messages
    assert tuple(examples) == EXAMPLES
    assert orders.text.startswith("Be kind.\n")
    assert json.dumps(WEATHER.parameters) in orders.text
    assert asked == messages[1]
    assert calling == ChatMessage("assistant", "Let me see.\n" + call("get_weather", city="Rome"))
    assert result.role == "user"
    assert "20 degrees" in result.text


def test_without_orders_the_tools_are_the_orders_and_without_tools_nothing_changes() -> None:
    question = ChatRequest((ChatMessage("user", "Hi."),))
    assert told(ChatRequest(question.messages, tools=(WEATHER,))).messages[0].role == "system"
    assert told(question) == question
    assert told(ChatRequest(question.messages, tools=(WEATHER,), tool_choice="none")).messages == question.messages
