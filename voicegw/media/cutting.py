"""Where a recording is cut: at silences, into pieces short enough to take their turn among those of callers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from pipeline.audio import HEARING_RATE, Span, samples_in
from pipeline.engines import SpeechScore

THRESHOLD = 0.5
GAP_MS = 600
"""Silence within one piece."""
EDGE_MS = 200
"""Kept around a piece, so that no first or last sound is lost."""
LONGEST_MS = 13_500
"""With its edges it fits into a window of 15 s of the recognizer's, half a second of work on two cores."""
SEARCH_MS = 5000
"""Who speaks on without a pause is cut where it was quietest in so much of the end."""


@dataclass(frozen=True, slots=True)
class _Window:
    span: Span
    probability: float
    level: float


class Cutter:
    """Takes the scores of a recording, oldest first, and gives the pieces with speech in them as they become known."""

    def __init__(self) -> None:
        self._open: list[_Window] = []  # of a piece whose end is not known, from its first window of speech
        self._end = 0  # of the last piece
        self._heard = 0
        self._speech_end = 0

    @property
    def keep_from(self) -> int:
        """First sample that may still become part of a piece."""
        return self._start(self._open[0].span.start if self._open else self._heard)

    def push(self, scores: Sequence[SpeechScore]) -> list[Span]:
        pieces: list[Span] = []
        for score in scores:
            speech = score.probability >= THRESHOLD
            self._heard = score.span.end
            if speech:
                self._speech_end = score.span.end
            if speech or self._open:
                self._open.append(_Window(score.span, score.probability, score.level or 0.0))
            if self._open and score.span.end - self._speech_end >= samples_in(GAP_MS, HEARING_RATE):
                pieces.append(self._close())
            elif self._open and score.span.end - self._open[0].span.start > samples_in(LONGEST_MS, HEARING_RATE):
                pieces.append(self._cut())
        return pieces

    def finish(self, end: int) -> list[Span]:
        """end: samples of the whole recording."""
        if not self._open:
            return []
        piece = self._close()
        return [Span(piece.start, min(piece.end, end))]

    def _start(self, speech: int) -> int:
        return max(self._end, speech - samples_in(EDGE_MS, HEARING_RATE))

    def _close(self) -> Span:
        piece = Span(self._start(self._open[0].span.start), self._speech_end + samples_in(EDGE_MS, HEARING_RATE))
        self._open, self._end = [], piece.end
        return piece

    def _cut(self) -> Span:
        """In the middle of speech: nothing around it is kept twice."""
        late = self._open[-1].span.end - samples_in(SEARCH_MS, HEARING_RATE)
        quietest = min(
            (at for at, window in enumerate(self._open) if at and window.span.start >= late),
            key=lambda at: (self._open[at].level, self._open[at].probability),
        )
        piece = Span(self._start(self._open[0].span.start), self._open[quietest].span.start)
        rest = dropwhile(lambda window: window.probability < THRESHOLD, self._open[quietest:])
        self._open, self._end = list(rest), piece.end
        return piece
