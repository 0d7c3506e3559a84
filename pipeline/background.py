"""Other people's talk behind the caller's.

A speech detector hears speech, not whose it is: in a café, or beside a television, a turn would never end. What tells
the two apart is the level. Where somebody speaks there is a loud syllable every half second, and silence between some
of them; the talk of several people lies below the former and above the latter. So what sounds like speech but has long
been neither loud nor silent is not the caller's.

Levels are dBFS of windows.
"""

BELOW_VOICE = 4.0
"""dB below the mean of the caller's loud windows, at which a window still counts as loud."""
SILENT = 20.0
"""dB below that mean, at which a window is silent: the lips close, or a breath is taken. Quiet words end in such."""
AFTER_MS = 1200
"""Speech without a loud or silent window that is background: longer than words trail off."""
RETURN_MS = 64
"""Loud windows in a row by which the caller is back."""
LEARNING = 0.05
"""Weight of a window in the mean: the last half second of loud ones."""
FORGETTING = 1.0
"""dB that the mean falls in a second of background: a caller who has turned away from the microphone is heard again."""


class Background:
    """Fed with the windows of one call, in order."""

    def __init__(self) -> None:
        self._voice: float | None = None
        self._loud = 0.0
        self._soft = 0.0

    @property
    def alone(self) -> bool:
        """There has been nothing else for `AFTER_MS`."""
        return self._soft >= AFTER_MS

    def take(self, level: float | None, ms: float, *, speech: bool) -> bool:
        """Whether the next window is background, though it sounds like speech. level: None if nobody measures it."""
        if level is None:
            return False
        if not speech:
            self._hush()
            return False
        if self._voice is None or level >= self._voice - BELOW_VOICE:
            self._loud += ms
            if self.alone and self._loud < RETURN_MS:
                return True
            self._soft = 0.0
            self._voice = level if self._voice is None else self._voice + LEARNING * (level - self._voice)
            return False
        if level < self._voice - SILENT:
            self._hush()
        self._loud = 0.0
        self._soft += ms
        if not self.alone:
            return False
        self._voice -= FORGETTING * ms / 1000
        return True

    def _hush(self) -> None:
        """A silence. The others may take breath too, once it is known that there are others."""
        self._loud = 0.0
        if not self.alone:
            self._soft = 0.0
