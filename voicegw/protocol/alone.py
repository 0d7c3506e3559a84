"""Fields that are refused alone: what came with them holds.

A client that always sends a field which this gateway does not have would otherwise never get any of its wishes. So an
unknown field inside an object, a tool that is not a function, and a stored prompt are left out; the rest is taken, the
events that follow show what is in force, and one `error` event names what was left out. A field that is known and has
a wrong value is a mistake, and refuses the whole.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from pipeline.errors import CallerError
from voicegw.protocol.validation import decode

T = TypeVar("T")
Path: TypeAlias = Sequence[str | int]

LOOKED_THROUGH = 1024 * 1024
"""Bytes of JSON that are looked through for what to leave out: decoded, many empty objects take much more."""
MOST = 32
"""Fields of one event that may be left out; one with more is refused as a whole."""
NOT_HERE = re.compile(r"\.tools\[\d+\]\Z|\.tool_choice\Z|\.prompt\Z")
"""Where the protocol has kinds that this gateway has not: tools of MCP and their choice, stored prompts."""
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class Refusals:
    """What was left out of one event."""

    def __init__(self) -> None:
        self._errors: list[CallerError] = []

    def __len__(self) -> int:
        return len(self._errors)

    def add(self, error: CallerError) -> None:
        self._errors.append(error)

    def take(self, other: "Refusals") -> None:
        self._errors += other._errors

    @property
    def error(self) -> CallerError | None:
        """All of it in one, with the code and the field of the first; None when nothing was left out."""
        if not self._errors:
            return None
        first = self._errors[0]
        words = " ".join(dict.fromkeys(str(error) for error in self._errors))
        return CallerError(words, code=first.code, param=first.param)


def converted(value: Any, shape: type[T] | Any, refusals: Refusals, at: str = "") -> T:
    """`value`, made of dicts and lists, as `shape`, without what is refused alone. It stays as it is itself.

    Raises CallerError, with paths below `at`, for what cannot be had without.
    """
    found: list[CallerError] = []
    while True:
        try:
            made: T = decode(msgspec.json.encode(value), shape, at)  # what is kept raw has to be JSON again
        except CallerError as error:
            path = None if len(found) >= MOST else _left_out(error, value, at)
            if path is None:
                raise found[0] if found else error from None
            found.append(error)
            value = _without(value, path)
        else:
            for one in found:
                refusals.add(one)
            return made


def _left_out(error: CallerError, value: Any, at: str) -> Path | None:
    """What to leave out so that the rest can be taken; None where that would not be right."""
    param = error.param or ""
    if error.code == "unknown_parameter":
        path = _path(param, at)
        return path if (path and (len(path) > 1 or at) and _get(value, path) is not _ABSENT) else None
    holder = param.removesuffix(".type")
    if not NOT_HERE.search(holder):
        return None
    path = _path(holder, at)
    found = _get(value, path)
    if not isinstance(found, dict):
        return None
    return path if holder.endswith(".prompt") or found.get("type") == "mcp" else None


def _path(param: str, at: str) -> Path:
    rest = param.removeprefix(at)
    return [name or int(index) for name, index in _STEP.findall(rest)]


_ABSENT = object()


def _get(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return value


def _without(value: Any, path: Path) -> Any:
    """A copy of `value`, as deep as `path`, that lacks what is there."""
    first, *rest = path
    copy = value.copy()
    if rest:
        copy[first] = _without(value[first], rest)
    else:
        del copy[first]
    return copy
