"""The forms in which models write a function call as text, and what is plainly meant by a faulty one. Pure.

Each family of models was taught a form of its own; what all have in common is a function's name and then its arguments,
nearly always as JSON. So JSON is looked for first, wherever it stands, then the forms that have none, and at last a
name that is known with the JSON that follows it.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engines import Tool

LONGEST = 16_384
"""Characters of a text in which calls are looked for; the rest of a longer one is not read."""
MOST = 32
"""Places in one text at which JSON is tried."""
NEAR = 4096
"""Characters in which what is hardly JSON is put right: keys without quotation marks, or with curly ones."""
DEEPEST = 32
"""Levels of JSON within JSON."""

_NAMES = ("name", "function", "function_name", "tool", "tool_name", "recipient_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "params", "input", "tool_input", "action_input", "kwargs")
_SPACE = r"[^\s<>]{0,12}"
"""A namespace in front of a tag's name."""
_FUNCTION = re.compile(r"<function(?:=| name=)\"?([\w.\-]+)\"?>(.*?)(?:</function>|(?=<function[= ])|\Z)", re.DOTALL)
_INVOKE = re.compile(
    rf"<{_SPACE}invoke name=\"?([\w.\-]+)\"?>(.*?)(?:</{_SPACE}invoke>|(?=<{_SPACE}invoke )|\Z)", re.DOTALL
)
_TAGGED = re.compile(r"<tool_call>\s*([\w.\-]+)\s*(?:<tool_sep>\s*)?((?:<arg_key>.*?)?)(?:</tool_call>|\Z)", re.DOTALL)
_IN_TAGS = re.compile(
    r"<name>\s*([\w.\-]+)\s*</name>\s*<(arguments|parameters|args|input)>(.*?)(?:</\2>|\Z)", re.DOTALL
)
_LINES = r"[ \t]*(?:arguments|parameters|args|input):[ \t]*\n((?:[ \t]+[\w.\-]+:[^\n]*(?:\n|\Z)){1,32})"
_LINE = re.compile(r"[ \t]+([\w.\-]+):[ \t]*([^\n]*)")
_FIELD = re.compile(r"<([\w.\-]+)>([^<]*)</\1>")
_QUOTED = re.compile(r"<escape>(.*?)<escape>|<\|\"\|>(.*?)<\|\"\|>", re.DOTALL)
"""Gemma's quotation marks."""
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(?=\s*:)")
_ADDRESSED = re.compile(r"(?:to=functions\.|\[TOOL_CALLS\]\s*)([\w.\-]+)[^{]{0,80}(?=\{)")
_LISTED = re.compile(r"\W{0,8}\[\s?(\w{1,64})\(\s?\w{1,64}\s?=")
_PARAMETER = re.compile(
    rf"<{_SPACE}parameter(?:=| name=)\"?([\w.\-]+)\"?[^>]*>(.*?)(?:</{_SPACE}parameter>|(?=<{_SPACE}parameter[= ])|\Z)"
    r"|<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)(?:</arg_value>|\Z)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A call as it was written. known: of a tool that there is, by the name that the tool has."""

    name: str
    arguments: Mapping[str, Any]
    known: bool


def wishes(text: str, tools: Sequence[Tool]) -> list[Wish]:
    """The calls in `text`, in order; also of tools that there are not, so that those are not taken for words."""
    text = _QUOTED.sub(lambda quoted: json.dumps(quoted[1] or quoted[2] or ""), text[:LONGEST])
    for form in (_tagged, _written, _pythonic, _named):
        if found := list(form(text, tools)):
            return [_fitted(wish, tools) for wish in found]
    return []


def known_name(name: str, tools: Sequence[Tool]) -> str | None:
    """The tool that `name` means: with a namespace in front, or in another spelling of the same letters."""
    last = name.strip().rpartition(".")[2]
    for candidates in (
        [t.name for t in tools if t.name in (name, last)],
        [t.name for t in tools if _same(t.name, last)],
    ):
        if len(set(candidates)) == 1:
            return candidates[0]
    return None


def whole(arguments: str) -> bool:
    """Whether this is JSON of an object, and so all of a call's arguments."""
    if not arguments.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False


def as_object(arguments: object) -> dict[str, Any]:
    """Arguments as an object, whatever they came as; none where nothing can be made of them."""
    if isinstance(arguments, str):
        arguments = next((value for value, _ in _json(arguments[:LONGEST])), {})
    return dict(arguments) if isinstance(arguments, Mapping) else {}


def _same(one: str, other: str) -> bool:
    return re.sub(r"[-_.\s]", "", one).lower() == re.sub(r"[-_.\s]", "", other).lower()


# --- forms ---------------------------------------------------------------------------------------------------------


def _tagged(text: str, tools: Sequence[Tool]) -> Iterator[Wish]:
    """`<function=x>…</function>` (Llama, Qwen3-Coder), `<invoke name="x">…`, `<tool_call>x<arg_key>…` (GLM).

    And with the name in a mark in front of the arguments: Mistral, OpenAI's open models.
    """
    for pattern in (_FUNCTION, _INVOKE, _TAGGED):
        for found in list(pattern.finditer(text))[:MOST]:
            pairs = {(p[1] or p[3] or "").strip(): _value(p[2] or p[4] or "") for p in _PARAMETER.finditer(found[2])}
            yield Wish(found[1], pairs or as_object(found[2]), known=True)
    for found in list(_IN_TAGS.finditer(text))[:MOST]:
        pairs = {field[1]: _value(field[2]) for field in _FIELD.finditer(found[3])}
        yield Wish(found[1], pairs or as_object(found[3]), known=True)
    for found in list(_ADDRESSED.finditer(text))[:MOST]:
        yield Wish(found[1], as_object(text[found.end() :]), known=True)


def _value(text: str) -> object:
    text = text.strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _written(text: str, tools: Sequence[Tool]) -> Iterator[Wish]:
    """`{"name": "x", "arguments": {…}}` and its kin, alone, in lists, and within other text."""
    for value, _ in _json(text):
        yield from _meant(value, tools)


def _meant(value: object, tools: Sequence[Tool]) -> Iterator[Wish]:
    if isinstance(value, list):
        for one in value[:MOST]:
            yield from _meant(one, tools)
    if not isinstance(value, dict):
        return
    if isinstance(several := value.get("tool_calls"), list):
        yield from _meant(several, tools)
        return
    if isinstance(inner := value.get("function"), dict):
        yield from _meant(inner, tools)
        return
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    given = next((key for key in _ARGUMENTS if key in value), None)
    if name is not None and given is not None:
        yield Wish(name, as_object(value[given]), known=True)
    elif name is not None and known_name(name, tools):
        yield Wish(name, {key: one for key, one in value.items() if key not in (*_NAMES, "type", "id")}, known=True)
    elif len(value) == 1 and known_name(key := next(iter(value)), tools) and isinstance(value[key], dict):
        yield Wish(key, value[key], known=True)


def _pythonic(text: str, tools: Sequence[Tool]) -> Iterator[Wish]:
    """`x(city="Rome")` (Llama 4, Gemma), `functions.x({…})`, `x.call(…)`; a list of these is one of any tools."""
    names = "|".join(sorted((re.escape(tool.name) for tool in tools), key=len, reverse=True))
    if not names:
        return
    if listed := _LISTED.match(text):
        yield from (Wish(name, {}, known=True) for name in [listed[1]] if known_name(name, tools) is None)
    for found in list(re.finditer(rf"(?<![\w\"])({names})(?:\.call)?\(", text))[:MOST]:
        end = _closing(text, found.end())
        inside = text[found.end() : end].strip()
        if inside[:1] == "{":
            yield Wish(found[1], as_object(inside), known=True)
            continue
        try:
            call = ast.parse(f"f({inside})", mode="eval").body
            assert isinstance(call, ast.Call)
            pairs = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
            given = [ast.literal_eval(one) for one in call.args]
        except (SyntaxError, ValueError, TypeError, AssertionError, RecursionError, MemoryError):
            if written := as_object("{" + inside + "}"):  # `x(city: "Rome")`
                yield Wish(found[1], written, known=True)
            continue
        tool = next(tool for tool in tools if tool.name == found[1])
        yield Wish(found[1], dict(zip(_properties(tool.parameters), given, strict=False)) | pairs, known=True)


def _named(text: str, tools: Sequence[Tool]) -> Iterator[Wish]:
    """A tool's name, in whatever marks, and the JSON, or the indented lines, that follow it."""
    names = "|".join(sorted((re.escape(tool.name) for tool in tools), key=len, reverse=True))
    if not names:
        return
    for found in list(re.finditer(rf"(?<!\w)({names})(?!\w)[^{{]{{0,80}}(?=\{{)", text))[:MOST]:
        if value := next((one for one, _ in _json(text[found.end() :])), None):
            yield Wish(found[1], as_object(value), known=True)

    for found in list(re.finditer(rf"(?<!\w)({names})[\"']?[ \t]*\n{_LINES}", text))[:MOST]:
        pairs = {line[1]: _value(line[2].strip("'")) for line in _LINE.finditer(found[2])}
        yield Wish(found[1], pairs, known=True)


def _closing(text: str, at: int) -> int:
    """Where the bracket closes that was opened before `at`; the end of the text if it does not."""
    depth, quote = 1, ""
    for place in range(at, len(text)):
        char = text[place]
        if quote:
            quote = "" if char == quote and text[place - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if not depth:
                return place
    return len(text)


# --- JSON, and what is nearly JSON ---------------------------------------------------------------------------------


def _json(text: str) -> Iterator[tuple[object, int]]:
    """Every object or list of objects in `text`, and where it ends."""
    at, tries = 0, 0
    while tries < MOST and (start := _START.search(text, at)):
        tries += 1
        value, end = _mended(text, start.start())
        if value is None:
            at = start.start() + 1
        else:
            yield value, end
            at = end


_START = re.compile(r"\{|\[\s*\{|\"(?:" + "|".join(_NAMES) + r")\"\s*:")


def _mended(text: str, at: int) -> tuple[object, int]:
    """The value that begins at `at`, with the faults put right that small models make; None if it is none."""
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, at)
    except (ValueError, RecursionError):
        pass
    else:
        return (value, end) if isinstance(value, dict | list) else (None, end)
    # An object without its first brace; one in double braces, as Qwen2.5-Coder's template shows them.
    candidates = [text[at:], text[at:].replace("{{", "{").replace("}}", "}")]
    if text[at] == '"':
        candidates = ["{" + text[at:]]
    near = text[at : at + NEAR]
    candidates += [_BARE_KEY.sub(r'\1"\2"', near), re.sub("[“”„]", '"', near)]
    for candidate in candidates:
        balanced, length = _balanced(candidate)
        for read in (json.loads, ast.literal_eval):
            try:
                value = read(balanced)
            except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
                continue
            if isinstance(value, dict | list) and value:
                return value, min(len(text), at + length)
    return None, at


def _balanced(text: str) -> tuple[str, int]:
    """The first value of `text` with every bracket closed and no comma left over, and how much of `text` that was."""
    out: list[str] = []
    open_: list[str] = []
    quoted = escaped = False
    for place, char in enumerate(text):
        if quoted:
            out.append("\\n" if char == "\n" else char)
            quoted = escaped or char != '"'
            escaped = char == "\\" and not escaped
            continue
        if char in "{[":
            if len(open_) == DEEPEST:
                return "", place
            open_.append("}" if char == "{" else "]")
        elif char in "}]":
            if char not in open_:
                continue  # one too many
            while open_[-1] != char:  # those between were forgotten
                out.append(open_.pop())
            open_.pop()
            _drop_comma(out)
        quoted = char == '"'
        out.append(char)
        if not open_:
            return "".join(out), place + 1
    if quoted:
        out.append('"')
    _drop_comma(out)
    return "".join(out) + "".join(reversed(open_)), len(text)


def _drop_comma(out: list[str]) -> None:
    while out and (out[-1].isspace() or out[-1] == ","):
        out.pop()


# --- types ---------------------------------------------------------------------------------------------------------


def _fitted(wish: Wish, tools: Sequence[Tool]) -> Wish:
    name = known_name(wish.name, tools)
    if name is None:
        return Wish(wish.name, wish.arguments, known=False)
    tool = next(tool for tool in tools if tool.name == name)
    fitted = fit(wish.arguments, tool.parameters)
    return Wish(name, fitted if isinstance(fitted, dict) else {}, known=True)


def fit(value: object, schema: object, depth: int = 0) -> object:
    """`value` in the type that `schema` asks for, where it is plain what was meant; else as it is."""
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return value
    if isinstance(enum := schema.get("enum"), list) and isinstance(value, str) and value not in enum:
        alike = [one for one in enum if isinstance(one, str) and _same(one, value)]
        return alike[0] if len(alike) == 1 else value
    match schema.get("type"), value:
        case "object", dict():
            inner = _properties(schema)
            return {key: fit(one, inner.get(key), depth + 1) for key, one in value.items()}
        case "array", list():
            return [fit(one, schema.get("items"), depth + 1) for one in value]
        case "array", str() | int() | float() | dict():
            return [fit(value, schema.get("items"), depth + 1)]
        case "integer", str() | float():
            number = _number(value)
            return int(number) if number is not None and number == int(number) else value
        case "number", str():
            return value if (number := _number(value)) is None else number
        case "boolean", str():
            return {"true": True, "yes": True, "false": False, "no": False}.get(value.strip().lower(), value)
        case "string", bool():
            return "true" if value else "false"
        case "string", int() | float():
            return str(value)
    return value


def _number(value: str | float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None  # not infinite, not a number that would be rounded


def _properties(schema: Mapping[str, object]) -> Mapping[str, object]:
    inner = schema.get("properties")
    return inner if isinstance(inner, Mapping) else {}
