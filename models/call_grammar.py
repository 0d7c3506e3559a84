"""The grammar that keeps a small model's calls in order, for llama.cpp (GBNF). Pure.

An answer is words or calls. Words hold no brace, so a call cannot be said by mistake, and no underscore with a letter
behind it that follows one in a tool's name: a small model may also tell of its tools. A call names a tool that there
is, and its arguments are as the tool's JSON Schema wants them. The model still chooses between the two. A schema comes
from strangers: what is too deep, too large or not understood in it becomes any JSON.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pipeline.engines import Tool

DEEPEST = 8
"""Levels of objects and lists in a schema that are kept to."""
MOST_RULES = 400
"""Of all tools together."""
MOST_CHOICES = 64
"""Values of an enumeration, or alternatives, that are kept to."""
MOST_CALLS = 4
"""In one answer."""

_COMMON = r"""
words ::= word+
value ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" ( string ":" " "? value ("," " "? string ":" " "? value)* )? "}"
array ::= "[" ( value ("," " "? value)* )? "]"
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" ( ["\\/bfnrt] | "u" hex hex hex hex ) )* "\""
hex ::= [0-9a-fA-F]
integer ::= "-"? ( "0" | [1-9] [0-9]* )
number ::= integer ( "." [0-9]+ )?
boolean ::= "true" | "false"
"""


def words(tools: Sequence[Tool]) -> str:
    """An answer in words where there are `tools`."""
    return f"root ::= words\n{_word(tools)}{_COMMON}"


def grammar(tools: Sequence[Tool], choice: Literal["auto", "required"]) -> str:
    """An answer that calls any of `tools`, or, where it is left to the model (`auto`), is words."""
    rules = _Rules()
    calls = [
        f'"{{\\"name\\": " {_literal(tool.name)} ", \\"arguments\\": " {rules.arguments(tool.parameters)} "}}"'
        for tool in tools
    ]
    several = f'call ("\\n" call){{0,{MOST_CALLS - 1}}}'
    root = several if choice == "required" else f"words | {several}"
    marked = '("<tool_call>" "\\n"?)? any ("\\n"? "</tool_call>")?'
    lines = [f"root ::= {root}", f"call ::= {marked}", f"any ::= {' | '.join(calls)}", *rules.lines]
    return "\n".join([*lines, _word(tools)]) + _COMMON


def _word(tools: Sequence[Tool]) -> str:
    """The rule for a character of an answer in words, with what has to follow it."""
    behind = "".join(sorted(set(re.findall("_([A-Za-z0-9])", " ".join(tool.name for tool in tools)))))
    return f'word ::= [^{{<`_] | "_"+ [^{{<`_{behind}] | "<" [ =0-9] | "`" [^`{{<_]'


class _Rules:
    """Schemas go in, names of rules come out."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def arguments(self, schema: Mapping[str, object]) -> str:
        """The rule for all of a function's arguments, which are an object whatever their schema says."""
        return self.of(schema, "object") if schema.get("type", "object") == "object" else "object"

    def of(self, schema: object, otherwise: str = "value", depth: int = 0, root: object = None) -> str:
        """The rule for `schema`. otherwise: the one for what cannot be kept to. root: where its references lead."""
        if not isinstance(schema, Mapping) or depth > DEEPEST or len(self.lines) > MOST_RULES:
            return otherwise
        root = schema if root is None else root
        if "$ref" in schema:
            return self.of(_referred(root, schema["$ref"]), otherwise, depth + 1, root)
        if choices := _choices(schema):
            return self._rule(" | ".join(map(_literal, choices)))
        for key in ("anyOf", "oneOf"):
            if isinstance(several := schema.get(key), list) and 0 < len(several) <= MOST_CHOICES:
                return self._rule(" | ".join(self.of(one, "value", depth + 1, root) for one in several))
        kind = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(kind, list):
            return self._rule(
                " | ".join(self.of({**schema, "type": one}, "value", depth + 1, root) for one in kind[:8])
            )
        match kind:
            case "object" if isinstance(schema.get("properties"), Mapping) and schema["properties"]:
                return self._object(schema, depth, root)
            case "array":
                item = self.of(schema.get("items"), "value", depth + 1, root)
                listed = f'{item} ("," " "? {item})*'
                least = schema.get("minItems")
                return self._rule(f'"[" {listed} "]"' if isinstance(least, int) and least else f'"[" ({listed})? "]"')
            case "object" | "string" | "integer" | "number" | "boolean":
                return str(kind)
            case "null":
                return '"null"'
        return otherwise

    def _object(self, schema: Mapping[str, object], depth: int, root: object) -> str:
        """Its properties in their order, those that are required first."""
        properties = schema["properties"]
        assert isinstance(properties, Mapping)
        required = [key for key in _texts(schema.get("required")) if key in properties]
        pairs = {
            key: f'{_literal(key)} ": " {self.of(inner, "value", depth + 1, root)}' for key, inner in properties.items()
        }
        optional = [pair for key, pair in pairs.items() if key not in required][:MOST_CHOICES]
        # From behind, so that what may follow each is a rule and not written out again.
        begins: list[str] = []
        rest = ""
        for pair in reversed(optional):
            begins.insert(0, f"{pair} {rest}")
            rest = self._rule(f'(", " {pair})? {rest}')
        if required:
            first = ' ", " '.join(pairs[key] for key in dict.fromkeys(required))
            return self._rule(f'"{{" {first} {rest} "}}"')
        return self._rule(f'"{{" ({" | ".join(begins)})? "}}"')

    def _rule(self, body: str) -> str:
        self.lines.append(f"r{len(self.lines)} ::= {body}")
        return f"r{len(self.lines) - 1}"


def _choices(schema: Mapping[str, object]) -> list[object]:
    """The values that it enumerates, when they are few."""
    if "const" in schema:
        return [schema["const"]]
    enum = schema.get("enum")
    return enum if isinstance(enum, list) and len(enum) <= MOST_CHOICES and len(str(enum)) < 4096 else []


def _referred(root: object, reference: object) -> object:
    """What a reference within the same schema (`#/$defs/place`) leads to, None if it leads nowhere."""
    place = root
    for step in str(reference).removeprefix("#").split("/")[1:DEEPEST]:
        place = place.get(step) if isinstance(place, Mapping) else None
    return place


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _literal(value: object) -> str:
    """`value` as JSON, as a literal of the grammar."""
    text = json.dumps(value, ensure_ascii=False)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
