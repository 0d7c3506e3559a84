"""What the turn-taking core asks of the call around it."""

from dataclasses import dataclass
from typing import Literal

from pipeline.audio import Span
from pipeline.settings import ReplyOptions


@dataclass(frozen=True, slots=True, order=True)
class Ticket:
    """Names one attempt at one turn. Results of work carry it back, and the core drops those that are out of date.

    turn: counts turns from 1, over both sides. rev: counts the caller's pauses within the turn.
    """

    turn: int
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """Somebody speaks while the tutor does: pause the answer, until it is certain what that was.

    ticket, start: of the turn that this will be, if it is one. reply: the answer to pause.
    """

    ticket: Ticket
    start: int
    reply: Ticket


@dataclass(frozen=True, slots=True)
class LetPass:
    """It was nothing: a cough, a "mhm", an echo. The answer goes on where it was paused; None: it is over by now."""

    ticket: Ticket
    reply: Ticket | None


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """The caller began to speak. start: first sample of the turn, its prefix included."""

    ticket: Ticket
    start: int


@dataclass(frozen=True, slots=True)
class CloseTurn:
    """The caller is done: `span` becomes a message of the conversation.

    opened: False when the client committed audio in which nobody was heard to begin.
    """

    ticket: Ticket
    span: Span
    opened: bool


@dataclass(frozen=True, slots=True)
class DropTurn:
    """The caller's open turn is thrown away, as if it had not been said."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class SpeakUp:
    """Nobody has spoken in `span`: it becomes a message without words, which the tutor is about to answer."""

    ticket: Ticket
    span: Span


@dataclass(frozen=True, slots=True)
class HangUp:
    """Nobody has spoken for long, and the tutor has taken its leave: the call is over."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Overhear:
    """The caller speaks on. If there is time for it, find out what the words in `span` are so far.

    lull: a word has just ended, perhaps the last one: now is a good moment.
    """

    ticket: Ticket
    span: Span
    lull: bool = False


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Find the words in `span`, and answer with TranscriptReady for this ticket.

    said: the sample at which the last of them ended, and nothing but the room was heard behind it. None: not known.
    """

    ticket: Ticket
    span: Span
    said: int | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Find out how complete the turn in `span` sounds, and answer with CompletionJudged for this ticket."""

    ticket: Ticket
    span: Span


@dataclass(frozen=True, slots=True)
class Weigh:
    """Find out how well a sentence could end with the words of this ticket, and answer with SentenceJudged."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Draft:
    """Start making the answer, and hold it: the caller may still go on."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Discard:
    """The caller went on: stop all work for this ticket. Nothing of it was heard, nothing of it stays."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Answer:
    """Let the answer be heard, as far as it is made and from now on. Start it if there is no draft."""

    ticket: Ticket
    options: ReplyOptions


@dataclass(frozen=True, slots=True)
class WindUp:
    """Let the sentence that is being heard come to its end; the rest of the answer is not said."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Stop:
    """Silence the answer at once and stop making it."""

    ticket: Ticket
    reason: Literal["turn_detected", "client_cancelled"]


Action = (
    Probe
    | LetPass
    | OpenTurn
    | CloseTurn
    | DropTurn
    | SpeakUp
    | HangUp
    | Overhear
    | Transcribe
    | Judge
    | Weigh
    | Draft
    | Discard
    | Answer
    | Stop
    | WindUp
)
