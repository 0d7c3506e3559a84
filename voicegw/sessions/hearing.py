"""The caller's sound on its way to the engines: at their rate, and quieter around the voice where that is wanted."""

from msgspec import UNSET

from pipeline.audio import HEARING_RATE, Pcm
from voicegw.protocol.session import NoiseReduction
from voicegw.sessions.denoise import Denoiser
from voicegw.transports.resample import Resampler


class Hearing:
    """One client's stream. Nothing of it is lost when its rate or its treatment changes."""

    def __init__(self) -> None:
        self._rate = 0
        self._resampler: Resampler | None = None
        self._wanted: NoiseReduction | None = None
        self._denoiser: Denoiser | None = None

    def push(self, pcm: Pcm, noise: NoiseReduction | None) -> bytes:
        """16 kHz samples; a few are kept back until the next push."""
        return self._quieter(self._resampled(pcm), noise)

    def _resampled(self, pcm: Pcm) -> bytes:
        rest = b""
        if self._resampler is None or self._rate != pcm.rate:
            rest = self._resampler.flush() if self._resampler else b""
            self._resampler, self._rate = Resampler(pcm.rate, HEARING_RATE), pcm.rate
        return rest + self._resampler.push(pcm.data)

    def _quieter(self, data: bytes, noise: NoiseReduction | None) -> bytes:
        rest = b""
        if noise != self._wanted:
            rest = self._denoiser.flush() if self._denoiser else b""
            self._wanted, self._denoiser = noise, None
            if noise is not None:
                self._denoiser = Denoiser(noise.type, 1.0 if noise.strength is UNSET else noise.strength)
        return rest + (self._denoiser.push(data) if self._denoiser else data)
