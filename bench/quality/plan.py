"""What the corpus consists of, before anything is spoken: every take, drawn with a seed.

Lengths of pauses, voices and noises are dealt like cards, so that each meets each about equally often.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np

from bench.quality.labels import Echo, Kind, Noise, Tutor
from bench.quality.noises import EVENTS
from bench.quality.script import BACKCHANNELS, INTERRUPTIONS, MONOLOGUES, PauseKind, Sentence

PAUSES_S: Final = (0.3, 0.6, 0.9, 1.2, 1.8, 2.5)
ECHO_DB: Final = (-10.0, -20.0, -30.0)
TELEVISION_DB: Final = (8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 34.0, 40.0)
"""Of the caller's voice over it."""
_BACKGROUNDS: Final = ("babble", "music", "keyboard")
_NOISES: Final = tuple(Noise(kind, snr) for kind in _BACKGROUNDS for snr in (20.0, 10.0))
_QUIET: Final[tuple[Noise | None, ...]] = (None,) * 9
"""Three takes of five are in a quiet room."""
_DRAWN: Final = (True, True, False)
"""Who stops to find a word mostly draws out the sounds before: two takes of three. The rest break off in full flow."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Take:
    """One recording to be made.

    parts: what is said, cut where the pause comes. drawl: how much the end of the first part is drawn out.
    actor: number of the voice. event: a sound that is not speech.
    """

    name: str
    kind: Kind
    parts: tuple[str, ...] = ()
    pause_s: float = 0.0
    pause_kind: PauseKind = "mid-clause"
    drawl: float = 1.0
    actor: int = 0
    noise: Noise | None = None
    event: str | None = None
    tutor: Tutor | None = None
    echo: Echo | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How many takes there are of each. The numbers of pauses are multiples of their lengths."""

    mid_clause: int = 120
    clause_end: int = 36
    complete: int = 60
    events: int = 8  # of each sound while the tutor speaks; twice as many coughs
    backchannels: int = 16
    interruptions: int = 24
    echoes: int = 8  # for each level
    echoed_interruptions: int = 4  # for each level
    idle: int = 3  # of each sound while nobody speaks
    television: int = 3  # for each level


QUICK: Final = Size(30, 6, 16, 2, 4, 6, 2, 1, 1, 1)


@dataclass(slots=True)
class Planner:
    """Deals takes. actors: how many voices there are."""

    script: Sequence[Sentence]
    actors: int
    rng: np.random.Generator
    _decks: dict[str, Iterator[object]] = field(default_factory=dict)

    def takes(self, size: Size) -> list[Take]:
        return [
            *self._paused("mid-clause", size.mid_clause),
            *self._paused("clause-end", size.clause_end),
            *self._complete(size.complete),
            *self._during(size),
            *self._echoes(size),
            *self._idle(size.idle),
            *self._beside_a_television(size.television),  # the newest last: so the others stay what they were
        ]

    def _paused(self, kind: PauseKind, count: int) -> Iterator[Take]:
        places = [(before, after) for one in self.script for before, after, sort in one.breaks if sort == kind]
        for number in range(count):
            yield Take(
                f"{kind}-{number:03}",
                "turn",
                parts=self._deal(f"{kind} places", places),
                pause_s=self._deal(f"{kind} pauses", PAUSES_S),
                pause_kind=kind,
                drawl=self._drawl() if kind == "mid-clause" else 1.0,
                actor=self._actor(),
                noise=self._background(),
            )

    def _complete(self, count: int) -> Iterator[Take]:
        for number in range(count):
            sentence = self._deal("sentences", self.script)
            yield Take(
                f"complete-{number:03}",
                "turn",
                parts=(sentence.words,),
                actor=self._actor(),
                noise=self._background(),
            )

    def _during(self, size: Size) -> Iterator[Take]:
        """While the tutor speaks, and no echo comes back."""
        for event in EVENTS:
            for number in range(size.events * (2 if event == "cough" else 1)):
                yield Take(f"{event}-{number:03}", "noise", event=event, tutor=self._tutor())
        for number in range(size.backchannels):
            said = (self._deal("backchannels", BACKCHANNELS),)
            yield Take(f"backchannel-{number:03}", "backchannel", said, actor=self._actor(), tutor=self._tutor())
        for number in range(size.interruptions):
            said = (self._deal("interruptions", INTERRUPTIONS),)
            yield Take(f"interruption-{number:03}", "interruption", said, actor=self._actor(), tutor=self._tutor())

    def _echoes(self, size: Size) -> Iterator[Take]:
        for level in ECHO_DB:
            for number in range(size.echoes):
                yield Take(f"echo{level:.0f}-{number:03}", "echo", tutor=self._tutor(0.0), echo=self._echo(level))
            for number in range(size.echoed_interruptions):
                said = (self._deal("interruptions", INTERRUPTIONS),)
                yield Take(
                    f"interruption-echo{level:.0f}-{number:03}",
                    "interruption",
                    said,
                    actor=self._actor(),
                    tutor=self._tutor(),
                    echo=self._echo(level),
                )

    def _idle(self, count: int) -> Iterator[Take]:
        """Nobody has said anything yet."""
        for event in (*EVENTS, "babble", "music"):
            for number in range(count):
                yield Take(f"idle-{event}-{number:03}", "noise", event=event)

    def _beside_a_television(self, count: int) -> Iterator[Take]:
        for level in TELEVISION_DB:
            for number in range(count):
                yield Take(
                    f"television{level:.0f}-{number:03}",
                    "television",
                    parts=(self._deal("sentences", self.script).words,),
                    actor=self._actor(),
                    noise=Noise("television", level),
                )

    def _actor(self) -> int:
        return self._deal("actors", range(self.actors))

    def _drawl(self) -> float:
        drawn = self._deal("drawls", _DRAWN)
        return round(float(self.rng.uniform(1.4, 1.9)), 2) if drawn else 1.0

    def _background(self) -> Noise | None:
        return self._deal("backgrounds", (*_QUIET, *_NOISES))

    def _tutor(self, offset: float | None = None) -> Tutor:
        text = self._deal("monologues", MONOLOGUES)
        return Tutor(text, round(float(self.rng.uniform(1.0, 6.0)), 2) if offset is None else offset)

    def _echo(self, level: float) -> Echo:
        return Echo(level, round(float(self.rng.uniform(60, 200))))

    def _deal(self, deck: str, cards: Sequence[T]) -> T:
        """The next card of a shuffled deck; a new shuffle when it is used up."""
        if deck not in self._decks:
            self._decks[deck] = self._shuffles(cards)
        return next(self._decks[deck])  # type: ignore[return-value]

    def _shuffles(self, cards: Sequence[T]) -> Iterator[T]:
        while True:
            for at in self.rng.permutation(len(cards)):
                yield cards[int(at)]
