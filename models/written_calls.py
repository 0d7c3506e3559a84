"""Tool calls that a model writes into its answer as plain text are made calls, and are never spoken.

A call should arrive marked, in a field of its own. Servers that do not know their model's marks leave them in the text;
small models miss the marks and write a call as if to be spoken, in a block of code or bare, with a word in front or a
brace too many. What looks like the beginning of a call is held back from there on to the answer's end, and then it is
decided: behind a call comes nothing that anybody should hear.
"""

import re
import secrets
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from models.call_forms import Wish, wishes
from pipeline.engines import ChatDelta, Tool, ToolCallPiece

MARKS = (
    "<tool_call", "<|tool_call", "<|tool▁", "<｜tool", "[tool_call", "<|python_tag|>", "<function=", "<function_call",
    "<functioncall", "<start_function_call>", "<invoke ", "<|action_start|>", "<|channel|>commentary to=",
    "to=functions.", "<tools>", "<toolcall", "<tool_use", "<tool_code", "<execute_tool", "<function name=",
    "<function>", "<seed:tool_call", "<minimax:tool_call", "<｜dsml｜", "<|start_action|>", "<|python_start|>",
    "<|tools_prefix|>", "<|from|>assistant", "<|recipient|>", "✿function✿", "<|start|>assistant to=",
)  # fmt: skip
"""Texts that begin nothing but a call."""
BARE = (
    "```", '{"', "{'", "{“", "{{", "[{", "{name:", "{tool:", "{function:",
    '"name":', '"function":', '"tool":', '"tool_name":',
)  # fmt: skip
"""Texts that may begin one where there are tools; blank space between their characters does not count."""
FIELDS = ("action", "function", "tool", "name", "call")
"""Words that name a tool behind a colon."""
LEADS = ("functools", "action:", "print(", "await ", "default_api.", "function call:")
"""Words in front of a call that belong to it, as marks, quotation marks and tags do."""
_LEAD_WORDS = "|".join(re.escape(lead.strip()) for lead in LEADS)
_LEAD = rf"(?:<[|｜/]?[\w:▁|｜-]{{1,60}}>|>>>(?:all\s)?|\*\*|[`'\"]|(?<!\w)(?:{_LEAD_WORDS}))\s{{0,8}}"
_LED = re.compile(rf"(?:{_LEAD}){{1,6}}\Z", re.IGNORECASE)
LONGEST_LEAD = 200
_LISTED = r"\[\s?\w{1,64}\(\s?\w{1,64}\s?="
"""A list of calls in Python, be it of tools that there are not."""
_OPEN = re.compile(r"(?:<[|｜/]?[\w:▁|｜-]{0,60}|(?<!>)>{1,2}|(?<!\*)\*|\[\s?\w{0,64}(?:\(\s?\w{0,64}\s?)?)\Z")
"""What is not over, and may become a lead or a list."""
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
        self._behind = ""  # the last character that was let go: a word that goes on begins no call
        begins, starts = [*map(re.escape, MARKS)], [*MARKS]
        if tools:
            names = "|".join(sorted({re.escape(tool.name) for tool in tools}, key=len, reverse=True))
            begins += [
                *map(_loose, BARE),
                _LISTED,
                rf"(?:(?<!\w)|(?<=functions\.))(?:\[\s?)?(?:functions\.)?(?:{names})(?:\(|\s{{0,8}}:?\s{{0,8}}\{{)",
                rf"(?<!\w)(?:{'|'.join(FIELDS)})\s?:\s{{0,4}}[`\"']?(?:{names})(?!\w)",
            ]
            starts += [*BARE, *LEADS]
            starts += [
                before + tool.name + after
                for tool in tools
                for before in ("", "[", "functions.")
                for after in ("(", "{", ":{")
            ]
            starts += [f"{field}:{space}{tool.name}" for tool in tools for field in FIELDS for space in ("", " ")]
        self._begins = re.compile("|".join(begins), re.IGNORECASE)
        self._starts = sorted(start.lower() for start in starts)
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
        behind = len(self._behind)
        begin = self._begins.search(self._behind + self._held, behind)
        self._holding = begin is not None
        keep = len(self._held) if final else len(self._held) - self._unsure()
        at = begin.start() - behind if begin else keep
        if self._tools and (begin or not final):
            at = min(at - self._lead(at), at if begin else len(self._held) - self._lead(len(self._held)))
        text, self._held = self._held[:at], self._held[at:]
        if self._said or text.strip() or final:
            self._said = True
            self._behind = text[-1:] or self._behind
            return text
        self._held = text + self._held  # blank space in front of an answer is none of it when it is a call
        return ""

    def _lead(self, end: int) -> int:
        """Length of what belongs to a call if one begins at `end`."""
        led = _LED.search(self._held[max(0, end - LONGEST_LEAD) : end])
        return len(led[0]) if led else 0

    def _starting(self, text: str) -> bool:
        """Whether one of the fixed beginnings begins so."""
        at = bisect_left(self._starts, text)
        return at < len(self._starts) and self._starts[at].startswith(text)

    def _unsure(self) -> int:
        """Length of the longest end that could become the beginning of a call."""
        if self._tools and (open_ := _OPEN.search(self._held[-self._longest :])):
            return max(len(open_[0]), self._unsure_start())
        return self._unsure_start()

    def _unsure_start(self) -> int:
        tail = re.sub(r"\s+", " ", self._held[-self._longest :].lower())
        before = (self._behind + self._held)[: -len(self._held[-self._longest :]) or None][-1:]
        for at in range(len(tail)):
            rest = tail[at:]
            tight = rest.replace(" ", "") if rest[0] in '{["' else rest.rstrip()
            if tight and self._starting(tight) and not (rest[0].isalnum() and _in_word(tail[at - 1] if at else before)):
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


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


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
