"""The tool calls of one streamed answer, put in order: pieces as a server sends them in, pieces of our contract out.

OpenAI numbers the calls of an answer and gives each an id and a name once. Other servers number all of them 0, or none,
repeat the name with every piece or cut it in two, give arguments as an object, or the same id to all. A piece begins
another call when it cannot belong to the one before. The first call goes on as it comes; those behind it, which may be
told in turns, wait for the end.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.call_forms import known_name, whole
from pipeline.engines import Tool, ToolCallPiece

MOST = 128
"""Calls of one answer, as many as a session may have tools; each is several events for the client."""


@dataclass(slots=True)
class _Call:
    index: int
    given: int | None
    id: str
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    told: bool = False

    @property
    def written(self) -> str:
        return "".join(self.arguments)


class CallPieces:
    """withheld: a call of a tool that there is not was left out."""

    def __init__(self, tools: Sequence[Tool] = ()) -> None:
        """tools: of the session; without any, all calls are let through."""
        self.withheld = False
        self._tools = tools
        self._names = frozenset(tool.name for tool in tools)
        self._calls: list[_Call] = []

    def take(self, given: int | None, id: str, name: str, arguments: str) -> Iterator[ToolCallPiece]:
        """given: the server's number. Empty texts for what a piece does not have.

        Raises ValueError where an answer has too many.
        """
        call = self._belongs(given, id, name, arguments)
        if not (call and call.arguments) and arguments.lstrip()[:1] != "{":
            arguments = ""  # blank, null, a list or a number: arguments are an object, and these are none
        if call is None:
            if len(self._calls) >= MOST:
                raise ValueError(f"more than {MOST} calls in one answer")
            call = _Call(len(self._calls), given, id or f"call_{secrets.token_hex(12)}", name)
            self._calls.append(call)
        elif name and not call.arguments and name != call.name:
            call.name += name  # in two pieces
        if arguments:
            call.arguments.append(arguments)
        if call.index == 0 and (call.told or call.arguments or not self._names or call.name in self._names):
            yield from self._piece(call, arguments)

    def end(self) -> Iterator[ToolCallPiece]:
        """What waited."""
        for call in self._calls:
            if not call.told:
                yield from self._piece(call, call.written)

    def _piece(self, call: _Call, arguments: str) -> Iterator[ToolCallPiece]:
        name = known_name(call.name, self._tools) if self._tools else call.name
        if name is None:
            self.withheld = True
        elif call.told:
            yield ToolCallPiece(call.index, arguments)
        else:
            call.told = True
            yield ToolCallPiece(call.index, call.written, call.id, name)

    def _belongs(self, given: int | None, id: str, name: str, arguments: str) -> _Call | None:
        """The call that a piece goes on with, None for one that it begins."""
        alike = [call for call in self._calls if given is None or call.given == given]
        if not alike:
            return None
        call = next((call for call in reversed(alike) if id and call.id == id), alike[-1])
        if not name:
            return call
        another = (
            (id and call.id != id)
            or ((arguments or name != call.name) and whole(call.written))
            or (name != call.name and not call.arguments and {name, call.name} <= self._names)
        )
        return None if another else call
