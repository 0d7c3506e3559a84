"""The conversation so far: what was said, by whom, in order, and no more of an answer than was heard."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from pipeline.engines import ToolCall
from pipeline.errors import CallerError

_WORD = re.compile(r"\s*\S+|\s+$")

ROOT = "root"
"""As a place to insert after: before everything."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words of a spoken answer and the seconds of sound that carry them."""

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Item:
    """One message, the model's wish to have a function called, or what came of that.

    text: its words; None while the caller's audio is still being transcribed. Of role `tool`: the function's result.
    audio: True when it was spoken rather than written.
    status: `in_progress` while an answer is being made, `incomplete` when it was cut short.
    spoken: for an answer with audio, what was sent so far, so that it can be cut where the ear stopped.
    call: what is to be called; such an item has no words. call_id: of role `tool`: the call that this answers.
    """

    id: str
    role: Literal["system", "user", "assistant", "tool"]
    text: str | None
    audio: bool = False
    status: Literal["in_progress", "completed", "incomplete"] = "completed"
    spoken: tuple[Stretch, ...] = ()
    call: ToolCall | None = None
    call_id: str = ""

    def said(self, text: str, seconds: float) -> "Item":
        """This item with more of the answer. Sound without words belongs to the words before it."""
        spoken = self.spoken
        if spoken and not text:
            spoken = (*spoken[:-1], replace(spoken[-1], seconds=spoken[-1].seconds + seconds))
        elif self.audio:
            spoken = (*spoken, Stretch(text, seconds))
        return replace(self, text=(self.text or "") + text, spoken=spoken)

    def cut(self, seconds: float) -> "Item":
        """This item with only the words whose sound began before `seconds`, taking words as evenly spread."""
        kept: list[Stretch] = []
        left = seconds
        for stretch in self.spoken:
            if left <= 0:
                break
            words = _WORD.findall(stretch.text)
            share = min(1.0, left / stretch.seconds) if stretch.seconds else 1.0
            kept.append(Stretch("".join(words[: ceil(len(words) * share)]), stretch.seconds * share))
            left -= stretch.seconds
        return replace(self, text="".join(stretch.text for stretch in kept), spoken=tuple(kept), status="incomplete")

    def heard(self, seconds: float) -> "Item":
        """This item with the words of its first `seconds`, by our own count: the client may still correct it."""
        return replace(self.cut(seconds), spoken=self.spoken)

    @property
    def seconds(self) -> float:
        """Sound sent for this item."""
        return sum(stretch.seconds for stretch in self.spoken)


class History:
    """Ordered items with unique ids."""

    def __init__(self, limit: int = 1000) -> None:
        """limit: most items kept; one more is refused by `add`, so that a call cannot grow without bound."""
        self._items: dict[str, Item] = {}
        self._order: list[str] = []
        self._limit = limit
        self._shown_from = ""  # id of the oldest item that the language model is still shown

    def __iter__(self) -> Iterator[Item]:
        return (self._items[item_id] for item_id in self._order)

    def __len__(self) -> int:
        return len(self._items)

    def get(self, item_id: str) -> Item | None:
        return self._items.get(item_id)

    def last_words(self, role: str) -> str:
        """What was last said by this side; empty when it has said nothing."""
        newest = (self._items[item_id] for item_id in reversed(self._order))
        return next((item.text for item in newest if item.role == role and item.text), "")

    def before(self, item_id: str) -> str | None:
        """Id of the item in front of `item_id`, None for the first."""
        at = self._order.index(item_id)
        return self._order[at - 1] if at else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert after the item `after` (None: at the end, ROOT: at the front) and return the id now in front of it.

        Raises CallerError for an id that is taken, a place that does not exist, or a full conversation.
        """
        if item.id in self._items:
            raise CallerError(
                f"Error adding item: an item with id '{item.id}' already exists.",
                code="item_create_duplicate_item_id",
                param="item.id",
            )
        if item.role == "tool" and not any(other.call and other.call.id == item.call_id for other in self):
            raise CallerError(
                f"Error adding item: no function call with call_id '{item.call_id}' is in this conversation.",
                param="item.call_id",
            )
        if len(self._items) >= self._limit:
            raise CallerError(
                f"The conversation holds its limit of {self._limit} items; delete some first.",
                code="conversation_item_limit_reached",
            )
        if after is None:
            at = len(self._order)
        elif after == ROOT:
            at = 0
        elif after in self._items:
            at = self._order.index(after) + 1
        else:
            raise CallerError(f"Item with item_id '{after}' not found.", code="invalid_value", param="previous_item_id")
        self._items[item.id] = item
        self._order.insert(at, item.id)
        return self._order[at - 1] if at else None

    def make_room(self) -> str | None:
        """When the conversation is full, let its oldest item go and return its id."""
        if len(self._items) < self._limit:
            return None
        del self._items[oldest := self._order.pop(0)]
        return oldest

    def put(self, item: Item) -> None:
        """Replace the item with the same id; nothing happens when it has been deleted meanwhile."""
        if item.id in self._items:
            self._items[item.id] = item

    def truncate(self, item_id: str, seconds: float) -> float:
        """Cut a spoken answer to its first `seconds` and return how many are left.

        Raises CallerError for an unknown item, one without audio, or a place past its end (a tenth of a second past is
        taken as the end: clients count in whole frames).
        """
        item = self.get(item_id)
        if item is None:
            raise CallerError(
                f"Error truncating item: item with id '{item_id}' not found.",
                code="item_truncate_invalid_item_id",
                param="item_id",
            )
        if not item.audio or item.role != "assistant":
            raise CallerError(
                "Only model output audio messages can be truncated.", code="unsupported_content_type", param="item_id"
            )
        if seconds > item.seconds + 0.1:
            raise CallerError(
                f"Audio content of {item.seconds * 1000:.0f}ms is already shorter than {seconds * 1000:.0f}ms.",
                param="audio_end_ms",
            )
        kept = min(seconds, item.seconds)
        self.put(item.cut(kept))
        return kept

    def delete(self, item_id: str) -> None:
        """Raises CallerError when there is no such item."""
        if item_id not in self._items:
            raise CallerError(
                f"Error deleting item: item with id '{item_id}' not found.",
                code="item_delete_invalid_item_id",
                param="item_id",
            )
        del self._items[item_id]
        self._order.remove(item_id)

    @property
    def characters(self) -> int:
        """Length of everything in it."""
        return _characters(self._items.values())

    def remembered(self, limit: int | None, retained: float = 2 / 3) -> list[Item]:
        """What the language model is shown: the newest items with anything in them, at most `limit` characters of them.

        When the limit is passed, all but `retained` of it is let go at once: the rest then begins at the same place for
        many turns, and the model's server finds it in its prefix cache.
        """
        shown: list[Item] = []
        for item_id in reversed(self._order):
            item = self._items[item_id]
            if item.text or item.call:
                shown.append(item)
            if limit is not None and item_id == self._shown_from:
                break
        shown.reverse()
        if limit is None or (length := _characters(shown)) <= limit:
            return shown
        start = 0
        while start < len(shown) - 1 and length > limit * retained:
            length -= _characters(shown[start : start + 1])
            start += 1
        self._shown_from = shown[start].id
        return shown[start:]


def _characters(items: Iterable[Item]) -> int:
    return sum(len(item.text or "") + len(item.call.arguments if item.call else "") for item in items)
