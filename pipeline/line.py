"""What the two sides of a call share."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.engines import Engines
from pipeline.history import History, Item
from pipeline.notices import ItemDeleted, Notice
from pipeline.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Line:
    """The surroundings of one call.

    caller: the call's id. notify, new_id: see Call.
    """

    caller: str
    engines: Engines
    history: History
    tasks: Tasks
    notify: Callable[[Notice], None]
    new_id: Callable[[str], str]
    log: logging.LoggerAdapter[logging.Logger]

    def keep(self, item: Item) -> str | None:
        """Add what was said to the end of the conversation, whose oldest item makes room; returns the id before it."""
        if oldest := self.history.make_room():
            self.notify(ItemDeleted(oldest))
        return self.history.add(item)
