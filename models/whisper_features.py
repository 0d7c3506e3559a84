"""The sound of an utterance as Whisper's encoder wants to see it, in a window with silence behind the speech.

Only the utterance is worked through. The silence behind it looks the same in every frame, so its last frame is
repeated, and a longer window costs the encoder's time but none here.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import HEARING_RATE

HOP = 160
"""Samples from one frame of features to the next (10 ms)."""
REACH = 3
"""Frames from the last sample of speech to one that sees none of it: each looks at 400 samples around its own place."""


def features(extractor: Any, audio: bytes, window_s: int) -> NDArray[np.float32]:
    """Log-mel features (mels, frames) of a window that begins with `audio` (s16le, 16 kHz) and is silent behind it.

    extractor: faster-whisper's. What does not fit into the window is left out.
    """
    frames = window_s * HEARING_RATE // HOP
    sound = np.frombuffer(audio, dtype="<i2")[: frames * HOP].astype(np.float32) / 32768
    shown = min(frames, math.ceil(len(sound) / HOP) + REACH)
    padded = np.zeros(shown * HOP, dtype=np.float32)
    padded[: len(sound)] = sound
    found = extractor(padded, padding=0).astype(np.float32)
    # Zeros in place of this would look like a steady hiss: features are relative to the loudest of the window.
    return np.pad(found, ((0, 0), (0, frames - shown)), mode="edge")
