"""How long a silence must last before the caller's turn is over.

The evidence at a pause is how complete the turn sounds (a model's P(complete)), how its words end, and how long this
caller has paused in mid-turn before. A turn that is surely complete waits `shortest`, one that is surely not waits the
caller's patience; in between the wait grows with the square of the doubt, because a false cut-off annoys more than a
short wait:

    wait = shortest + (patience - shortest) * doubt²,   doubt = 1 - P(complete), weighed by the words
"""

from dataclasses import dataclass

from pipeline.endings import Ending

UNJUDGED = 0.4
"""P(complete) assumed until the model has spoken: leans to waiting, for it will speak soon."""
OPEN_WEIGHT = 0.35
"""A turn that ends in "and" keeps this share of its P(complete)."""
CLOSED_WEIGHT = 0.7
"""A turn that ends in a full stop keeps this share of its doubt: recognizers are quick to write full stops."""
MARGIN = 1.4
"""A caller who paused so long in mid-turn before is given that much longer when the turn does not sound complete."""
LEARNING = 0.3
"""Weight of the newest pause in the caller's average."""
CUT_OFF = 1.3
"""Growth of the waits after the caller was cut off; it fades with every turn that went well."""
FADING = 0.9


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a pause. complete: P(turn is complete), None while unknown."""

    complete: float | None = None
    ending: Ending = Ending.UNKNOWN

    @property
    def doubt(self) -> float:
        """0: surely complete. 1: surely not."""
        doubt = 1 - (UNJUDGED if self.complete is None else self.complete)
        match self.ending:
            case Ending.OPEN:
                return 1 - (1 - doubt) * OPEN_WEIGHT
            case Ending.CLOSED:
                return doubt * CLOSED_WEIGHT
            case Ending.UNKNOWN:
                return doubt


class Habits:
    """What is learned about one caller's pauses, in milliseconds."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._caution = 1.0

    def paused(self, ms: float) -> None:
        """A pause in the middle of a turn: speech came back after `ms`."""
        self._pause = ms if not self._pause else self._pause + LEARNING * (ms - self._pause)

    def cut_off(self) -> None:
        """The caller spoke on right after the turn was closed."""
        self._caution = min(2.0, self._caution * CUT_OFF)

    def went_well(self) -> None:
        """A turn was closed, answered, and the caller listened."""
        self._caution = max(1.0, self._caution * FADING)

    def wait(self, evidence: Evidence, shortest: float, patience: float) -> float:
        """Silence in milliseconds that ends the turn, between `shortest` and `patience`."""
        doubt = evidence.doubt
        wait = shortest + (patience - shortest) * doubt**2
        if doubt > 0.5:
            wait = max(wait, self._pause * MARGIN)
        return min(patience, wait * self._caution)
