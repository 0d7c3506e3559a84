"""Ephemeral keys: what a browser is given in place of a real key.

Each is bound to the session that it opens, is good for a few minutes and any number of calls, and is kept in memory
only: a gateway that starts anew knows none of those it gave before.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import VoiceError
from voicegw.protocol.session import SessionType

PREFIX = "ek_"
LIMIT = 10_000
"""Most keys that are good at the same time."""


class TooManyKeys(VoiceError):
    """More keys are asked for than are kept."""


@dataclass(frozen=True, slots=True)
class EphemeralKey:
    """expires_at: seconds since the epoch. wishes: what its sessions begin with, as in a session.update."""

    value: str
    expires_at: int
    kind: SessionType
    wishes: Mapping[str, Any] | None


class EphemeralKeys:
    """The keys that are good."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._keys: dict[str, EphemeralKey] = {}

    def issue(self, kind: SessionType, wishes: Mapping[str, Any] | None, seconds: int, now: float) -> EphemeralKey:
        """now: seconds since the epoch. Raises TooManyKeys."""
        self._forget(now)
        if len(self._keys) >= self._limit:
            raise TooManyKeys(f"{self._limit} ephemeral keys are good right now, the limit; wait for some to expire.")
        key = EphemeralKey(f"{PREFIX}{secrets.token_hex(24)}", int(now) + seconds, kind, wishes)
        self._keys[key.value] = key
        return key

    def find(self, value: str, now: float) -> EphemeralKey | None:
        """The key, if it is one and still good. A look-up, not a comparison: its time tells nothing about 192 bits."""
        key = self._keys.get(value)
        return key if key and now < key.expires_at else None

    def _forget(self, now: float) -> None:
        for key in [key for key in self._keys.values() if now >= key.expires_at]:
            del self._keys[key.value]
