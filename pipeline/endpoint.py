"""How long a silence must last before the caller's turn is over.

The evidence at a pause is how complete the turn sounds (a model's P(complete)), how its words end, whether a sentence
could end there at all (a language model's P(full stop)), and how long this caller has paused in mid-turn before. (The
voice is asked last, and only where the words leave doubt: `pipeline.turn`.) The first three are joined as log-odds, the
way independent witnesses are:

    P = sigmoid(voice * logit(P(complete)) + sentence * logit(P(full stop)) + words[ending])
    wait = shortest + (patience - shortest) * (1 - P) ** SHAPE

The weights come from logistic regressions on the places of `voicegw bench quality --evidence`: 216 ends of turns and
120 pauses in mid-clause, spoken by Piper and eSpeak. They gave 0.17 (0.10 beside the language model) for the voice,
which is given twice that here: synthetic speech that was cut in mid-clause lacks most of what the model was trained to
hear in people's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, pow

from pipeline.endings import Ending


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the witnesses. words: None stands for words that are not known yet."""

    voice: float
    sentence: float
    words: Mapping[Ending | None, float]


WITHOUT_SENTENCE = Weights(
    0.35, 0.0, {Ending.OPEN: -2.2, Ending.DOUBTFUL: -0.6, Ending.UNKNOWN: -1.0, Ending.CLOSED: 1.3, None: 0.0}
)
WITH_SENTENCE = Weights(
    0.2, 1.1, {Ending.OPEN: 0.1, Ending.DOUBTFUL: 0.6, Ending.UNKNOWN: 0.6, Ending.CLOSED: 2.3, None: 0.6}
)
"""A sentence that could end has a P(full stop) of a few tenths: much may follow any sentence. The regression gave the
words 1.0 more. That is taken off: the answer takes longer than the wait that it would save, and half of the pauses that
it cut are then kept, on synthetic speech and on people's (docs/quality.md)."""
SURE = 0.98
"""A model is believed no further than this, and no less than one minus this."""
SHAPE = 1.3
"""A little doubt costs less than its share of the patience, much of it all the same. It was picked (from 1, 1.25, 1.3
and 1.4) on the corpus of `bench quality`: median wait 516 to 437 ms, and 4 of 80 pauses cut in place of 3. A person's
recordings pay more for it: 391 to 329 ms, and 5 of 37 pauses cut in place of 3 (docs/quality.md)."""
UNJUDGED = 0.4
"""P(complete) assumed until the model has spoken: leans to waiting, for it will speak soon."""
MARGIN = 1.4
"""A caller who paused so long in mid-turn before is given that much longer when the turn does not sound complete."""
ITEMS_MS = 1500
"""Least silence behind letters or digits in a row, within the caller's patience: people dictate with 0.5 to 1 s
between, and stop for breath."""
ITEM_MS = 1100
"""And behind one alone, which may be the first of many or a whole answer ..."""
ANSWERED = 0.2
"""... unless the language model says that it is one: with no more doubt than this."""
LEARNING = 0.3
"""Weight of the newest pause in the caller's average."""
CUT_OFF = 1.3
"""Growth of the waits after the caller was cut off; it fades with every turn that went well."""
FADING = 0.9


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a pause: P(turn is complete), P(a sentence may end here). None: not known.

    dictated: letters or digits in a row that the words end with.
    """

    complete: float | None = None
    ending: Ending | None = None
    finished: float | None = None
    dictated: int = 0

    @property
    def doubt(self) -> float:
        """Probability that more is to come."""
        weights = WITHOUT_SENTENCE if self.finished is None else WITH_SENTENCE
        odds = weights.voice * _logit(UNJUDGED if self.complete is None else self.complete)
        odds += weights.sentence * _logit(self.finished or 0.0) + weights.words[self.ending]
        return 1 / (1 + exp(odds))


def _logit(probability: float) -> float:
    believed = min(SURE, max(1 - SURE, probability))
    return log(believed / (1 - believed))


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
        wait = shortest + (patience - shortest) * pow(doubt, SHAPE)
        if doubt > 0.5 or evidence.dictated:
            wait = max(wait, self._pause * MARGIN)
        if evidence.dictated > 1:
            wait = max(wait, ITEMS_MS)
        elif evidence.dictated and (evidence.finished is None or doubt > ANSWERED):
            wait = max(wait, ITEM_MS)
        return min(patience, wait * self._caution)
