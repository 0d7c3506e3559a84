"""The caller's open turn while it grows, and what is asked for of it before the caller pauses."""

from pipeline.actions import Action, Discard, Overhear, Ticket, Transcribe
from pipeline.audio import HEARING_RATE, Span
from pipeline.revision import Revision
from pipeline.sound import Sound

OVERHEAR_MS = 160
"""New audio of an open turn between two offers to find its words; whether it is done is for those to say who do it."""
LULL_MS = 96
"""Quiet at which the words are asked for though speech is still being detected. At 64 ms it would be in four of five
seconds of speech in vain, and the words of the end would have to wait for that; at 96 ms in one of five. It comes 30 to
60 ms before the pause (medians, of people and of Piper)."""


class Turn:
    """number: counts turns, of both sides. start: its first sample. sound: the caller's, which goes on growing.

    ticket: of the turn as it stands. known: what is, about that. voiced: milliseconds of speech in it.
    """

    def __init__(self, number: int, start: int, sound: Sound) -> None:
        self.start = start
        self.ticket = Ticket(number)
        self.known = Revision()
        self.voiced = 0.0
        self._sound = sound
        self._overheard = start  # how far it was offered for overhearing

    @property
    def span(self) -> Span:
        """So far."""
        return Span(self.start, self._sound.end)

    def revise(self) -> Ticket:
        """The turn as it stands now, of which nothing is known yet."""
        self.ticket = Ticket(self.ticket.turn, self.ticket.rev + 1)
        self.known = Revision()
        return self.ticket

    def ask(self) -> Transcribe:
        """For the words of the turn as it stands now."""
        span = Span(self.start, self._sound.words_end(self.start))
        return Transcribe(self.revise(), span, self._sound.said)

    def listen(self, *, speech: bool) -> list[Action]:
        """The caller is in the middle of the turn, or just behind its end. speech: the newest window is."""
        if self.known.early:
            return [] if self._sound.lull and not self._sound.softly else self._not_yet()
        if self._sound.softly:
            return self._overhear(lull=False) if speech else []
        if self._sound.lull < LULL_MS:
            # In the first windows of a lull nothing is begun but what may turn out to be the words of the end.
            calm = self._sound.calm
            return self._overhear(lull=calm) if calm or (speech and not self._sound.lull) else []
        asked = self.ask()
        self.known.early = True
        return [asked]

    def _not_yet(self) -> list[Action]:
        """The lull was none: what was asked for in it lacks the words since."""
        self.known = Revision()
        return [Discard(self.ticket)]

    def _overhear(self, *, lull: bool) -> list[Action]:
        """The caller speaks on: what is known of the words by the pause need not be found out then."""
        if (self._sound.end - self._overheard) * 1000 / HEARING_RATE < OVERHEAR_MS and not lull:
            return []
        self._overheard = self._sound.end
        return [Overhear(self.ticket, self.span, lull)]
