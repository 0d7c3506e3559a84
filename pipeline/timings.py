"""Where the time of a turn goes: from the caller's last speech to the first sound of the answer.

A `Stopwatch` only looks on: it is shown what the core is told and what the core asks for, and an answer in the making
keeps its own `Milestones`. All times are of the loop's clock; a turn's are then counted from the end of its speech,
which is when the sample that ended it arrived.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Literal

from pipeline.actions import Action, Ticket, Transcribe
from pipeline.audio import Span
from pipeline.events import CompletionJudged, Event, TranscriptReady

TURNS = 8
"""Turns that may be timed at once: an answer that may not be interrupted is heard while the caller goes on."""
ARRIVALS = 1024
"""Stretches of audio whose arrival is remembered: 20 s in frames of 20 ms, longer than any silence that ends a turn."""


@dataclass(slots=True)
class Milestones:
    """When an answer in the making had come so far; None: not yet.

    token: the first words of the language model came. chunk: the first stretch of them was given to the voice.
    sound: the first sound of it was there.
    """

    token: float | None = None
    chunk: float | None = None
    sound: float | None = None

    def reach(self, step: Literal["token", "chunk", "sound"], now: float) -> None:
        """Only the first time counts."""
        if getattr(self, step) is None:
            setattr(self, step, now)


@dataclass(frozen=True, slots=True)
class TurnTimings:
    """Seconds from the end of the caller's speech to each step; None for a step that was not needed.

    paused: the pause was noticed. heard: the words were known. token, chunk, voiced: see Milestones. sent: the first
    sound left for the ear. judged: Smart Turn had its opinion, which is formed beside all of this.
    """

    paused: float
    heard: float | None
    token: float | None
    chunk: float | None
    voiced: float | None
    sent: float
    judged: float | None = None

    @property
    def stages(self) -> dict[str, float]:
        """What each step took after all that came before it, in seconds; together they are `sent`.

        A step that was done early, while another was waited for, took nothing. `release` is the wait of a finished
        sound for the end of the turn.
        """
        steps = {
            "pause": self.paused, "asr": self.heard, "first_token": self.token, "first_chunk": self.chunk,
            "tts": self.voiced, "release": self.sent,
        }  # fmt: skip
        past, found = 0.0, dict[str, float]()
        for name, at in steps.items():
            reached = past if at is None else max(past, min(at, self.sent))
            found[name] = reached - past
            past = reached
        return found


@dataclass(slots=True)
class _Lap:
    """The present attempt at one turn, in loop time."""

    ticket: Ticket
    ended: float
    paused: float
    heard: float | None = None
    judged: float | None = None


class Stopwatch:
    """Times the turns of one call."""

    def __init__(self) -> None:
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=ARRIVALS)
        self._laps: OrderedDict[int, _Lap] = OrderedDict()

    def arrived(self, end: int, now: float) -> None:
        """The caller's audio is here up to this sample."""
        self._arrivals.append((end, now))

    def told(self, event: Event, now: float) -> None:
        """The core is told something."""
        if isinstance(event, TranscriptReady | CompletionJudged):
            lap = self._laps.get(event.ticket.turn)
            if lap is None or lap.ticket != event.ticket:
                return
            if isinstance(event, TranscriptReady):
                lap.heard = now
            else:
                lap.judged = now

    def asked(self, action: Action, speech_end: int, now: float) -> None:
        """The core asks for something. speech_end: the last sample of speech it knows of."""
        if isinstance(action, Transcribe):
            ended = self._arrival(speech_end if _inside(speech_end, action.span) else action.span.end, now)
            self._laps[action.ticket.turn] = _Lap(action.ticket, ended, now)
            if len(self._laps) > TURNS:
                self._laps.popitem(last=False)

    def sounding(self, ticket: Ticket, made: Milestones, now: float) -> TurnTimings | None:
        """The answer begins to be heard: its turn's timings; None when told before, or when it answers no speech."""
        lap = self._laps.pop(ticket.turn, None)
        if lap is None or lap.ticket != ticket:
            return None

        def since(at: float | None) -> float | None:
            return None if at is None else at - lap.ended

        return TurnTimings(
            paused=lap.paused - lap.ended,
            heard=since(lap.heard),
            token=since(made.token),
            chunk=since(made.chunk),
            voiced=since(made.sound),
            sent=now - lap.ended,
            judged=since(lap.judged),
        )

    def _arrival(self, sample: int, now: float) -> float:
        """When the audio was here up to `sample`; the oldest moment that is remembered for one that is forgotten."""
        found = now
        for end, at in reversed(self._arrivals):
            if end < sample:
                break
            found = at
        return found


def _inside(sample: int, span: Span) -> bool:
    """Without turn detection nobody knows where speech ended; then it is where the client ended it."""
    return span.start < sample <= span.end
