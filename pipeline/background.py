"""Other people's talk behind the caller's: a café, a television.

A speech detector hears speech, not whose it is: beside a television a turn would never end. What tells the two apart is
the level. Where the caller speaks there is a loud syllable every half second. So speech that has had nothing loud in it
for `AFTER_MS` is either the caller's, who has become softer, or not the caller's. It is not

- when it is softer than the caller was by `FAR`, which is more than people become softer by while they speak, or
- when such talk was there between the caller's own words: in a quiet room, and in steady noise, a syllable is followed
  by the level of the room, and beside a television by the television, or
- when it has no silence in it, as one person's talk has, and that of several has not.

Levels are dBFS of windows. The bounds were found with recordings of people, alone and beside others' at 8 to 40 dB
below, dry and in a room, and of people who fall by 6 to 12 dB, at once or over a sentence.
"""

from collections import deque

BELOW_VOICE = 4.0
"""dB below the mean of the caller's loud windows, at which a window still counts as loud."""
SILENT = 20.0
"""dB below that mean, at which a window is silent: the lips close, or a breath is taken. Quiet words end in such."""
FAR = 15.0
"""dB below that mean, below which all of softer talk is not the caller's: who turns away falls by 12."""
NEAR = (-4.0, 12.0)
"""dB that softer talk is above what was heard between the caller's words, when that was the same talk."""
ABOVE_ROOM = 8.0
"""dB that this was above the room, at least, when somebody spoke there: a room is steady."""
ROOM_RISES = 0.02
"""dB in each window: a room that becomes noisy is known as such within some ten seconds, and a television's is not."""
AFTER_MS = 1200
"""Speech without loud windows after which it may be background: longer than words trail off."""
KNOWN_MS = 600
"""Loud speech after which it is known how loud the caller is."""
RETURN_MS = 64
"""Loud windows in a row by which the caller is heard."""
BREAK_MS = 1000
"""Behind such a silence softer talk is judged anew."""
WORD_MS = 500
"""In so much of somebody's speech there is a place between two words."""
WORDS = 6
"""Such places that are kept: some three seconds of speech."""
RECENT = 40
"""Windows of softer talk by which its level is told, which three quarters of them are below."""
LEARNING = 0.05
"""Weight of a window in the mean: the last half second of loud ones."""
FORGETTING = 1.0
"""dB that the mean falls in a second of background: a caller who has turned away from the microphone is heard again."""
FORGETTING_OTHERS = 0.3
"""The same, when others were heard between the caller's words."""


class Background:
    """Fed with the windows of one call, in order.

    alone: there has been nothing but others since the caller was last loud, `since` milliseconds ago.
    """

    def __init__(self) -> None:
        self.alone = False
        self.since = 0.0
        self._voice: float | None = None  # mean of the caller's loud windows
        self._voiced = 0.0  # milliseconds of them
        self._loud = 0.0  # of them in a row
        self._soft = 0.0  # milliseconds of speech since then
        self._dense = 0.0  # of it without a silence
        self._hush = 0.0  # of silence
        self._others = False  # they were heard between the caller's words
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._words = Words()
        self._room: float | None = None

    def take(self, level: float | None, ms: float, *, speech: bool) -> bool:
        """Whether the next window is background, though it sounds like speech. level: None if nobody measures it."""
        if level is None:
            return False
        self.since += ms
        self._room = level if self._room is None else min(level, self._room + ROOM_RISES)
        if not speech:
            self._silence(ms)
            return False
        self._hush = 0.0
        if self._voice is None or level >= self._voice - BELOW_VOICE:
            return self._take_loud(level, ms)
        return self._take_soft(level, ms, self._voice)

    def _silence(self, ms: float) -> None:
        """The others may take breath too, once it is known that there are others."""
        self._loud = self._dense = 0.0
        self._hush += ms
        if not self.alone and self._hush >= BREAK_MS:
            self._soft = 0.0

    def _take_loud(self, level: float, ms: float) -> bool:
        self._loud += ms
        long = self._loud >= RETURN_MS  # one loud window may be anybody's
        if self.alone and not long:
            return True
        self._voice = level if self._voice is None else self._voice + LEARNING * (level - self._voice)
        self._voiced, self._dense = self._voiced + ms, 0.0
        if not long:
            return False
        self._words.spoken(level, ms)
        self.alone = self._others = False
        self.since = self._soft = 0.0
        self._recent.clear()
        return False

    def _take_soft(self, level: float, ms: float, voice: float) -> bool:
        self._loud = 0.0
        self._soft += ms
        self._dense = 0.0 if level < voice - SILENT else self._dense + ms
        self._recent.append(level)
        self._words.softer(level, ms)
        if not self.alone and self._soft >= AFTER_MS and self._voiced >= KNOWN_MS:
            self._others = self._between_words()
            self.alone = self._others or voice - max(self._recent) >= FAR
        self.alone = self.alone or self._dense >= AFTER_MS
        if self.alone:
            self._voice = voice - (FORGETTING_OTHERS if self._others else FORGETTING) * ms / 1000
        return self.alone

    def _between_words(self) -> bool:
        """Whether the softer talk was there before, between the caller's words."""
        between, room = self._words.between, self._room
        if between is None or room is None:
            return False
        talk = sorted(self._recent)[len(self._recent) * 3 // 4]
        return NEAR[0] <= talk - between <= NEAR[1] and between - room >= ABOVE_ROOM


class Words:
    """What is heard between the words of somebody who speaks."""

    def __init__(self) -> None:
        self._lowest: deque[float] = deque(maxlen=WORDS)
        self._low: float | None = None  # in the present stretch of speech
        self._ms = 0.0  # of it
        self._soft: float | None = None  # since the last loud window
        self._soft_ms = 0.0

    @property
    def between(self) -> float | None:
        """The mean level there; None as long as nobody has spoken."""
        return sum(self._lowest) / len(self._lowest) if self._lowest else None

    def softer(self, level: float, ms: float) -> None:
        """This may be such a place."""
        self._soft = _lower(self._soft, level)
        self._soft_ms += ms

    def spoken(self, level: float, ms: float) -> None:
        """A loud window: what was softer just before was such a place, unless it was long."""
        self._low, self._ms = _lower(self._low, level), self._ms + ms
        if self._soft is not None and self._soft_ms <= WORD_MS:
            self._low, self._ms = _lower(self._low, self._soft), self._ms + self._soft_ms
        self._soft, self._soft_ms = None, 0.0
        if self._ms >= WORD_MS:
            self._lowest.append(self._low)
            self._low, self._ms = None, 0.0


def _lower(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)
