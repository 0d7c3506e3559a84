"""Features of an utterance with silence behind it: the same numbers as those of the whole window, for less work."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from models.whisper_features import features
from pipeline.audio import HEARING_RATE
from tests.support.speech import noise, silence, tone

EXTRACTOR = FeatureExtractor()


@pytest.mark.parametrize(
    "audio",
    [tone(1.0, 300).data, noise(2.503, 0.1).data, noise(7.99, 0.1).data, silence(1.0).data, noise(9.0, 0.1).data, b""],
    ids=["tone", "odd length", "no room", "silence", "too long", "nothing"],
)
def test_repeating_the_last_silent_frame_gives_what_the_padded_sound_gives(audio: bytes) -> None:
    window = np.zeros(8 * HEARING_RATE, dtype=np.float32)
    sound = np.frombuffer(audio, dtype="<i2")[: len(window)]
    window[: len(sound)] = sound.astype(np.float32) / 32768
    found = features(EXTRACTOR, audio, 8)
    assert found.shape == (80, 800)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, EXTRACTOR(window, padding=0), atol=1e-6)
