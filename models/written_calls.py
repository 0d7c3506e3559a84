"""Tool calls that a model writes into its answer as plain text.

A call should arrive marked, and llama.cpp knows the marks of many models. Small models miss them and write
`{"name": …, "arguments": …}` as if to be spoken, in a block of code or bare; and a model whose template knows nothing
of tools can only be made to write this, by a grammar made from `schema`.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from models.chat_request import NO_ARGUMENTS
from pipeline.engines import ChatDelta, Tool, ToolCallPiece

BLOCK = re.compile(r"\s*(?:```\w*\s)?(.*?)\s*(?:```\s*)?", re.DOTALL)


class _Call(msgspec.Struct):
    name: str
    arguments: msgspec.Raw


def schema(tools: Sequence[Tool]) -> dict[str, Any]:
    """JSON Schema of a written call of any of `tools`."""
    return {"anyOf": [_schema(tool) for tool in tools]}


def _schema(tool: Tool) -> dict[str, Any]:
    properties = {"name": {"const": tool.name}, "arguments": dict(tool.parameters) or NO_ARGUMENTS}
    return {"type": "object", "properties": properties, "required": ["name", "arguments"]}


class WrittenCalls:
    """Deltas of one answer go in; what comes out has the written call, if it is one, as a call.

    Only an answer that begins like one is held back, to its end: nobody would want to hear it anyway.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._names = {tool.name for tool in tools}
        self._held = ""
        self._holding = True

    def feed(self, delta: ChatDelta) -> Iterator[ChatDelta]:
        if not self._holding:
            yield delta
            return
        self._held += delta.text
        begun = self._held.lstrip()
        self._holding = not delta.call and (begun[:1] == "{" or begun[:3] == "```"[: len(begun)])
        if self._holding and delta.finish is None:
            return
        call = self._call() if self._holding else None
        text = "" if call else self._held
        self._holding = False
        if call:
            yield ChatDelta(call=call)
        yield ChatDelta(text, delta.finish, delta.usage, delta.call)

    def _call(self) -> ToolCallPiece | None:
        written = BLOCK.fullmatch(self._held)
        assert written is not None  # every text matches
        text = written[1]
        if text.startswith("{{"):  # the example in Qwen2.5-Coder's template has its braces twice
            text = text[1:-1]
        try:
            call = msgspec.json.decode(text, type=_Call)
        except msgspec.MsgspecError:
            return None
        if call.name not in self._names:
            return None
        return ToolCallPiece(0, bytes(call.arguments).decode(), f"call_{secrets.token_hex(12)}", call.name)
