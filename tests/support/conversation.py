"""Drives a TurnTaker with speech and silence, and writes down what it asks for, with times."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.actions import Action, Answer, Overhear, Ticket, Transcribe
from pipeline.audio import HEARING_RATE, Span
from pipeline.events import Event, ReplySounding, SpeechScored, TimePassed, TranscriptReady
from pipeline.settings import Detection, TurnPolicy
from pipeline.turn import TurnTaker

WINDOW = 512
"""Samples of one voice activity window: 32 ms."""
POLICY = TurnPolicy(
    detection=Detection.SILENCE, onset=96, barge_in=192, confirm=640, prefix=300, pause=128, silence=512, stall=1000
)
"""Every time a whole number of windows, and far enough from the next."""


@dataclass
class Conversation:
    """speak/hush feed whole windows in real time; `log` holds (milliseconds of audio so far, action).

    `overheard` holds what was asked while the caller spoke on: it is no part of any rule, and comes all the time.
    """

    policy: TurnPolicy = field(default_factory=TurnPolicy)
    log: list[tuple[int, Action]] = field(default_factory=list)
    overheard: list[Overhear] = field(default_factory=list)
    samples: int = 0
    stalled: float = 0.0

    def __post_init__(self) -> None:
        self.taker = TurnTaker(self.policy)

    @property
    def now(self) -> float:
        return self.samples / HEARING_RATE + self.stalled

    @property
    def ms(self) -> int:
        return self.samples * 1000 // HEARING_RATE

    def score(self, ms: float, probability: float, level: float | None = None) -> list[Action]:
        """`ms` of audio, rounded to whole windows. level: dBFS; without it there are no lulls."""
        actions: list[Action] = []
        for _ in range(round(ms * HEARING_RATE / 1000 / WINDOW)):
            span = Span(self.samples, self.samples + WINDOW)
            self.samples += WINDOW
            actions += self.tell(SpeechScored(span, probability, level))
        return actions

    def speak(self, ms: float) -> list[Action]:
        return self.score(ms, 0.95)

    def hush(self, ms: float) -> list[Action]:
        return self.score(ms, 0.02)

    def tell(self, event: Event) -> list[Action]:
        asked = self.taker.handle(event, self.now)
        self.overheard += [action for action in asked if isinstance(action, Overhear)]
        actions: list[Action] = [action for action in asked if not isinstance(action, Overhear)]
        self.log += [(self.ms, action) for action in actions]
        return actions

    def stall(self, seconds: float) -> list[Action]:
        """No audio arrives for this long."""
        self.stalled += seconds
        return self.tell(TimePassed())

    def asked(self, kind: type[Action]) -> list[Action]:
        return [action for _, action in self.log if isinstance(action, kind)]

    def when(self, kind: type[Action]) -> list[int]:
        return [ms for ms, action in self.log if isinstance(action, kind)]

    def ticket(self, kind: type[Action]) -> Ticket:
        """Of the last action of this kind."""
        return self.asked(kind)[-1].ticket


def kinds(actions: Sequence[Action]) -> list[type[Action]]:
    return [type(action) for action in actions]


def answered(talk: Conversation) -> Ticket:
    """One whole turn of the caller, whose answer is now being heard."""
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    talk.hush(384)
    ticket = talk.ticket(Answer)
    talk.tell(ReplySounding(ticket))
    return ticket
