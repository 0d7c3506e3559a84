"""Keeps the thoughts of a reasoning model from being spoken.

Servers that know their model move its thoughts into a field of their own. Those that do not leave them in the answer,
between marks that each family of models has its own of, and that may arrive in several pieces. Some chat templates open
the thought themselves: then only its end is marked, and what came before it has to be held back.
"""

import re
from dataclasses import dataclass

NAMES = (
    "think", "thinking", "thought", "thoughts", "reasoning", "reflection", "analysis", "scratchpad", "antthinking",
    "inner_monologue", "internal_monologue", "seed:think", "mm:think", "antml:thinking", "inner_thoughts",
    "inner_thought", "reason", "rationale", "cot", "chain_of_thought", "thinking_process", "thought_process",
    "planning", "plan",
)  # fmt: skip
"""Of tags: `<think>…</think>`, with or without attributes."""
_TAG = "|".join(NAMES)


@dataclass(frozen=True, slots=True)
class Mark:
    """How one family of models marks a thought: patterns of what is in front of it and behind it, in any case.

    starts: the fixed texts with which either begins, to know one that has only arrived in part.
    """

    opening: str
    closing: str
    starts: tuple[str, ...]


MARKS = (
    # DeepSeek, Qwen, GLM, Seed, and whatever a prompt asked for.
    Mark(
        rf"<\s?(?:{_TAG})(?:\s[^<>]*)?(?<!/)>",
        rf"<\s?/\s?(?:{_TAG})\s*>",
        tuple(f"<{end}{name}" for name in NAMES for end in ("", "/")),
    ),
    # Mistral; in small letters it is a stage direction.
    Mark(
        r"(?-i:\[(?:THINK|THINKING|REASONING|THOUGHTS?)\])",
        r"(?-i:\[/(?:THINK|THINKING|REASONING|THOUGHTS?)\])",
        ("[thinking]", "[/thinking]", "[think]", "[/think]", "[reasoning]", "[/reasoning]", "[thoughts]", "[/thoughts]",
         "[thought]", "[/thought]"),
    ),
    # Kimi.
    Mark(r"◁think▷", r"◁/think▷", ("◁think▷", "◁/think▷")),
    # Sky-T1, OpenThinker, Cohere.
    Mark(
        r"<\|(?:begin_of_thought|start_thinking|think|thinking)\|>",
        r"<\|(?:end_of_thought|end_thinking|/think|/thinking)\|>",
        (
            "<|begin_of_thought|>", "<|start_thinking|>", "<|think|>", "<|thinking|>",
            "<|end_of_thought|>", "<|end_thinking|>", "<|/think|>", "<|/thinking|>",
        ),
    ),
    # Gemma and its kin.
    Mark(r"<\|channel>\s*thought\b", r"<channel\|>", ("<|channel>thought", "<channel|>")),
    Mark(r"<unused94>(?:thought)?", r"<unused95>", ("<unused94>", "<unused95>")),
    # OpenAI's open models ("harmony"): every channel but `final` is a thought, unless it calls a function.
    Mark(
        r"<\|channel\|>\s*(?!final\b)\w+(?:(?!to=)[^<])*<\|message\|>",
        r"<\|end\|>|(?=<\|channel\|>|<\|start\|>)",
        ("<|channel|>", "<|end|>", "<|start|>"),
    ),
    # The same, behind a server that leaves out the marks.
    Mark(r"\Aanalysis(?-i:(?=[A-Z\"']))", r"assistantfinal", ("assistantfinal",)),
    # Apertus, openPangu, Gemini, DeepSeek, and small models that were told to think and take it for a block of code.
    Mark(r"<\|inner_prefix\|>", r"<\|inner_suffix\|>", ("<|inner_prefix|>", "<|inner_suffix|>")),
    Mark(r"\[unused16\]", r"\[unused17\]", ("[unused16]", "[unused17]")),
    Mark(r"<ctrl94>(?:thought)?", r"<ctrl95>", ("<ctrl94>", "<ctrl95>")),
    Mark(
        r"<｜begin▁of▁thinking｜>", r"<｜end▁of▁thinking｜>", ("<｜begin▁of▁thinking｜>", "<｜end▁of▁thinking｜>")
    ),
    Mark(r"```(?:think|thinking|thoughts?|reasoning)[ \t]*\n", r"\n```", (
        "```thinking\n", "```think\n", "```thoughts\n", "```thought\n", "```reasoning\n")),
    # Open WebUI.
    Mark(r"<details type=\"reasoning\"[^<>]*>", r"</details>", ("<details type=\"reasoning\"",)),
    Mark(r"<\|im_start\|>\s*think\b", r"<\|im_start\|>\s*(?:answer|assistant)\b", ("<|im_start|>think",)),
)  # fmt: skip
"""The one table of marks."""

NOISE = (
    r"<\|channel\|>\s*final[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>|<\|channel>\s*final\b\s*|"
    r"<\|start\|>assistant(?!\s*(?:to=|t?o?\Z))|<\|im_start\|>assistant|<\|(?:start|im_start)\|>(?=[^at])|"
    r"<\|(?:end|return|im_end|eot_id|endoftext|end_of_text|(?:begin|end)_of_solution|(?:start|end)_(?:response|text))\|>|"
    rf"<(?:{_TAG})(?:\s[^<>]*)?/>|</s>|<end_of_turn>|<unused\d+>|<｜end▁of▁sentence｜>"
)
"""Marks around the answer itself, and a thought that is empty."""
WRAPS = ("answer", "response", "output", "final", "final_answer", "final_response")
"""Tags that a whole answer may stand in; elsewhere they are words about tags."""
_NOISE_STARTS = (
    "<|return|>", "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|end|>", "<|endoftext|>", "<|end_of_text|>",
    "<|begin_of_solution|>", "<|end_of_solution|>", "<|start_response|>", "<|end_response|>", "<|start_text|>",
    "<|end_text|>", "<|channel>final", "</s>", "<end_of_turn>", "<｜end▁of▁sentence｜>",
    *(f"<{end}{wrap}>" for wrap in WRAPS for end in ("", "/")),
)  # fmt: skip
_STARTS = (*(start for mark in MARKS for start in mark.starts), *_NOISE_STARTS)
LONGEST_MENTION = 400
"""Characters of the rest of an answer that names a mark."""
NESTED = 16_384
"""Characters of an answer that wait behind a thought that had another in it."""
LONGEST_MARK = 120
"""Characters. A longer tag is none."""

_SAYING = re.compile(
    # Its header is the caller's business: `models/call_forms.py`.
    r"(?P<call><\|start\|>assistant\s*to=[\w.\-]+\s*<\|channel\|>[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>)|"
    + "|".join(f"(?P<open{number}>{mark.opening})" for number, mark in enumerate(MARKS))
    # The end of a channel is no sign of a thought before it; that of any other is.
    + "".join(f"|(?P<close{number}>{mark.closing})" for number, mark in enumerate(MARKS[:6]))
    + f"|(?P<noise>{NOISE})|(?P<wrap></?(?:{'|'.join(WRAPS)})>)",
    re.IGNORECASE,
)
_CLOSING = tuple(re.compile(mark.closing, re.IGNORECASE) for mark in MARKS)
_ANY_TAG = re.compile("|".join(mark.closing for mark in MARKS[:6]), re.IGNORECASE)
_INNER = re.compile(MARKS[0].opening, re.IGNORECASE)
_MID_SENTENCE = re.compile(r"[\w,;:] \Z")
_MENTIONED = re.compile(r"(?:<[^<>]*>|\[\w+\])[\s.,;:!?)]")
_BLANK = re.compile(r"\A<\s?(/?)\s?")
_HEADER_ALONE = re.compile(r"<\|start\|>assistant\s*\Z")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb\u201e"
_MARKED = re.compile("[<\\[◁]|(?<!`)`{1,3}")
_OPEN_TAG = re.compile(rf"</?(?:{_TAG}|details type)(?:[\s=][^<>]*)?/?")
_OPEN_HEADER = re.compile(
    r"<\|start\|>assistant\s*(?:to?|to=[\w.\-]*\s*(?:<\|?\w*\|?)?"
    r"(?:<\|channel\|>[^<]*(?:<\|constrain\|>[^<]*)?(?:<\|?\w*\|?)?)?)?|"
    r"<\|channel\|>[^<]*(?:<\|constrain\|>[^<]*)?(?:<\|?\w*\|?)?|<\|(?:start|im_start)\|>\w*"
)


class ThoughtFilter:
    """Text goes in as it is made; what may be spoken comes out, without the blank space in front of the answer.

    A mark in quotation marks is a word about marks.
    thought: something was kept back for good. opened: the answer began with a thought, marked or not.
    late: it did, and its words were let go before its end was there.
    """

    def __init__(self, hold: int = 0) -> None:
        """hold: so many characters of an answer that begins without a mark wait for a thought's end."""
        self.thought = False
        self.opened = False
        self.late = False
        self._hold = hold
        self._held = ""
        self._rest = ""
        self._last = ""  # the two characters in front of the rest
        self._closing: re.Pattern[str] | None = None  # what ends the present thought
        self._inside = ""  # the end of what was read of it
        self._mention = ""  # a mark in mid-sentence, and what came behind it
        self._nested = False  # a thought had another in it
        self._wrapped = False  # the answer stands in a tag
        self._begun = False
        self._speaking = False

    def feed(self, text: str) -> str:
        """The speakable text that is certain by now; what may become a mark is kept back."""
        self._rest += text
        return self._take(final=False)

    def end(self) -> str:
        """What was kept back and turned out to be no mark."""
        self._rest = _HEADER_ALONE.sub("", self._rest)
        said = self._take(final=True) + self._release()
        # In mid-sentence, with a space behind it, and without an end: a word about marks.
        if self._closing is not None and _MENTIONED.match(self._mention) and len(self._mention) <= LONGEST_MENTION:
            said += self._mention
        return said

    def _release(self) -> str:
        held, self._held, self._hold = self._held, "", 0
        return held

    def _take(self, *, final: bool) -> str:
        spoken = ""
        while self._rest:
            if self._closing is not None:
                if not self._skip_thought(final=final):
                    break
                spoken += self._release()  # a thought between two sentences: what was before it is an answer
                if self._nested:
                    self._hold = NESTED  # until it is known whether the outer one ends
            mark = self._next_mark(_SAYING, final=final)
            if mark is None:
                kept = 0 if final else self._unsure()
                spoken += self._say(self._cut(len(self._rest) - kept))
                break
            spoken += self._say(self._cut(mark.start()))
            spoken += self._pass(mark)
        return spoken

    def _pass(self, mark: re.Match[str]) -> str:
        """Over a mark in the answer; what of it is to be said after all."""
        kind = mark.lastgroup or ""
        first = not self._speaking
        before = self._last
        text = self._cut(len(mark[0]))
        if kind == "call" or (kind == "wrap" and self._speaking and not (self._wrapped or self.thought)):
            return self._say(text)
        self._wrapped = self._wrapped or kind == "wrap"
        if kind.startswith("open"):
            self._inside = ""
            self._mention = text if _MID_SENTENCE.search(before) else ""
            number = int(kind.removeprefix("open"))
            self._closing = _ANY_TAG if number < 4 else _CLOSING[number]
            self.opened = self.opened or first
            self.thought = True
        elif kind.startswith("close") and (not self.thought or self._nested):
            # The template opened it: all that came before was a thought. Behind a marked one an end means nothing,
            # but for one that had another in it.
            self.late = self._speaking and not self._hold
            self.thought = self.opened = True
            self._held, self._hold, self._speaking = "", NESTED if self._nested else 0, False
        return ""

    def _skip_thought(self, *, final: bool) -> bool:
        """Whether the thought has come to its end."""
        assert self._closing is not None
        mark = self._next_mark(self._closing, final=final)
        if mark is None:
            self._enter(self._cut(len(self._rest) - (0 if final else LONGEST_MARK)))
            return False
        self._enter(self._cut(mark.start()))
        self._cut(len(mark[0]))
        self._closing = None
        return True

    def _enter(self, thought: str) -> None:
        """Of a thought there is remembered what it may turn out to be: a word, or the outer one of two."""
        self._mention = (self._mention + thought)[: LONGEST_MENTION + 1] if self._mention else ""
        self._inside = self._inside[-LONGEST_MARK:] + thought
        self._nested = self._nested or _INNER.search(self._inside) is not None

    def _next_mark(self, pattern: re.Pattern[str], *, final: bool) -> re.Match[str] | None:
        at = 0
        while mark := pattern.search(self._rest, at):
            before = self._rest[mark.start() - 1] if mark.start() else self._last[-1:]
            if before and before in _QUOTES:
                if mark.end() == len(self._rest) and not final:
                    return None  # the next character tells
                if self._rest[mark.end() : mark.end() + 1] in (*_QUOTES,):
                    at = mark.end() + 1
                    continue
            return mark
        return None

    def _cut(self, length: int) -> str:
        length = max(0, length)
        text, self._rest = self._rest[:length], self._rest[length:]
        if text:
            self._last = (self._last + text)[-2:]
            self._begun = self._begun or not text.isspace()
        return text

    def _unsure(self) -> int:
        """Length of the longest end of the rest that could become a mark, or is a quoted one that is not over."""
        if not self._begun and "analysis".startswith(self._rest.strip().lower()):
            return len(self._rest)
        tail = self._rest[-LONGEST_MARK:]
        return next((len(tail) - at.start() for at in _MARKED.finditer(tail) if _unfinished(tail[at.start() :])), 0)

    def _say(self, text: str) -> str:
        if not self._speaking:
            text = text.lstrip()
            self._speaking = bool(text)
        if self._hold:
            self._held += text
            if len(self._held) <= self._hold:
                return ""
            return self._release()
        return text


def _unfinished(tail: str) -> bool:
    """Whether more text could make a mark of it, or another mark."""
    tail = _BLANK.sub(r"<\1", tail.lower())
    return (
        any(start.startswith(tail) for start in _STARTS)
        or _OPEN_TAG.fullmatch(tail) is not None
        or _OPEN_HEADER.fullmatch(tail) is not None
        or _SAYING.fullmatch(tail) is not None
    )


class Habits:
    """What is known of a server's way to think aloud, from its answers so far.

    A server that is not known yet is not trusted at first: the beginning of its answers waits for a sign of a thought.
    """

    UNKNOWN = 64
    """Characters of an answer that wait while nothing is known: a sentence. At 100 tokens a second that is 0.15 s."""
    THINKS = 16_384
    """The same for a server that was heard thinking."""
    TRUSTED = 3
    """Answers in a row without a thought at their beginning, after which nothing waits any more."""

    def __init__(self, *, trusted: bool = False) -> None:
        """trusted: it is known not to think aloud."""
        self._hold = 0 if trusted else self.UNKNOWN
        self._plain = 0

    def filter(self) -> ThoughtFilter:
        """For the next answer."""
        return ThoughtFilter(self._hold)

    def learn(self, answer: ThoughtFilter) -> None:
        """After an answer's end."""
        if answer.opened:
            self._hold, self._plain = self.THINKS, 0
        elif self._hold:
            self._plain += 1
            if self._plain >= self.TRUSTED:
                self._hold = 0
