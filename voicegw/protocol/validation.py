"""msgspec's complaints in the protocol's words: a code, the dotted path of the field, and what would be right."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from pipeline.errors import CallerError

T = TypeVar("T")

_PLACE = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`\Z", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`\Z")
_CHOICE = re.compile(r"Invalid (?:enum )?value (?P<value>.*)\Z", re.DOTALL)
_REFUSED = re.compile(r"Expected `(?:null`, got .*|array` of length <= 0)\Z")


def decode(frame: str | bytes | msgspec.Raw, shape: type[T] | Any, at: str = "") -> T:
    """`frame` as `shape`. Raises CallerError with paths below `at`, and msgspec.DecodeError for what is no JSON."""
    try:
        decoded: T = msgspec.json.decode(frame, type=shape)
    except msgspec.ValidationError as error:
        raise caller_error(error, shape, at) from None
    return decoded


def convert(value: object, shape: type[T], at: str = "") -> T:
    """`value`, made of dicts and lists, as `shape`. Raises CallerError with paths below `at`."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise caller_error(error, shape, at) from None


def caller_error(error: msgspec.ValidationError, shape: object, at: str = "") -> CallerError:
    """What to tell the client about a value that is not a `shape`, which it sent as the field `at`."""
    text = str(error)
    place = _PLACE.search(text)
    path = place["path"] if place else ""
    text = text[: place.start()] if place else text
    # An element of a list or a map is told as its container where msgspec does not say which one it was.
    param = (at + path.replace("[...]", "")).lstrip(".")

    if unknown := _UNKNOWN.match(text):
        param = _shortened(f"{param}.{unknown['name']}".lstrip("."))
        return CallerError(f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)
    if missing := _MISSING.match(text):
        param = f"{param}.{missing['name']}".lstrip(".")
        return CallerError(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
    if choice := _CHOICE.match(text):
        known = ", ".join(f"'{value}'" for value in choices(shape, path))
        message = f"'{param}' cannot be {_shortened(choice['value'])}. Supported values are: {known}."
    elif _REFUSED.match(text):
        message = f"'{param}' is not supported by this gateway: leave it out, or send null or an empty list."
    elif not param:
        return CallerError(f"This is JSON of the wrong kind: {text[:1].lower() + text[1:]}.", code="invalid_json")
    else:
        text = text.replace("`bytes`", "base64 of `bytes`")
        message = f"Invalid '{param}': {_shortened(text[:1].lower() + text[1:])}."
    return CallerError(message, code="invalid_value", param=param or None)


def choices(shape: object, path: str) -> list[str]:
    """The values that a field of fixed choices may have. path: as msgspec writes it, `.audio.input.format.type`."""
    kinds = list(_members(_described(shape)))
    found: list[str] = []
    for name in _names(path):
        found = [str(kind.tag) for kind in kinds if isinstance(kind, inspect.StructType) and kind.tag_field == name]
        fields = (field for kind in kinds if isinstance(kind, inspect.StructType) for field in kind.fields)
        kinds = [kind for field in fields if field.encode_name == name for kind in _members(field.type)]
    found += [str(value) for kind in kinds if isinstance(kind, inspect.LiteralType) for value in kind.values]
    return found + [f"{kind.ge} to {kind.le}" for kind in kinds if isinstance(kind, inspect.IntType)]


def _members(kind: inspect.Type) -> Iterator[inspect.Type]:
    """The kinds that a value may have: those of a union, and of what a list holds."""
    match kind:
        case inspect.UnionType():
            for member in kind.types:
                yield from _members(member)
        case inspect.TupleType():
            for member in kind.item_types:
                yield from _members(member)
        case inspect.ListType():
            yield from _members(kind.item_type)
        case _:
            yield kind


@cache
def _described(shape: object) -> inspect.Type:
    return inspect.type_info(shape)


def _names(path: str) -> list[str]:
    return [name for name in re.sub(r"\[.*?\]", "", path).split(".") if name]


def _shortened(text: str, limit: int = 200) -> str:
    """A client's own words are given back, but not at any length."""
    return text if len(text) <= limit else f"{text[:limit]}…"
