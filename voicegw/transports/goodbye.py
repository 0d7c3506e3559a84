"""How this side ends a connection."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goodbye:
    """A WebSocket close code (RFC 6455, 7.4) and a few words for the log of the other side."""

    code: int
    reason: str


NORMAL = 1000
GOING_AWAY = 1001
TOO_SLOW = 1008
SILENT = 1008
