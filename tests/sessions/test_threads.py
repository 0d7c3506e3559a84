"""What a call holds of FFmpeg has no threads of its own: they would stay until it is collected, and add up."""

import gc
import sys
from pathlib import Path

import pytest

from pipeline.audio import Pcm
from voicegw.protocol.formats import PcmFormat
from voicegw.sessions.denoise import Denoiser
from voicegw.sessions.encoding import encoder
from voicegw.transports.resample import Resampler


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux tells them")
def test_a_calls_sound_needs_no_native_threads() -> None:
    gc.collect()
    before = threads()
    held = []
    for _ in range(5):
        denoiser, resampler, answer = (
            Denoiser("near_field", 1.0),
            Resampler(24_000, 16_000),
            encoder(PcmFormat(), 22_050),
        )
        denoiser.push(bytes(3200))
        resampler.push(bytes(4800))
        answer.encode(Pcm(bytes(4410), 22_050))
        held.append((denoiser, resampler, answer))
    assert threads() <= before  # one of another test may have ended
