"""The caller's loudspeaker: what of each answer was heard, and when; and what of it comes back into the microphone."""

from dataclasses import dataclass

import numpy as np

from bench.quality.labels import Echo
from bench.quality.sound import RATE, Floats, decibels, from_s16
from pipeline.audio import Pcm


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound of one answer without a gap. first: sample of the answer. start, end: seconds of the call."""

    reply: str
    first: int
    rate: int
    start: float
    end: float

    @property
    def last(self) -> int:
        """One past its last sample that was heard."""
        return self.first + round((self.end - self.start) * self.rate)


class Ear:
    """Plays what arrives at once, back to back, and falls silent when told to."""

    def __init__(self) -> None:
        self.heard: list[Stretch] = []
        self.sent: dict[str, int] = {}
        """Samples of each answer that arrived, counted from its first."""
        self.silent_at = 0.0
        """When the last sample that arrived has been heard."""
        self._loudspeaker = np.zeros(RATE, dtype=np.float32)

    def play(self, reply: str, pcm: Pcm, now: float) -> None:
        start = max(now, self.silent_at)
        self.silent_at = start + pcm.seconds
        self.heard.append(Stretch(reply, pcm.start, pcm.rate, start, self.silent_at))
        self.sent[reply] = max(self.sent.get(reply, 0), pcm.start + pcm.samples)
        self._sound(from_s16(pcm.data), pcm.rate, start)

    def stop(self, now: float) -> None:
        """Silence from now on; what was waiting is thrown away."""
        kept = [stretch for stretch in self.heard if stretch.start < now]
        self.heard = [
            Stretch(one.reply, one.first, one.rate, one.start, min(one.end, now)) for one in kept
        ]  # fmt: skip
        self.silent_at = min(self.silent_at, now)
        self._loudspeaker[round(now * RATE) :] = 0

    def seconds(self, reply: str) -> float:
        """How much of the answer was heard."""
        return sum(one.end - one.start for one in self.heard if one.reply == reply)

    def whole(self, reply: str) -> bool:
        """Every sample of the answer that was sent was heard (but for a few at the seams)."""
        parts = sorted((one.first, one.last) for one in self.heard if one.reply == reply)
        at = parts[0][0] if parts else 0
        for first, last in parts:
            if first > at + 2:
                return False
            at = max(at, last)
        return at >= self.sent.get(reply, 0) - 2 > 0

    def returning(self, echo: Echo, start: int, count: int) -> Floats:
        """What the microphone hears of the loudspeaker in `count` samples (16 kHz) of the call from `start` on."""
        back = np.zeros(count, dtype=np.float32)
        first = start - round(echo.delay_ms * RATE / 1000)
        part = self._loudspeaker[max(0, first) : max(0, first + count)]
        lead = min(count, max(0, -first))
        back[lead : lead + len(part)] = part * np.float32(decibels(echo.level_db))
        return back

    def _sound(self, sound: Floats, rate: int, start: float) -> None:
        """A loudspeaker is not studied by ear here: straight lines between samples are good enough."""
        at = round(start * RATE)
        count = int(len(sound) * RATE / rate)
        if (missing := at + count - len(self._loudspeaker)) > 0:
            more = np.zeros(missing + RATE, dtype=np.float32)
            self._loudspeaker = np.concatenate([self._loudspeaker, more])
        self._loudspeaker[at : at + count] = np.interp(np.arange(count) * rate / RATE, np.arange(len(sound)), sound)
