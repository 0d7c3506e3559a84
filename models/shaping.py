"""From what a voice makes to what is sent: the right loudness, little silence at the ends, no clicks.

Sound is float32, mono, full scale at 1.0.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Sound: TypeAlias = npt.NDArray[np.float32]

LEVEL = 10 ** (-21 / 20)
"""Root mean square of a sentence that is loud enough on a telephone and leaves the peaks of speech (about 15 dB more)
nearly whole."""
MAX_GAIN = 4.0
PEAK = 0.9
"""Greatest amplitude: resampling adds a little to a peak, and must not be cut off for it."""
AUDIBLE = 10 ** (-50 / 20)
"""Root mean square below which a stretch counts as silence."""
STRETCH_MS = 5
LEAD_MS = 20
"""Silence kept in front: soft first consonants begin below the audible level."""
TRAIL_MS = 200
"""Silence kept behind: the natural pause between two sentences."""
FADE_MS = 4


def gain_for(sound: Sound) -> float:
    """The factor that brings speech to LEVEL."""
    loudness = float(np.sqrt(np.square(sound).mean())) if sound.size else 0.0
    return min(MAX_GAIN, LEVEL / loudness) if loudness > 0 else 1.0


def unclipped(sound: Sound) -> Sound:
    """No louder than PEAK anywhere: a sentence with one loud syllable is made a little softer as a whole."""
    peak = float(np.abs(sound).max(initial=0.0))
    return sound * np.float32(PEAK / peak) if peak > PEAK else sound


def trimmed(sound: Sound, rate: int) -> Sound:
    """Without the silence at the ends that exceeds LEAD_MS and TRAIL_MS; empty when nothing in it is audible."""
    stretch = rate * STRETCH_MS // 1000
    stretches = np.zeros(-(-len(sound) // stretch) * stretch, dtype=np.float32)
    stretches[: len(sound)] = sound
    loud = np.flatnonzero(np.square(stretches.reshape(-1, stretch)).mean(axis=1) > AUDIBLE**2)
    if not loud.size:
        return sound[:0]
    start = int(loud[0]) * stretch - rate * LEAD_MS // 1000
    end = (int(loud[-1]) + 1) * stretch + rate * TRAIL_MS // 1000
    return sound[max(0, start) : end]


def faded(sound: Sound, rate: int) -> Sound:
    """With both ends starting from and going to zero, so that they do not click."""
    length = min(rate * FADE_MS // 1000, len(sound) // 2)
    ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)
    shaped = sound.copy()
    shaped[:length] *= ramp
    shaped[len(shaped) - length :] *= ramp[::-1]
    return shaped


def s16le(sound: Sound) -> bytes:
    """Signed 16-bit little-endian samples; what exceeds full scale is cut off."""
    return (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes()
