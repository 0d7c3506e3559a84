"""The caller's sound as the core knows it: until when there was speech, and what there has been since.

Places are samples of the caller's audio, durations milliseconds.
"""

from pipeline.audio import HEARING_RATE, Span, samples_in
from pipeline.background import Background
from pipeline.events import SpeechScored
from pipeline.lull import Lulls

TAIL_MS = 96
"""Most that the detector may have gone on hearing speech in a lull; silence is counted from where the lull began."""
SOFT_MS = 192
"""Speech that the detector hears in a lull beyond which it is no tail of the last word, but words softer than that."""


TRAILS_MS = 400
"""How long words may trail off behind the caller's last loud window, when others talk on."""


class Sound:
    """Fed with the windows of one call, in order.

    end: of the audio judged so far. speech_end: of the last window that was heard as the caller's, or of the last word
    once a pause has shown where that was.
    """

    def __init__(self) -> None:
        self.end = 0
        self.speech_end = 0
        self._lulls = Lulls()
        self._background = Background()
        self._gathering: Span | None = None

    def take(self, event: SpeechScored, threshold: float) -> bool:
        """Whether the next window is speech of the caller's."""
        self.end = event.span.end
        ms = event.span.samples * 1000 / HEARING_RATE
        speech = event.probability >= threshold
        speech = speech and not self._background.take(event.level, ms, speech=speech)
        self._lulls.take(event.level, ms, speech=speech)
        return speech

    # --- speech ------------------------------------------------------------------------------------------------------

    def heard(self) -> None:
        """The newest window is speech of an open turn."""
        self.speech_end = self.end

    def gather(self, span: Span) -> float:
        """Duration of unbroken speech up to the end of `span`, which may become an onset or a resumption."""
        start = self._gathering.start if self._gathering else span.start
        self._gathering = Span(start, span.end)
        return self._gathering.samples * 1000 / HEARING_RATE

    @property
    def gathering(self) -> Span | None:
        return self._gathering

    def scatter(self) -> None:
        """It was none, or is one by now."""
        self._gathering = None

    # --- silence -----------------------------------------------------------------------------------------------------

    @property
    def silence(self) -> float:
        return (self.end - self.speech_end) * 1000 / HEARING_RATE

    @property
    def lull(self) -> float:
        """How long the level has been that of the room; 0 while it is not."""
        return self._lulls.ms

    @property
    def calm(self) -> bool:
        """The newest window belongs to a lull, and is no burst in it."""
        return self._lulls.calm > 0

    @property
    def lull_began(self) -> int:
        return self.end - samples_in(self._lulls.ms, HEARING_RATE)

    @property
    def softly(self) -> bool:
        """The detector hears more in the lull than its own echo of the last word: softer words."""
        return self.speech_end - self.lull_began > samples_in(SOFT_MS, HEARING_RATE)

    @property
    def said(self) -> int | None:
        """Where the last word ended, if the level shows it: behind it there was nothing but the room."""
        return self.end - samples_in(self._lulls.calm, HEARING_RATE) if self.calm and not self.softly else None

    def words_end(self, start: int) -> int:
        """Where the words end of the turn that began at `start`, as far as that is known: others' are no part of it."""
        last = self.end - samples_in(self._background.since - TRAILS_MS, HEARING_RATE)
        return last if self._background.alone and start < last < self.end else self.end

    def pause(self, start: int) -> None:
        """Speech is over: take from its end what only sounded like it. start: of the turn."""
        tail = max(0, min(self.speech_end - self.lull_began, samples_in(TAIL_MS, HEARING_RATE)))
        end = self.speech_end - tail
        if self._background.alone:
            end = min(end, self.end - samples_in(self._background.since, HEARING_RATE))
        self.speech_end = max(start, end)
