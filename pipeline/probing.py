"""What a sound over the tutor's voice may be: an interruption, or nothing that the answer should stop for."""

from pipeline.audio import HEARING_RATE, Span
from pipeline.events import TranscriptReady

WORD_MS = 160
"""Speech over the tutor's that is shorter has no words: "no" and "sí", spoken fast, keep the detector busy for
256 ms. A recognizer makes some up all the same; of an echo that slipped through, they are hardly ever the tutor's."""
FASTEST = 40
"""Letters that anybody could say in a second of speech, as detected; a fast speaker comes to 20. "What's going on?"
heard in a fifth of a second was made up."""
FOLLOWS_MS = 1000
"""Speech that begins so soon after a sound was let pass goes on with it: "Yeah … but I wanted to ask"."""
REACH_MS = 5000
"""And the turn takes in so much of what was let pass, at most."""


class Probing:
    """One for each call, because what is learned of its echoes stays.

    asked: the words of the sound are being found. wary: an echo was caught, so sounds alone do not pause the answer.
    start: first sample of the sound, with what was kept from before it. heard_out: the answer has come to its end.
    """

    def __init__(self) -> None:
        self.asked = False
        self.wary = False
        self.start = 0
        self.heard_out = False
        self._echo = False  # so its words were last judged
        self._passed: Span | None = None  # let pass, and perhaps the first words of what follows
        self._voiced = 0  # samples of its speech, since it was last found to have no words
        self._sounded = 0  # the same, since it began

    def begin(self, run: Span, start: int) -> None:
        """A sound begins with this speech."""
        self.asked = self.heard_out = self._echo = False
        self.start = start
        self._voiced = self._sounded = run.samples

    def go_on(self, span: Span) -> None:
        self._voiced += span.samples
        self._sounded += span.samples

    def let_pass(self, span: Span) -> None:
        """It was nothing by itself. Only an echo is known to be nobody's words: the rest may be the caller's first.

        What was let pass just before it stays with it.
        """
        self._passed = None if self._echo else Span(self.reached_back(span, span.start), span.end)

    def reached_back(self, run: Span, start: int) -> int:
        """Where a turn begins whose speech begins with `run`: `start`, or with what was let pass just before."""
        passed, ms = self._passed, HEARING_RATE // 1000
        if passed is None or run.start - passed.end > FOLLOWS_MS * ms:
            return start
        return min(start, max(passed.start, run.start - REACH_MS * ms))

    @property
    def voiced(self) -> float:
        """Milliseconds of its speech that have not been judged by their words."""
        return self._voiced * 1000 / HEARING_RATE

    @property
    def wordless(self) -> bool:
        """Too short for words."""
        return self.voiced < WORD_MS

    def interrupts(self, event: TranscriptReady, *, audible: bool) -> bool:
        """Whether its words are the caller's, and more than a "mhm". If not, what follows is judged anew.

        audible: there still is an answer to interrupt. Behind one that was heard to its end, "yes" is a turn like any
        other; and where there is none, so are words that could not be found out.
        """
        self.wary, self._echo = self.wary or event.echo, event.echo
        invented = event.letters * HEARING_RATE > FASTEST * self._sounded
        slight = event.slight and (event.echo or not self.heard_out)
        words = not (event.empty or event.failed or invented) if audible else not event.empty or event.failed
        if words and not slight:
            return True
        self.asked, self._voiced = False, 0
        return False
