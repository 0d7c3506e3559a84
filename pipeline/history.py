"""The conversation so far: what was said, by whom, in order, and no more of an answer than was heard."""

import re
from collections.abc import Iterator
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
        self._items: list[Item] = []
        self._limit = limit
        self._shown_from = ""  # id of the oldest item that the language model is still shown

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def get(self, item_id: str) -> Item | None:
        return next((item for item in self._items if item.id == item_id), None)

    def before(self, item_id: str) -> str | None:
        """Id of the item in front of `item_id`, None for the first."""
        at = self._index(item_id)
        return self._items[at - 1].id if at else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert after the item `after` (None: at the end, ROOT: at the front) and return the id now in front of it.

        Raises CallerError for an id that is taken, a place that does not exist, or a full conversation.
        """
        if self.get(item.id) is not None:
            raise CallerError(
                f"Error adding item: an item with id '{item.id}' already exists.",
                code="item_create_duplicate_item_id",
                param="item.id",
            )
        if item.role == "tool" and not any(other.call and other.call.id == item.call_id for other in self._items):
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
            at = len(self._items)
        elif after == ROOT:
            at = 0
        elif self.get(after) is not None:
            at = self._index(after) + 1
        else:
            raise CallerError(f"Item with item_id '{after}' not found.", code="invalid_value", param="previous_item_id")
        self._items.insert(at, item)
        return self._items[at - 1].id if at else None

    def make_room(self) -> str | None:
        """When the conversation is full, let its oldest item go and return its id."""
        return self._items.pop(0).id if len(self._items) >= self._limit else None

    def put(self, item: Item) -> None:
        """Replace the item with the same id; nothing happens when it has been deleted meanwhile."""
        if self.get(item.id) is not None:
            self._items[self._index(item.id)] = item

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
        if self.get(item_id) is None:
            raise CallerError(
                f"Error deleting item: item with id '{item_id}' not found.",
                code="item_delete_invalid_item_id",
                param="item_id",
            )
        del self._items[self._index(item_id)]

    @property
    def characters(self) -> int:
        """Length of everything in it."""
        return _characters(self._items)

    def remembered(self, limit: int | None, retained: float = 2 / 3) -> list[Item]:
        """What the language model is shown: the newest items with anything in them, at most `limit` characters of them.

        When the limit is passed, all but `retained` of it is let go at once: the rest then begins at the same place for
        many turns, and the model's server finds it in its prefix cache.
        """
        shown = [item for item in self._items if item.text or item.call]
        if limit is None:
            return shown
        start = next((at for at, item in enumerate(shown) if item.id == self._shown_from), 0)
        if _characters(shown[start:]) > limit:
            while start < len(shown) - 1 and _characters(shown[start:]) > limit * retained:
                start += 1
            self._shown_from = shown[start].id
        return shown[start:]

    def _index(self, item_id: str) -> int:
        return next(at for at, item in enumerate(self._items) if item.id == item_id)


def _characters(items: list[Item]) -> int:
    return sum(len(item.text or "") + len(item.call.arguments if item.call else "") for item in items)
