"""At what rate was the sound recorded? Told by how fast it comes.

A microphone makes a second of sound in a second. Where sound comes evenly, in small pieces, and is longer or shorter
than the time that it took by the ratio of two usual rates, it was recorded at the other rate: 48 kHz sent as 24 kHz is
a slow, deep voice, and twice as long as the clock says. A file comes in bursts, or as fast as the line takes it.

Pure: takes `now` in seconds of one monotonic clock.
"""

from collections import deque
from typing import Final

WATCHED_S: Final = 10.0
"""So long it must come evenly."""
APART_S: Final = 0.2
"""Time between two looks."""
UNEVEN_S: Final = 0.15
"""Most that a look may be off the line: networks and loops are late by less, mostly."""
EXACT: Final = 0.02
"""Share by which the ratio may be off. Clocks of sound cards are off by a ten-thousandth."""
LONGEST_S: Final = 0.5
"""Of one append, and half of it between two: microphones come in smaller pieces, and a file may come in bursts."""
RATES: Final = (8000, 11025, 12000, 16000, 22050, 32000, 44100, 48000, 96000)


class Pace:
    """Watches one client's stream."""

    def __init__(self) -> None:
        self._sound = self._came = 0.0
        self._looks: deque[tuple[float, float]] = deque()  # when, and seconds of sound until then

    def take(self, seconds: float, rate: int, now: float) -> int | None:
        """seconds: of sound that came just now, if its rate is `rate`. Returns its rate, when it is another one."""
        late, self._came = now - self._came, now
        self._sound += seconds
        if seconds > LONGEST_S or late > LONGEST_S / 2:
            self._looks.clear()
        elif not self._looks or now - self._looks[-1][0] >= APART_S:
            self._looks.append((now, self._sound))
            if now - self._looks[0][0] >= WATCHED_S:
                found = self._judged(rate)
                self._looks.popleft()
                return found
        return None

    def _judged(self, rate: int) -> int | None:
        (begin, before), (end, after) = self._looks[0], self._looks[-1]
        ratio = (after - before) / (end - begin)
        uneven = max(abs((sound - before) - ratio * (when - begin)) for when, sound in self._looks)
        if uneven > UNEVEN_S * max(1.0, ratio) or abs(ratio - 1) <= EXACT:
            return None
        return next((other for other in RATES if abs(ratio * rate / other - 1) <= EXACT), None)
