"""Tool calls that a model writes into its answer as plain text are made calls, and are never spoken.

A call should arrive marked, in a field of its own. Servers that do not know their model's marks leave them in the text;
small models miss the marks and write a call as if to be spoken, in a block of code or bare, with a word in front or a
brace too many. What looks like the beginning of a call is held back from there on to the answer's end, and then it is
decided: behind a call comes nothing that anybody should hear.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from models.call_forms import Wish, wishes
from pipeline.engines import ChatDelta, Tool, ToolCallPiece

MARKS = (
    "<tool_call", "<|tool_call", "<|tool▁", "<｜tool", "[tool_call", "<|python_tag|>", "<function=", "<function_call",
    "<functioncall", "<start_function_call>", "<invoke ", "<|action_start|>", "<|channel|>commentary to=",
    "to=functions.", "<tools>",
)  # fmt: skip
"""Texts that begin nothing but a call."""
BARE = ("```", '{"', "{'", "{{", "[{", '"name":', '"function":', '"tool":', '"tool_name":')
"""Texts that may begin one where there are tools; blank space between their characters does not count."""
BEFORE = ("", "[", "functions.")
"""What may stand in front of a name and its bracket."""
FIRST_WRITTEN = 1000
"""Index of the first written call, behind those of the server's own."""


class WrittenCalls:
    """Deltas of one answer go in; what comes out has the written calls, if there are any, as calls.

    withheld: something was neither spoken nor called.
    """

    def __init__(self, tools: Sequence[Tool], *, may_call: bool = True) -> None:
        """tools: of the session. may_call: False for an answer that is to make none."""
        self.withheld = False
        self._tools = tools
        self._may_call = may_call
        self._held = ""
        self._holding = False
        self._called = False
        self._said = False
        bare = (*BARE, *(f"{before}{tool.name}(" for tool in tools for before in BEFORE)) if tools else ()
        self._begins = re.compile("|".join([*map(re.escape, MARKS), *map(_loose, bare)]), re.IGNORECASE)
        self._starts = tuple(start.lower() for start in (*MARKS, *bare))
        self._longest = max(map(len, self._starts)) + SPACES

    def feed(self, delta: ChatDelta) -> Iterator[ChatDelta]:
        if delta.call:
            self._called = True
        self._held += delta.text
        text = "" if self._holding else self._sure(final=delta.finish is not None or delta.call is not None)
        found = [] if delta.finish is None else self._decide(cut=delta.finish == "length")
        if isinstance(found, str):
            text, found = text + found, []
        calls = [ChatDelta(call=_piece(number, wish)) for number, wish in enumerate(found)]
        if text and (calls or delta.call):
            yield ChatDelta(text)
            text = ""
        yield from calls
        last = replace(delta, text=text)
        if last != ChatDelta():
            yield last

    def _sure(self, *, final: bool) -> str:
        """What is held back and begins no call."""
        begin = self._begins.search(self._held)
        self._holding = begin is not None
        keep = len(self._held) if final else len(self._held) - self._unsure()
        at = begin.start() if begin else keep
        text, self._held = self._held[:at], self._held[at:]
        if self._said or text.strip() or final:
            self._said = True
            return text
        self._held = text + self._held  # blank space in front of an answer is none of it when it is a call
        return ""

    def _unsure(self) -> int:
        """Length of the longest end that could become the beginning of a call."""
        tail = re.sub(r"\s+", " ", self._held[-self._longest :].lower())
        for at in range(len(tail)):
            rest = tail[at:]
            tight = rest.replace(" ", "") if rest[0] in '{["' else rest
            if (
                tight
                and any(start.startswith(tight) for start in self._starts)
                and not (rest[0].isalnum() and at and (tail[at - 1].isalnum() or tail[at - 1] == "_"))
            ):
                return len(self._held) - _place(self._held, len(tail) - at)
        return 0

    def _decide(self, *, cut: bool) -> "list[Wish] | str":
        """At the end: the calls in what was held back, or the words that it was after all.

        cut: the answer was longer than it may be, and its last call may not be whole.
        """
        held, self._held = self._held, ""
        if not self._holding:
            return held
        found = wishes(held, self._tools)
        calls = [wish for wish in found if wish.known] if self._may_call and not self._called else []
        # A mark without a call behind it is a broken one where there are tools; elsewhere somebody may talk of marks.
        if not found and not (self._tools and held.lstrip().lower().startswith(MARKS)):
            return held
        if cut and held.count("{") > held.count("}"):
            calls = calls[:-1]
        self.withheld = not calls
        return calls


SPACES = 16
"""Most blank space within the beginning of a bare call."""


def _loose(text: str) -> str:
    """A pattern for `text` with blank space between its characters where it is JSON."""
    if text[0] in '{["':
        return r"\s{0,8}".join(map(re.escape, re.findall(r"\w+|\W", text)))
    return (r"(?<!\w)" if text[0].isalnum() else "") + re.escape(text)


def _place(text: str, length: int) -> int:
    """Where the last `length` characters of `text` begin when each blank space counts as one."""
    at = len(text)
    while length and at:
        at -= 1
        if not (text[at].isspace() and at and text[at - 1].isspace()):
            length -= 1
    return at


def _piece(number: int, wish: Wish) -> ToolCallPiece:
    arguments = msgspec.json.encode(wish.arguments).decode()
    return ToolCallPiece(FIRST_WRITTEN + number, arguments, f"call_{secrets.token_hex(12)}", wish.name)
