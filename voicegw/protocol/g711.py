"""G.711, the codec of telephones: a byte for a sample, in fine steps where it is quiet, coarse ones where it is loud.

Decoding is a table of 256 levels, made from the bits of each code (ITU-T G.711, tables 1 and 2). Encoding takes the
nearest level.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray


class Law:
    """One of the two tables. levels: what each of the 256 codes means, as a 16-bit sample."""

    def __init__(self, levels: NDArray[np.int16]) -> None:
        order = np.argsort(levels, kind="stable")
        ascending = levels[order].astype(np.int32)
        self._levels = levels
        self._codes = order.astype(np.uint8)
        self._limits = (ascending[1:] + ascending[:-1]) / 2

    def decode(self, audio: bytes) -> bytes:
        """16-bit little-endian samples."""
        return self._levels[np.frombuffer(audio, np.uint8)].astype("<i2").tobytes()

    def encode(self, pcm: bytes) -> bytes:
        """pcm: 16-bit little-endian samples."""
        # Of the two zeros of µ-law the second is silence; hence "right".
        return self._codes[np.searchsorted(self._limits, np.frombuffer(pcm, "<i2"), side="right")].tobytes()


@cache
def mu_law() -> Law:
    """North America and Japan. All bits are sent inverted; 0x84 is the bias that makes the segments join."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return Law(np.where(code & 0x80, -magnitude, magnitude).astype(np.int16))


@cache
def a_law() -> Law:
    """The rest of the world. Every other bit is sent inverted; the lowest two segments have the same step."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = code >> 4 & 7, (code & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return Law(np.where(code & 0x80, magnitude, -magnitude).astype(np.int16))
