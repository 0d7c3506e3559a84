"""Where sound begins and ends, by level: the same two rules wherever this project says "speech end" or "audible".

Levels are absolute values of 16-bit samples. A rule by level is crude but exact: anybody can recompute it from the
audio, and no model's opinion moves the numbers.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Pcm

AUDIBLE: Final = 328
"""A sample of an answer can be heard from here: 1 % of full scale, -40 dBFS. Used where the rest is not known yet."""
SPEECH_SHARE: Final = 0.02
"""In a whole recording, speech is what reaches this share of its peak (-34 dB): soft enough for a final consonant, and
independent of how loud the recording is."""


def samples_of(pcm: Pcm) -> NDArray[np.int16]:
    """The samples, shape (n,)."""
    return np.frombuffer(pcm.data, dtype="<i2")


def speech_level(pcm: Pcm) -> int:
    """The level from which a sample of this recording counts as speech; at least 1, so that silence never does."""
    samples = samples_of(pcm)
    if not len(samples):
        return 1
    return max(1, int(SPEECH_SHARE * np.abs(samples.astype(np.int32)).max()))


def first_at(pcm: Pcm, level: int) -> int | None:
    """Index of the first sample at `level` or above, None when there is none."""
    loud = np.flatnonzero(np.abs(samples_of(pcm).astype(np.int32)) >= level)
    return int(loud[0]) if len(loud) else None


def last_at(pcm: Pcm, level: int) -> int | None:
    """Index of the last sample at `level` or above, None when there is none."""
    loud = np.flatnonzero(np.abs(samples_of(pcm).astype(np.int32)) >= level)
    return int(loud[-1]) if len(loud) else None


def trimmed(pcm: Pcm) -> Pcm:
    """The recording from its first to its last speech sample, so that its end is the end of speech. May be empty."""
    level = speech_level(pcm)
    first, last = first_at(pcm, level), last_at(pcm, level)
    if first is None or last is None:
        return Pcm(b"", pcm.rate)
    return Pcm(samples_of(pcm)[first : last + 1].tobytes(), pcm.rate)
