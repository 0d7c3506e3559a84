"""The caller's words as a client is told them: piece by piece, and at the end as a whole that is the sum of the pieces.

Pieces are told while the turn is still heard, so the final transcript may have another comma, or another word, where
something was told already. Clients put pieces together, and some then look for them in the whole: they lose words, or
say them twice, when the whole does not begin with them. So what was told stays as it was told, and goes on with those
of the final words that lie behind it. The conversation, which the language model reads, has the final words.
"""

import re
from collections.abc import Sequence

from pipeline.partials import plain, words

BAND = 32
"""Words by which the two may be shifted against each other: it bounds the work for a turn of a thousand words."""

_MARK = re.compile(r"[^\w\s]+\Z")


def whole(told: str, final: str) -> str:
    """The transcript that begins with `told` and goes on as `final` does."""
    if final.startswith(told):
        return final
    spoken, heard = words(told), words(final)
    end = _end(list(map(plain, spoken)), list(map(plain, heard)))
    mark = _MARK.search(heard[end - 1]) if end and not _MARK.search(told) else None
    rest = "".join(heard[end:])
    return told + (mark.group() if mark else "") + (rest if told.strip() else rest.lstrip())


def _end(told: Sequence[str], final: Sequence[str]) -> int:
    """How many of the final words are those that were told: the fewest words changed, left out or put in (Levenshtein).

    Of equals one with the same last word, else that at which both have gone equally far.
    """
    width = range(-BAND, BAND + 1)
    never = len(told) + len(final) + 1
    costs = {shift: shift for shift in width if shift >= 0}  # before the first word that was told
    for at, word in enumerate(told, 1):
        row: dict[int, int] = {}
        for shift in width:
            column = at + shift
            if not 0 <= column <= len(final):
                continue
            changed = costs.get(shift, never) + (column == 0 or word != final[column - 1])
            row[shift] = min(
                changed if column else never, costs.get(shift + 1, never) + 1, row.get(shift - 1, never) + 1
            )
        costs = row
    ends = {len(told) + shift: cost for shift, cost in costs.items() if 0 <= len(told) + shift <= len(final)}
    if not ends:
        return len(final)
    return min(ends, key=lambda end: (ends[end], final[:end][-1:] != told[-1:], abs(end - len(told)), end))
