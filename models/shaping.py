"""From what a voice makes to what is sent: the right loudness, little silence at the ends, no clicks.

Sound is float32, mono, full scale at 1.0. It comes in stretches of any length, and what is sent does not depend on
where they were cut.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Sound: TypeAlias = npt.NDArray[np.float32]

LOUDNESS = -20.0
"""LUFS (ITU-R BS.1770) that every voice is brought to: loud enough on a telephone, and the peaks of speech (about 15 dB
more) stay nearly whole."""
MAX_GAIN = 4.0
KNEE = 0.6
PEAK = 0.9
"""Amplitudes above KNEE are bent, so that none exceeds PEAK: resampling adds a little to a peak, which must not be cut
off for it."""
AUDIBLE = 10 ** (-50 / 20)
"""Root mean square below which a stretch counts as silence."""
STRETCH_MS = 5
LEAD_MS = 10
"""Silence kept in front: soft first consonants begin below the audible level."""
TRAIL_MS = 200
"""Silence kept behind: the natural pause between two sentences."""
FADE_MS = 4


def gain_for(measured: float) -> float:
    """The factor that brings speech of this loudness (LUFS) to LOUDNESS."""
    return min(MAX_GAIN, float(10 ** ((LOUDNESS - measured) / 20)))


def bent(sound: Sound) -> Sound:
    """No louder than PEAK anywhere.

    A curve instead of a gain that follows the sound: it has no memory, so the seam of two stretches cannot be heard,
    and nothing has to be looked at in advance. It leaves everything below KNEE as it is.
    """
    size = np.abs(sound)
    if float(size.max(initial=0.0)) <= KNEE:
        return sound
    room = PEAK - KNEE
    curve = KNEE + room * np.tanh((size - KNEE) / room)
    return np.where(size > KNEE, np.sign(sound) * curve, sound).astype(np.float32)


class Shaper:
    """One sentence on its way: without the silence at its ends that exceeds LEAD_MS and TRAIL_MS, and with both ends
    starting from and going to zero.

    Silence is held back until it is known not to be the last.
    """

    def __init__(self, rate: int, gain: float) -> None:
        self._gain = np.float32(gain)
        self._stretch = rate * STRETCH_MS // 1000
        self._before = rate * LEAD_MS // 1000
        self._behind = rate * TRAIL_MS // 1000
        self._fade = rate * FADE_MS // 1000
        self._held: Sound = np.zeros(0, dtype=np.float32)
        self._from = 0  # sample of the sentence with which what is held begins
        self._checked = 0  # sample up to which it is known what is audible
        self._loud_end = 0
        self._given = 0
        self.lead: int | None = None
        """Samples of silence that were left out in front; None while nothing audible has come."""

    def push(self, sound: Sound) -> Sound:
        """More of the sentence; what may be sent of it by now."""
        self._held = np.concatenate([self._held, sound * self._gain])
        self._check((self._from + len(self._held) - self._checked) // self._stretch)
        # The very last samples will have to fade, and nobody knows yet which those are.
        return self._give(min(self._end(), self._checked) - self._fade)

    def finish(self) -> Sound:
        """The rest; empty when nothing of the sentence was audible."""
        rest = self._from + len(self._held) - self._checked
        padding = -rest % self._stretch
        self._held = np.concatenate([self._held, np.zeros(padding, dtype=np.float32)])
        self._check((rest + padding) // self._stretch)
        self._held = self._held[: len(self._held) - padding]
        last = self._give(self._end())
        length = min(self._fade, len(last))
        last[len(last) - length :] *= np.linspace(1.0, 0.0, self._fade, dtype=np.float32)[self._fade - length :]
        return last

    def _check(self, stretches: int) -> None:
        """Find out what is audible in the next stretches."""
        begin = self._checked - self._from
        rows = self._held[begin : begin + stretches * self._stretch].reshape(stretches, self._stretch)
        loud = np.flatnonzero(np.square(rows).mean(axis=1) > AUDIBLE**2)
        if loud.size:
            self._loud_end = self._checked + (int(loud[-1]) + 1) * self._stretch
            if self.lead is None:
                self.lead = max(0, self._checked + int(loud[0]) * self._stretch - self._before)
                self._held, self._from = self._held[self.lead - self._from :], self.lead
        self._checked += stretches * self._stretch

    def _end(self) -> int:
        """Where the sentence would end if nothing more came."""
        return min(self._loud_end + self._behind, self._from + len(self._held))

    def _give(self, end: int) -> Sound:
        if self.lead is None or end <= self._from:
            return np.zeros(0, dtype=np.float32)
        count = end - self._from
        sound = bent(self._held[:count]).copy()
        ramp = np.linspace(0.0, 1.0, self._fade, dtype=np.float32)[self._given : self._given + count]
        sound[: len(ramp)] *= ramp
        self._held, self._from = self._held[count:], end
        self._given += count
        return sound


def s16le(sound: Sound) -> bytes:
    """Signed 16-bit little-endian samples; what exceeds full scale is cut off."""
    return (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes()
