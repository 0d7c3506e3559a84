"""What a sound over the tutor's voice may be: an interruption, or nothing that the answer should stop for."""

from pipeline.audio import HEARING_RATE, Span
from pipeline.events import TranscriptReady

WORD_MS = 160
"""Speech over the tutor's that is shorter has no words: "no" and "sí", spoken fast, keep the detector busy for
256 ms. A recognizer makes some up all the same; of an echo that slipped through, they are hardly ever the tutor's."""
FASTEST = 40
"""Letters that anybody could say in a second of speech, as detected; a fast speaker comes to 20. "What's going on?"
heard in a fifth of a second was made up."""


class Probing:
    """One for each call, because what is learned of its echoes stays.

    asked: the words of the sound are being found. wary: an echo was caught, so sounds alone do not pause the answer.
    """

    def __init__(self) -> None:
        self.asked = False
        self.wary = False
        self._voiced = 0  # samples of its speech, since it was last found to have no words
        self._sounded = 0  # the same, since it began

    def begin(self, run: Span) -> None:
        """A sound begins with this speech."""
        self.asked = False
        self._voiced = self._sounded = run.samples

    def go_on(self, span: Span) -> None:
        self._voiced += span.samples
        self._sounded += span.samples

    @property
    def voiced(self) -> float:
        """Milliseconds of its speech that have not been judged by their words."""
        return self._voiced * 1000 / HEARING_RATE

    @property
    def wordless(self) -> bool:
        """Too short for words."""
        return self.voiced < WORD_MS

    def interrupts(self, event: TranscriptReady) -> bool:
        """Whether its words are the caller's, and more than a "mhm". If not, what follows is judged anew."""
        self.wary = self.wary or event.echo
        invented = event.letters * HEARING_RATE > FASTEST * self._sounded
        if not (event.empty or event.failed or event.slight or invented):
            return True
        self.asked, self._voiced = False, 0
        return False
