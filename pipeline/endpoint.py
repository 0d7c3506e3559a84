"""How long a silence must last before the caller's turn is over.

The evidence at a pause is how complete the turn sounds (a model's P(complete)), how its words end, and how long this
caller has paused in mid-turn before. The first two are joined as log-odds, the way independent witnesses are:

    P = sigmoid(VOICE * logit(P(complete)) + WORDS[ending])
    wait = shortest + (patience - shortest) * (1 - P)

The weights come from a logistic regression on the places of `voicegw bench quality --evidence`: 216 ends of turns
and 120 pauses in mid-clause, spoken by Piper and eSpeak. It gave 0.16 for the voice, and -2.3, -1.1 and 1.3 for the
words. The voice is given twice that here: synthetic speech that was cut in mid-clause lacks most of what the model was
trained to hear in people's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from pipeline.endings import Ending

VOICE = 0.35
WORDS: Mapping[Ending | None, float] = {Ending.OPEN: -2.2, Ending.UNKNOWN: -1.0, Ending.CLOSED: 1.3, None: 0.0}
SURE = 0.98
"""The model is believed no further than this, and no less than one minus this."""
UNJUDGED = 0.4
"""P(complete) assumed until the model has spoken: leans to waiting, for it will speak soon."""
MARGIN = 1.4
"""A caller who paused so long in mid-turn before is given that much longer when the turn does not sound complete."""
LEARNING = 0.3
"""Weight of the newest pause in the caller's average."""
CUT_OFF = 1.3
"""Growth of the waits after the caller was cut off; it fades with every turn that went well."""
FADING = 0.9


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a pause. complete: P(turn is complete). None: not known yet."""

    complete: float | None = None
    ending: Ending | None = None

    @property
    def doubt(self) -> float:
        """Probability that more is to come."""
        voice = min(SURE, max(1 - SURE, UNJUDGED if self.complete is None else self.complete))
        return 1 / (1 + exp(VOICE * log(voice / (1 - voice)) + WORDS[self.ending]))


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
        wait = shortest + (patience - shortest) * doubt
        if doubt > 0.5:
            wait = max(wait, self._pause * MARGIN)
        return min(patience, wait * self._caution)
