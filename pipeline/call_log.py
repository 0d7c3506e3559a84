"""Log lines of one call."""

import logging
from collections.abc import MutableMapping
from typing import Any


class CallLog(logging.LoggerAdapter[logging.Logger]):
    """Adds the call's id to whatever `extra` a line has. (LoggerAdapter itself puts its own in place of the line's.)"""

    def __init__(self, name: str, call: str) -> None:
        super().__init__(logging.getLogger(name), {"call": call})

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, {**kwargs, "extra": {**(self.extra or {}), **(kwargs.get("extra") or {})}}
