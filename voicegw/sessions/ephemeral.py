"""Ephemeral keys: what a browser is given in place of a real key.

Each is bound to the session that it opens, is good for a few minutes and any number of calls, a few at a time, and is
kept in memory only: a gateway that starts anew knows none of those it gave before.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.errors import VoiceError
from voicegw.key import RESERVED
from voicegw.protocol.session import SessionType

PREFIX = RESERVED
LIMIT = 10_000
"""Most keys that are good at the same time."""


class TooManyKeys(VoiceError):
    """More keys are asked for than are kept."""


class KeyBusy(VoiceError):
    """All calls that one key may hold are in progress."""


@dataclass(frozen=True, slots=True)
class EphemeralKey:
    """expires_at: seconds since the epoch, as its holder is told. good_until: the same moment on the monotonic clock.

    wishes: what its sessions begin with, as in a session.update.
    """

    value: str
    expires_at: int
    good_until: float
    kind: SessionType
    wishes: Mapping[str, Any] | None

    def good(self, now: float, monotonic: float) -> bool:
        """By both clocks: one that is set back must not prolong a key, one that is set forward may end it."""
        return now < self.expires_at and monotonic < self.good_until


class EphemeralKeys:
    """The keys that are good. `now` is seconds since the epoch, `monotonic` those of a clock that nobody sets."""

    def __init__(self, limit: int = LIMIT, places: int = 1) -> None:
        """places: calls that one key may hold at the same time."""
        self._limit = limit
        self._places = places
        self._keys: dict[str, EphemeralKey] = {}
        self._held: Counter[str] = Counter()

    def issue(
        self, kind: SessionType, wishes: Mapping[str, Any] | None, seconds: int, now: float, monotonic: float
    ) -> EphemeralKey:
        """Raises TooManyKeys."""
        self._forget(now, monotonic)
        if len(self._keys) >= self._limit:
            raise TooManyKeys(f"{self._limit} ephemeral keys are good right now, the limit; wait for some to expire.")
        value = f"{PREFIX}{secrets.token_hex(24)}"
        key = EphemeralKey(value, int(now) + seconds, monotonic + seconds, kind, wishes)
        self._keys[key.value] = key
        return key

    def find(self, value: str, now: float, monotonic: float) -> EphemeralKey | None:
        """The key, if it is one and still good. A look-up, not a comparison: its time tells nothing about 192 bits."""
        key = self._keys.get(value)
        return key if key and key.good(now, monotonic) else None

    def check(self, key: EphemeralKey) -> None:
        """Raises KeyBusy when it may hold no further call."""
        if self._held[key.value] >= self._places:
            raise KeyBusy(f"This key holds {self._places} calls already, its limit; end one first.")

    @contextmanager
    def held(self, key: EphemeralKey | None) -> Iterator[None]:
        """Count a call as this key's, as long as it lasts; nothing for a call with the gateway's own key."""
        if key is None:
            yield
            return
        self._held[key.value] += 1
        try:
            yield
        finally:
            self._held[key.value] -= 1
            if not self._held[key.value]:
                del self._held[key.value]

    def _forget(self, now: float, monotonic: float) -> None:
        for key in [key for key in self._keys.values() if not key.good(now, monotonic)]:
            del self._keys[key.value]
