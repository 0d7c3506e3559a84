"""Is what the microphone hears what the loudspeaker plays?

The two are compared by generalized cross-correlation with phase transform (Knapp and Carter, 1976): the spectrum of
each is made flat, so that only their common delay is left, as a peak. Two voices, or two different words of one voice,
have no common delay however alike they sound.
"""

import numpy as np
import numpy.typing as npt

from pipeline.audio import Pcm

BAND_HZ = (200.0, 3800.0)
"""Where speech has its energy; the rest is mostly noise, and would count as much."""


class PhaseCorrelation:
    """Implements `pipeline.engines.EchoDetector`."""

    def likeness(self, heard: Pcm, played: Pcm) -> float:
        """Height of the peak, 0..1. 1: a delayed copy. About 0.07 for sounds that have nothing to do with each other.

        Takes about a millisecond for half a second of sound. 0 when either is silent or missing.
        """
        if heard.samples < 2 or played.samples < 2:
            return 0.0
        rate = heard.rate
        ours, theirs = _floats(heard), _at_rate(played, rate)
        size = 1 << (len(ours) + len(theirs) - 1).bit_length()
        cross = np.fft.rfft(ours, size) * np.conj(np.fft.rfft(theirs, size))
        hertz = np.fft.rfftfreq(size, 1 / rate)
        band = (hertz >= BAND_HZ[0]) & (hertz <= BAND_HZ[1])
        strength = np.abs(cross)
        # Bins that are far below the strongest hold rounding noise, whose phase means nothing.
        band &= strength > 1e-8 * strength.max(initial=0.0)
        if not band.any():
            return 0.0
        flat = np.where(band, cross / np.maximum(strength, 1e-30), 0)
        peak = np.abs(np.fft.irfft(flat, size)).max() * size / (2 * band.sum())
        return float(min(1.0, peak))


def _floats(pcm: Pcm) -> npt.NDArray[np.float64]:
    return np.frombuffer(pcm.data, dtype="<i2").astype(np.float64)


def _at_rate(pcm: Pcm, rate: int) -> npt.NDArray[np.float64]:
    """Linear interpolation: crude, but its errors lie above the band."""
    sound = _floats(pcm)
    if pcm.rate == rate:
        return sound
    places = np.arange(0, len(sound), pcm.rate / rate)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound), dtype=np.float64)
