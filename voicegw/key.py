"""The key that callers must bring: whether there is one, and whether it will do, is decided here and nowhere else."""

import hmac

from voicegw.errors import SettingsError

VARIABLE = "VOICEGW_API_KEY"
SHORTEST = 16
"""Characters of a key that must keep the world out. Whoever guesses may try some hundred times a second."""
RESERVED = "ek_"
"""What ephemeral keys begin with (`sessions/ephemeral.py`); a key that begins so would be taken for one."""

REMEDY = f"{VARIABLE}=$(openssl rand -hex 24)"


class Key:
    """Never shows itself: not in a log, not in an error."""

    def __init__(self, text: str) -> None:
        """text: as it was set; spaces and line ends around it are not part of it. Raises SettingsError."""
        self._text = text.strip()
        if not self._text:
            raise SettingsError(f"{VARIABLE} is set and empty: set a key, e.g. {REMEDY}, or unset it.")
        if not self._text.isprintable():
            raise SettingsError(f"{VARIABLE} has a line break or another control character in it; set e.g. {REMEDY}.")
        if self._text.startswith(RESERVED):
            raise SettingsError(f"{VARIABLE} begins with {RESERVED}, as ephemeral keys do; set e.g. {REMEDY}.")

    def __repr__(self) -> str:
        return "Key(***)"

    @property
    def text(self) -> str:
        return self._text

    @property
    def short(self) -> bool:
        """Too short for an address that others can reach."""
        return len(self._text) < SHORTEST

    def opens(self, given: str) -> bool:
        """Whether a caller gave this key. given: from a header, decoded as Latin-1, as ASGI's headers are.

        Clients send letters beyond ASCII as UTF-8 or as Latin-1. The time of the comparison tells nothing.
        """
        sent = given.encode("latin-1", "replace")
        modern = hmac.compare_digest(sent, self._text.encode())
        return hmac.compare_digest(sent, self._text.encode("latin-1", "ignore")) or modern
