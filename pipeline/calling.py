"""The functions that one answer wants called: pieces in, items of the conversation and notices out."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pipeline.engines import ToolCall, ToolCallPiece
from pipeline.history import Item
from pipeline.line import Line
from pipeline.notices import ReplyCallEnded, ReplyCallGrew, ReplyCallStarted

NOTHING = "{}"
"""Arguments of a function that takes none, when the model wrote none."""


class Calls:
    """One call is made after the other; the next one's first piece, or the end of the answer, completes it.

    Ids are made here: those of the model's server may be too long for the wire, or the same in every answer.
    """

    def __init__(self, reply: str, line: Line) -> None:
        self._reply = reply
        self._line = line
        self._items: list[Item] = []
        self._index: int | None = None  # of the call in the making
        self._pieces: list[ToolCallPiece] = []  # that it is made of so far
        self.broken: Sequence[ToolCallPiece] = ()
        """Of the call that was in the making when the answer was broken off: all that is known of it."""

    def take(self, piece: ToolCallPiece) -> None:
        if piece.index != self._index:
            self._complete("completed")
            self._begin(piece)
        self._pieces.append(piece)
        item = self._items[-1]
        if piece.arguments and item.call:
            self._items[-1] = replace(item, call=replace(item.call, arguments=item.call.arguments + piece.arguments))
            self._line.notify(ReplyCallGrew(self._reply, item.id, piece.arguments))

    def end(self, *, whole: bool) -> tuple[Item, ...]:
        """All calls, now that the answer is over. whole: False when it was broken off."""
        if self._index is not None and not whole:
            self.broken = tuple(self._pieces)
        self._complete("completed" if whole else "incomplete")
        return tuple(self._items)

    def _begin(self, piece: ToolCallPiece) -> None:
        call = ToolCall(self._line.new_id("call"), piece.name, "")
        item = Item(self._line.new_id("item"), "assistant", None, status="in_progress", call=call)
        self._index, self._pieces = piece.index, []
        self._items.append(item)
        self._line.notify(ReplyCallStarted(self._reply, item, self._line.keep(item)))

    def _complete(self, status: Literal["completed", "incomplete"]) -> None:
        if self._index is None:
            return
        self._index = None
        item = self._items[-1]
        if item.call and not item.call.arguments and status == "completed":
            self._line.notify(ReplyCallGrew(self._reply, item.id, NOTHING))
            item = replace(item, call=replace(item.call, arguments=NOTHING))
        if item.call and not _is_object(item.call.arguments):
            status = "incomplete"  # nobody can call it so, and no model's server takes it in a conversation
        item = self._items[-1] = replace(item, status=status)
        self._line.history.put(item)
        self._line.notify(ReplyCallEnded(self._reply, item))


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False
