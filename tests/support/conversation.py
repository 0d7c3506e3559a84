"""Drives a TurnTaker with speech and silence, and writes down what it asks for, with times."""

from dataclasses import dataclass, field

from pipeline.actions import Action, Ticket
from pipeline.audio import HEARING_RATE, Span
from pipeline.events import Event, SpeechScored, TimePassed
from pipeline.settings import TurnPolicy
from pipeline.turn import TurnTaker

WINDOW = 512
"""Samples of one voice activity window: 32 ms."""


@dataclass
class Conversation:
    """speak/hush feed whole windows in real time; `log` holds (milliseconds of audio so far, action)."""

    policy: TurnPolicy = field(default_factory=TurnPolicy)
    log: list[tuple[int, Action]] = field(default_factory=list)
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

    def score(self, ms: float, probability: float) -> list[Action]:
        """`ms` of audio, rounded to whole windows."""
        actions: list[Action] = []
        for _ in range(round(ms * HEARING_RATE / 1000 / WINDOW)):
            span = Span(self.samples, self.samples + WINDOW)
            self.samples += WINDOW
            actions += self.tell(SpeechScored(span, probability))
        return actions

    def speak(self, ms: float) -> list[Action]:
        return self.score(ms, 0.95)

    def hush(self, ms: float) -> list[Action]:
        return self.score(ms, 0.02)

    def tell(self, event: Event) -> list[Action]:
        actions = self.taker.handle(event, self.now)
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
