"""Markdown in a text that is still being written: what are marks, what are characters, and where nothing may be cut.

The rules are CommonMark's (0.31: code spans, links, tags, emphasis by flanking runs), read a line at a time, for a
text is cut before its end has come. Where they would take a character away that a person wrote to be read, they are
tightened: an emphasis touches no digit (`2*3*4`), runs through a word only within that word (`habl**o**`, not
`f**k … sh**t`), and never begins behind what stands in addresses and paths (`/_next/_app`). A Python name such as
`__init__` stays. A list begins with 1 or a dash, so that "3. März" is a date.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

LONGEST = 320
"""Characters of a line after which a mark that is still open was none."""
REMEMBERED = 16
"""Marks that may be open at the same time."""

_FENCE = re.compile(r"[ \t]*(?:`{3,}[^`\n]*|~{3,}[^\n]*)$")
_RULE = re.compile(r"[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|={3,}[ \t]*)$")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_QUOTATION = re.compile(r"[ \t]*(?:>[ \t]?)+(?![ \t]?[\d=])")
_ENTRY = re.compile(r"[ \t]*[-*+•‣][ \t]+(?:\[[ xX]\][ \t]+)?")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+")
_PREFIXES = (_QUOTATION, _ENTRY, _HEADING)
_NUMBER = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]+")
_DATE = re.compile(r"(?:Jan|Feb|Mär|Apr|Mai|Juni|Juli|Aug|Sept|Okt|Nov|Dez)\w*\b")
_HEADING_END = re.compile(r"[ \t]+#+[ \t]*$")
_MARK = re.compile(r"[\\`*_~<\[&]")
_TAG_NAMES = (
    "a|abbr|article|aside|audio|b|big|blockquote|body|br|button|center|cite|code|dd|del|details|div|dl|dt|em|figure|"
    "font|footer|form|h[1-6]|head|header|hr|html|i|img|input|ins|kbd|li|main|mark|nav|ol|p|pre|q|s|samp|section|small|"
    "span|strike|strong|style|sub|summary|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|var|video"
)
_TAG = re.compile(
    rf"</?(?:{_TAG_NAMES})(?:\s{{1,5}}[\w:-]{{1,40}}(?:=(?:\"[^\"\n]{{0,200}}\"|'[^'\n]{{0,200}}'|[^\s\"'<>=]{{1,200}}))?"
    r"){0,12}\s{0,5}/?>|<!--[^\n]{0,300}?-->",
    re.IGNORECASE,
)
_TAG_THAT_PARTS = re.compile(r"<(?:/?(?:p|div|li|tr|h[1-6])|br|hr)\b", re.IGNORECASE)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]{1,500}|[^\s<>@]{1,64}@[^\s<>@]{1,255})>")
_OPEN_TAG = re.compile(r"<(?:[a-zA-Z/][^<>\n]{0,200}|!-[^\n]{0,300})?$")
_LINK = re.compile(
    r"\[([^\[\]\n]{0,300})\](?:\(((?:[^()\s]|\([^()\s]{0,200}\)){0,1000})(?:\s{1,3}[\"'][^\"'\n]{0,200}[\"'])?\)|"
    r"\[[^\[\]\n]{0,100}\])"
)
_OPEN_LINK = re.compile(r"\[[^\[\]\n]{0,300}(?:\](?:[(\[][^()\[\]\n]{0,1000}(?:\([^()\s]{0,200}\)?)?)?)?$")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_LATEX = "()[]"
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_PATH = re.compile(r"(?:^|[\s\"'(])(?:[A-Za-z]:|\\\\)\S*$")
_IN_ADDRESSES = frozenset("/\\.:@=&?-+~%#$")
_NOT_OPENED = frozenset(")]}.,;:!?…%")
_PYTHON = re.compile(
    r"__(?:all|author|call|class|contains|del|dict|doc|enter|eq|exit|file|future|getitem|hash|init|iter|len|main|"
    r"module|name|new|next|pycache|repr|setitem|slots|str|version)__"
)


@dataclass(slots=True)
class Reading:
    """What was found in a text. plain: without its marks.

    held: stretches [start, end) of the text that belong together; one that is still open ends behind the text.
    """

    plain: str
    held: list[tuple[int, int]]

    def cuts(self, end: int) -> bool:
        """Whether a cut in front of the character `end` would go through none of them."""
        at = bisect_right(self.held, (end, 0)) - 1
        return at < 0 or self.held[at][1] <= end


class Markdown:
    """Reads an answer from front to back."""

    def __init__(self) -> None:
        self._fenced = False
        self._listing = False  # an entry of a list was read

    def read(self, text: str, *, over: bool) -> Reading:
        """text: goes on where the one before that was taken ended; a line begins behind a line's end only.

        over: nothing follows that could close what is open. Changes nothing: see `take`.
        """
        return self._read(text, over=over)[0]

    def take(self, text: str) -> str:
        """`text` without its marks; it will not be read again."""
        reading, self._fenced, self._listing = self._read(text, over=True)
        return reading.plain

    def _read(self, text: str, *, over: bool) -> tuple[Reading, bool, bool]:
        parts: list[str] = []
        held: list[tuple[int, int]] = []
        at, fenced, listing = 0, self._fenced, self._listing
        lines = text.split("\n")
        for index, line in enumerate(lines):
            done = over or index < len(lines) - 1 or len(line) > LONGEST
            begins = index > 0
            if begins:
                parts.append("\n")
            if begins and _FENCE.match(line):
                fenced = not fenced
            elif fenced:
                parts.append(line)
            elif begins and (_RULE.match(line) or ("-" in line and "|" in line and _TABLE_RULE.match(line))):
                pass
            elif begins and line.lstrip().startswith("|") and line.count("|") > 2:
                parts.append(", ".join(_inline(cell, []) for cell in _cells(line)))
                held.append((at, at + len(line) + (not done)))
            else:
                skip, listing = _prefix(line, listing) if begins else (0, listing)
                body = line[skip:]
                if begins and "#" in line[:skip]:
                    body = _HEADING_END.sub("", body)
                stretches: list[tuple[int, int]] = []
                parts.append(_inline(body, stretches, over=done))
                held += [(at + skip + start, at + skip + end) for start, end in stretches]
            at += len(line) + 1
        return Reading("".join(parts), _apart(held)), fenced, listing


def _prefix(line: str, listing: bool) -> tuple[int, bool]:
    """How many characters at the beginning of a line are marks, and whether a list has begun by now."""
    at = 0
    for pattern in _PREFIXES:
        if found := pattern.match(line, at):
            listing = listing or pattern is _ENTRY
            at = found.end()
    number = _NUMBER.match(line, at)
    if number is None or _DATE.match(line, number.end()) or not (listing or int(number[1]) == 1):
        return at, listing
    return number.end(), True


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip()]


@dataclass(slots=True)
class _Run:
    """Delimiters of one kind in a row: [start, end) of the line; what is matched is taken off the inner side."""

    char: str
    start: int
    end: int
    opens: bool
    closes: bool
    inside: bool  # a letter on both sides
    matched: list[tuple[int, int]] = field(default_factory=list)


def _inline(line: str, held: list[tuple[int, int]], *, over: bool = True) -> str:
    """The line without its marks. held: is given the stretches that belong together."""
    edits: list[tuple[int, int, str]] = []
    runs: list[_Run] = []
    first_open = len(line)
    address: tuple[int, int] | None = None  # of a link whose text is being read
    at = 0
    while found := _MARK.search(line, at):
        start = found.start()
        if address and start >= address[0]:
            at, address = address[1], None
            continue
        char = line[start]
        at = start + 1
        if char == "\\":
            at = _escape(line, start, edits)
        elif char == "`":
            at = _code(line, start, edits, held)
            if at < 0:
                at = -at
                first_open = min(first_open, start)
        elif char == "<":
            at = _tag(line, start, edits, held)
            if at < 0:
                at = -at
                first_open = min(first_open, start)
        elif char == "[":
            link = _LINK.match(line, start)
            if link and _is_link(line, start, link[2]):
                picture = start > 0 and line[start - 1] == "!"
                edits.append((start - picture, start + 1, ""))
                edits.append((link.end(1), link.end(), ""))
                held.append((start - picture, link.end()))
                address = link.end(1), link.end()
            elif not link and _OPEN_LINK.match(line, start):
                first_open = min(first_open, start)
        elif char == "&":
            if (entity := _ENTITY.match(line, start)) and (read := html.unescape(entity[0])) != entity[0]:
                edits.append((start, at := entity.end(), read))
                held.append((start, at + 1))  # its last character looks like a clause's end
        else:
            run = _run(line, start)
            at = run.end
            runs.append(run)
    pairs, open_from = _emphasis(line, runs)
    held += pairs
    edits += [(start, end, "") for run in runs for start, end in run.matched]
    first_open = min(first_open, open_from)
    if not over and first_open < len(line):
        held.append((first_open, len(line) + 1))
    return _edited(line, edits)


def _escape(line: str, at: int, edits: list[tuple[int, int, str]]) -> int:
    after = line[at + 1 : at + 2]
    if after == "\\":
        return at + 2  # as in `\\\\host`; as a mark it is too rare
    if after and after in _PUNCTUATION and not _PATH.search(line[max(0, at - LONGEST) : at + 1]):
        edits.append((at, at + (2 if after in _LATEX else 1), ""))
        return at + 2
    return at + 1


def _code(line: str, at: int, edits: list[tuple[int, int, str]], held: list[tuple[int, int]]) -> int:
    """Where to read on; negative when the span is still open."""
    ticks = re.compile("`+").match(line, at)
    assert ticks
    closing = re.compile(rf"(?<!`){ticks[0]}(?!`)").search(line, ticks.end(), ticks.end() + LONGEST)
    if closing is None:
        return -ticks.end()
    edits += [(at, ticks.end(), ""), (closing.start(), closing.end(), "")]
    held.append((at, closing.end()))
    return closing.end()


def _tag(line: str, at: int, edits: list[tuple[int, int, str]], held: list[tuple[int, int]]) -> int:
    """Where to read on; negative when what may be a tag is still open."""
    if link := _AUTOLINK.match(line, at):
        edits.append((at, link.end(), link[1]))
        held.append((at, link.end()))
        return link.end()
    if tag := _TAG.match(line, at):
        edits.append((at, tag.end(), " " if _TAG_THAT_PARTS.match(tag[0]) else ""))
        held.append((at, tag.end()))
        return tag.end()
    return -(at + 1) if _OPEN_TAG.match(line, at) else at + 1


def _is_link(line: str, at: int, target: str | None) -> bool:
    """Not `table[0](x)`, which is written in code."""
    if target is not None and any(sign in target for sign in "/:#."):
        return True
    return not (at and (line[at - 1].isalnum() or line[at - 1] in "_)]"))


def _run(line: str, start: int) -> _Run:
    """By CommonMark's rules of flanking, tightened as the module says."""
    char, end = line[start], start + 1
    while line[end : end + 1] == char:
        end += 1
    before, after = line[start - 1 : start], line[end : end + 1]
    if (char == "~" and end - start != 2) or (char == "_" and _PYTHON.match(line, start)):
        return _Run(char, start, end, opens=False, closes=False, inside=False)
    if char == "_" and end - start >= 2 and _PYTHON.match(line, line.rfind("__", 0, start) if start > 1 else 0):
        return _Run(char, start, end, opens=False, closes=False, inside=False)
    left = not after.isspace() and (after not in _PUNCTUATION or not before or not _wordly(before))
    right = bool(before) and not before.isspace() and (before not in _PUNCTUATION or not _wordly(after))
    opens = left and after not in _NOT_OPENED and not before.isdigit()
    closes = right and before not in "([{" and not after.isdigit()
    inside = _wordly(before) and _wordly(after)
    if char == "_":
        opens = opens and not _wordly(before) and not (before and before in _IN_ADDRESSES)
        closes = closes and not _wordly(after) and not (after and after in "/\\@=")
        closes = closes and not (after == "." and _wordly(line[end + 1 : end + 2]))
    return _Run(char, start, end, opens, closes, inside)


def _emphasis(line: str, runs: list[_Run]) -> tuple[list[tuple[int, int]], int]:
    """Stretches from opening to closing marks, and where the first begins that is still open."""
    pairs: list[tuple[int, int]] = []
    spaces = list(accumulate((char.isspace() for char in line), initial=0))  # up to each character
    waiting: list[_Run] = []
    for run in runs:
        if run.closes:
            for at in reversed(range(max(0, len(waiting) - REMEMBERED), len(waiting))):
                if run.start >= run.end or at >= len(waiting):
                    break
                opener = waiting[at]
                if opener.char != run.char or not _joined(spaces, opener, run):
                    continue
                pairs.append((opener.start, run.end))
                size = min(opener.end - opener.start, run.end - run.start)
                opener.matched.append((opener.end - size, opener.end))
                run.matched.append((run.start, run.start + size))
                opener.end -= size
                run.start += size
                del waiting[at + (opener.end > opener.start) :]
        if run.opens and run.start < run.end:
            waiting.append(run)
    return pairs, min((run.start for run in waiting), default=len(line))


def _joined(spaces: Sequence[int], opener: _Run, closer: _Run) -> bool:
    """Whether these two can be one emphasis: one that begins or ends within a word holds no space.

    spaces: how many there are up to each character of the line.
    """
    if not (opener.inside or closer.inside):
        return True
    if spaces[opener.end] < spaces[closer.start]:
        return False
    thin = min(opener.end - opener.start, closer.end - closer.start) == 1
    return not (thin and opener.inside and closer.inside)


def _wordly(char: str) -> bool:
    """A letter or digit of a script that is written with spaces."""
    return char.isalnum() and ord(char) < 0x2E80


def _edited(line: str, edits: list[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, instead in sorted(edits):
        if start >= at:
            parts += [line[at:start], instead]
            at = end
    return "".join([*parts, line[at:]])


def _apart(held: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(held):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
