"""When the caller's sound falls to the level of the room.

A speech detector goes on hearing speech for some 90 ms after the last sound of it. The level falls at once. It cannot
tell speech from noise, so it never decides anything; but work that begins by it begins earlier, and most of the time it
is the work that the pause would have asked for.

Levels are dBFS of windows. The room is the quietest that was heard lately, speech the loudest.
"""

ABOVE_ROOM = 6.0
"""A window counts as quiet up to so many dB above the room: the level of noise wanders."""
BELOW_SPEECH = 15.0
"""And so many dB below speech, or in a noisy room all of it would be quiet."""
ROOM_RISES = 0.1
"""dB in each window: a room that becomes noisy is known as such after a few seconds."""
SPEECH_FALLS = 0.3
"""dB in each window."""
BURST_MS = 64
"""Sound that ends a lull. What is shorter belongs to it, like the breath behind a final "t"."""


class Lulls:
    """Fed with the windows of one call, in order."""

    def __init__(self) -> None:
        self._room = 0.0
        self._speech = -120.0
        self._burst = 0.0
        self.ms = self.calm = 0.0

    def take(self, level: float | None, ms: float, *, speech: bool) -> None:
        """level: of the next window; None: nobody measures it, and there are no lulls. speech: it counts as such.

        Afterwards `ms` is how long the lull has lasted, 0 when there is none; `calm` how long without any burst.
        """
        if level is None:
            return
        self._room = min(level, self._room + ROOM_RISES)
        if speech:
            self._speech = max(level, self._speech - SPEECH_FALLS)
        if level < self._room + ABOVE_ROOM and level < self._speech - BELOW_SPEECH:
            self.calm = ms if self._burst else self.calm + ms
            self.ms, self._burst = self.ms + self._burst + ms, 0.0
            return
        self._burst += ms
        self.calm = 0.0
        if self._burst >= BURST_MS or not self.ms:
            self.ms = self._burst = 0.0
