"""What the turn-taking core is told."""

from dataclasses import dataclass

from pipeline.actions import Ticket
from pipeline.audio import Span
from pipeline.endings import Ending
from pipeline.settings import ReplyOptions, TurnPolicy


@dataclass(frozen=True, slots=True)
class SpeechScored:
    """One window of the caller's audio was judged. Windows come in order and without gaps. See SpeechScore."""

    span: Span
    probability: float
    level: float | None = None


@dataclass(frozen=True, slots=True)
class CommitRequested:
    """The client ends the turn itself. end: samples received so far."""

    end: int


@dataclass(frozen=True, slots=True)
class ClearRequested:
    """The client throws away the audio it has not committed. end: samples received so far."""

    end: int


@dataclass(frozen=True, slots=True)
class TranscriptReady:
    """The words of a ticket are known, or will never be (`failed`).

    empty: there were none. slight: none worth an interruption, or (`echo`) the tutor's own. ending: how they end.
    letters: how many they have. dictated: how many items of a name or a number they end with (`pipeline.dictation`).
    """

    ticket: Ticket
    empty: bool
    failed: bool = False
    ending: Ending | None = None
    slight: bool = False
    echo: bool = False
    letters: int = 0
    dictated: int = 0


@dataclass(frozen=True, slots=True)
class CompletionJudged:
    """How complete the turn sounds. complete: P(complete), None when that could not be found out."""

    ticket: Ticket
    complete: float | None


@dataclass(frozen=True, slots=True)
class SentenceJudged:
    """How well a sentence could end with the words of a ticket. finished: P(it could); None: nobody can say."""

    ticket: Ticket
    finished: float | None


@dataclass(frozen=True, slots=True)
class DraftReady:
    """The first sound of a draft is there to be let out, or there will be none."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class ReplyRequested:
    """The client asks for an answer to the conversation as it stands."""

    options: ReplyOptions


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The client wants the present answer to stop."""


@dataclass(frozen=True, slots=True)
class LeaveRequested:
    """The gateway goes away: finish the sentence, say goodbye, hang up.

    words: of the goodbye. by: latest moment at which it begins, whoever speaks then (same clock as `now`).
    """

    words: str
    by: float


@dataclass(frozen=True, slots=True)
class ReplySounding:
    """The first sound of an answer left for the ear."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class ReplyOver:
    """The last sound of an answer reached the ear, or the answer failed."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """New rules, from the next event on. end: samples received so far."""

    policy: TurnPolicy
    end: int


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The deadline that the core asked for has come."""


Event = (
    SpeechScored
    | CommitRequested
    | ClearRequested
    | TranscriptReady
    | CompletionJudged
    | SentenceJudged
    | DraftReady
    | ReplyRequested
    | StopRequested
    | LeaveRequested
    | ReplySounding
    | ReplyOver
    | PolicyChanged
    | TimePassed
)
