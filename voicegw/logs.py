"""Logs for machines: one JSON object a line, with the call's id where there is one, and never what was said.

Nor keys: clients put them where they like, and libraries log addresses with their queries, so both are taken out of
every line, whoever wrote it.
"""

import json
import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any

from voicegw.seldom import Seldom
from voicegw.unhurried import UnhurriedHandler

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}

_SECRETS = (
    (re.compile(r"(/[^\s\"'\\?#]*)\?[^\s\"'\\]+"), r"\1?***"),  # the query of an address
    (re.compile(r"(?i)\b(bearer\s+|openai-insecure-api-key\.|api-key[\"':\s=]+)[^\s\"'\\,]+"), r"\1***"),
    (re.compile(r"\b(ek_|sk-)[\w-]{8,}"), r"\1***"),
)


def without_secrets(line: str) -> str:
    """`line` without what stands behind the ? of an address, and without what looks like a key."""
    for pattern, instead in _SECRETS:
        line = pattern.sub(instead, line)
    return line


class JsonFormatter(logging.Formatter):
    """time, level, logger, message, then whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(line, ensure_ascii=False, default=str))


class Sparing(logging.Filter):
    """For a library that writes a line for whatever a stranger sends: one of a kind in `every_s` seconds."""

    def __init__(self, every_s: float) -> None:
        super().__init__()
        self._seldom = Seldom(every_s)

    def filter(self, record: logging.LogRecord) -> bool:
        untold = self._seldom.may(str(record.msg), record.created)
        if untold:
            record.untold = untold
        return untold is not None


def configure(level: str) -> None:
    """Send everything to standard error as JSON. Libraries speak only when something is wrong.

    uvicorn's own lines never come from deeper than `info`: what its WebSockets have to say there is whole frames.
    """
    logging.getLogger("uvicorn.error").filters.clear()  # which dictConfig only ever adds to
    levels = dict.fromkeys(("voicegw", "pipeline", "models"), level.upper())
    levels["uvicorn.error"] = "INFO" if level == "debug" else level.upper()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonFormatter}},
            "handlers": {"stderr": {"()": UnhurriedHandler, "formatter": "json"}},
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "filters": {"sparing": {"()": Sparing, "every_s": 1.0}},
            "loggers": {
                name: {"level": level, "filters": ["sparing"] if name == "uvicorn.error" else []}
                for name, level in levels.items()
            },
        }
    )
