"""Is the caller still there?

A caller who hangs up says so. One whose network breaks says nothing: only packets stop coming, of which there are fifty
a second as long as a microphone is open, muted or not. Only authentic packets count (`line.py`): a stranger can neither
end a call by a flood nor keep a dead one alive. Pure: takes `now` and counts.
"""

from typing import Literal, TypeAlias

from voicegw.transports.ending import FLOOD, LOST, MUTE, Ending

EVERY_S = 0.25
"""How often to look."""
HOLD_S = 1.0
"""Without a packet for so long, the tutor stops: words would be lost."""
LOST_S = 4.0
"""Without a packet for so long, the connection is given up."""
MEDIA_S = 20.0
"""Longest without a packet of sound from a caller who is there."""
FLOOD_BYTES = 1_000_000
"""Bytes a second: ten times what voice and events of a call can come to."""

Beat: TypeAlias = Ending | Literal["hold", "go_on"] | None


class Pulse:
    """Tell it what arrived, every EVERY_S."""

    def __init__(self, now: float) -> None:
        self._heard_at = now
        self._media_at = now
        self._packets = 0
        self._second = (now, 0)
        self._held = False

    def beat(self, now: float, packets: int, received: int, last_sound: float | None) -> Beat:
        """packets, received: of the caller so far, of any kind, and their bytes. last_sound: when sound came last."""
        if packets != self._packets:
            self._packets, self._heard_at = packets, now
        self._media_at = max(self._media_at, last_sound or 0.0)
        began, before = self._second
        if now - began >= 1.0:
            if before and received - before > FLOOD_BYTES * (now - began):
                return FLOOD
            self._second = (now, received)
        if now - self._heard_at > LOST_S:
            return LOST
        if now - self._media_at > MEDIA_S:
            return MUTE
        silent = now - self._heard_at > HOLD_S
        if silent != self._held:
            self._held = silent
            return "hold" if silent else "go_on"
        return None
