"""What the two sides of a call share."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.engines import Engines
from pipeline.history import History
from pipeline.notices import Notice
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
