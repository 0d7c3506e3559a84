"""The tutor's side of the floor: which answer is promised or heard, and which one comes next."""

from collections.abc import Sequence
from typing import Final, Literal

from pipeline.actions import Action, Answer, HangUp, Stop, Ticket
from pipeline.audio import HEARING_RATE, samples_in
from pipeline.floor import TUTOR, Cue, Tutor
from pipeline.settings import ReplyOptions

NUDGES = 2
"""Times the tutor speaks up to a caller who says nothing; then it waits."""
NUDGE: Final = ReplyOptions(
    occasion="(The caller has said nothing for a while. Help with one short, friendly sentence to go on.)"
)
PARDON: Final = ReplyOptions(
    occasion="(The caller said something that could not be understood. In the language of this conversation, say sorry "
    "and ask to hear it again, in one short, friendly sentence.)"
)
PARDONS = 2
"""Times in a row that the tutor asks so; what goes on sounding like speech is perhaps none."""
FAREWELL: Final = ReplyOptions(
    occasion="(The caller has not spoken for long and may have left. Say goodbye in one short, friendly sentence.)"
)


class Promises:
    """IDLE, THINKING or SPEAKING, and the tickets behind it. Methods return the actions to carry out, in order."""

    def __init__(self) -> None:
        self.state = Tutor.IDLE
        self.reply: Ticket | None = None  # the answer promised or heard
        self._awaiting: Ticket | None = None  # a closed turn, to be answered as soon as its words are known
        self._spoken = False  # it holds speech, so even if none are found
        self._pardons = 0  # times the tutor asked again since words were last understood
        self._owed: ReplyOptions | None = None  # an answer that gave way to a sound before it was heard
        self._options = ReplyOptions()  # of the answer promised or heard
        self._next: Ticket | None = None  # one closed while an answer that may not be interrupted was heard
        self._silent_from: int | None = None  # end of the last answer, until somebody speaks
        self._nudges = 0  # times the tutor spoke up since the caller last did
        self._farewell: Ticket | None = None  # the last answer of the call, unless the caller speaks into it

    def give(self, ticket: Ticket, options: ReplyOptions) -> Sequence[Action]:
        """Promise an answer now; one that is still on its way to the ear is heard out first."""
        self.state = TUTOR[self.state][Cue.ASKED]
        self.reply, self._options = ticket, options
        self._awaiting = self._silent_from = self._owed = None
        return [Answer(ticket, options)]

    def take_leave(self, ticket: Ticket, options: ReplyOptions = FAREWELL) -> Sequence[Action]:
        """Promise a goodbye, after which the call is over."""
        self._farewell = ticket
        return self.give(ticket, options)

    @property
    def parting(self) -> bool:
        """The goodbye is promised or heard."""
        return self._farewell is not None and self._farewell == self.reply

    def give_in_turn(self, ticket: Ticket) -> Sequence[Action]:
        """Promise it now, or when the answer that may not be interrupted is over."""
        self._pardons = 0
        if self.state is not Tutor.IDLE:
            self._next = ticket
            return []
        return self.give(ticket, ReplyOptions())

    def await_words(self, ticket: Ticket, *, spoken: bool) -> None:
        """The turn is closed, and will be answered if it turns out to have words. spoken: see `nothing_said`."""
        self._awaiting, self._spoken = ticket, spoken

    def words_known(self, ticket: Ticket, *, any_words: bool) -> Sequence[Action]:
        if ticket != self._awaiting:
            return []
        self._awaiting = None
        return self.give_in_turn(ticket) if any_words else self.nothing_said(ticket, spoken=self._spoken)

    def sounding(self, ticket: Ticket) -> None:
        if ticket == self.reply and self.state is Tutor.THINKING:
            self.state = TUTOR[self.state][Cue.SOUND]

    def stop(self, reason: Literal["turn_detected", "client_cancelled"]) -> Sequence[Action]:
        """Take back what is promised, and silence what is heard."""
        if reason == "client_cancelled":
            self._owed = None
        elif self.state is Tutor.THINKING:
            self._owed = self._options
        elif self._awaiting or self._next:
            self._owed = ReplyOptions()
        self._awaiting = self._next = None
        if self.reply is None:
            return []
        ticket, self.reply = self.reply, None
        self.state = TUTOR[self.state][Cue.STOPPED]
        return [Stop(ticket, reason)]

    def over(self, ticket: Ticket, end: int) -> Sequence[Action]:
        """The answer was heard to its end. end: samples of the caller's audio so far."""
        if ticket != self.reply:
            return []
        self.reply = None
        self.state = TUTOR[self.state][Cue.OVER]
        self._silent_from = end
        if ticket == self._farewell:
            return [HangUp(ticket)]
        if self._next is None:
            return []
        following, self._next = self._next, None
        return self.give(following, ReplyOptions())

    def nothing_said(self, ticket: Ticket, *, spoken: bool) -> Sequence[Action]:
        """A turn had no words. An answer that gave way to it is given after all, under this ticket.

        spoken: it holds more speech than noises do, so somebody waits for an answer, and is asked to say it again.
        """
        if self.state is not Tutor.IDLE:
            return []
        if self._owed is not None:
            return self.give(ticket, self._owed)
        if not spoken or self._pardons >= PARDONS:
            return []
        self._pardons += 1
        return self.give(ticket, PARDON)

    def caller_spoke(self) -> None:
        self._silent_from, self._nudges = None, 0

    def silence_too_long(self, end: int, limit_ms: int | None) -> int | None:
        """Where a silence began that has lasted `limit_ms` by sample `end`, if the tutor should speak up now."""
        if limit_ms is None or self._silent_from is None or self._nudges >= NUDGES:
            return None
        if end - self._silent_from < samples_in(limit_ms, HEARING_RATE):
            return None
        self._nudges += 1
        return self._silent_from
