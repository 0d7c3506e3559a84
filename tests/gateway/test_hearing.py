"""The caller's sound before it reaches the engines."""

import numpy as np
import pytest

from pipeline.audio import Pcm
from voicegw.protocol.formats import PcmaFormat, PcmuFormat
from voicegw.protocol.session import NoiseReduction
from voicegw.sessions.denoise import Denoiser
from voicegw.sessions.encoding import encoder
from voicegw.sessions.hearing import Hearing

RATE = 16_000


def tone(rate: int, seconds: float, loud: float = 8000) -> bytes:
    time = np.arange(round(rate * seconds)) / rate
    return (loud * np.sin(2 * np.pi * 300 * time)).astype("<i2").tobytes()


def samples(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<i2").astype(float)


def decibels(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.square(sound).mean()) + 1e-9))


@pytest.mark.parametrize(("kind", "strength", "least", "most"), [
    ("near_field", 1.0, 9, 14), ("far_field", 1.0, 12, 23), ("far_field", 0.25, 3, 8), ("near_field", 0.0, -1, 1),
])  # fmt: skip
def test_noise_becomes_quieter_and_the_voice_stays(kind, strength, least, most):
    """Six seconds, a voice-like tone in every other one, in white noise."""
    noise = np.random.default_rng(7).normal(0, 300, 6 * RATE)
    voice = samples(tone(RATE, 6.0)) * (np.arange(6 * RATE) // RATE % 2)
    heard = (voice + noise).astype("<i2").tobytes()
    denoiser = Denoiser(kind, strength)
    out = samples(b"".join(denoiser.push(heard[at : at + 640]) for at in range(0, len(heard), 640)) + denoiser.flush())
    pause, speech = slice(round(4.2 * RATE), round(4.9 * RATE)), slice(round(5.2 * RATE), round(5.9 * RATE))
    before = samples(heard)
    assert least <= decibels(before[pause]) - decibels(out[pause]) <= most
    assert decibels(out[speech]) == pytest.approx(decibels(before[speech]), abs=0.5)


def test_nothing_is_lost_when_rate_and_treatment_change():
    hearing = Hearing()
    near = NoiseReduction("near_field")
    pieces = [
        hearing.push(Pcm(tone(24_000, 1.0), 24_000), None),
        hearing.push(Pcm(tone(8_000, 1.0), 8_000), near),
        hearing.push(Pcm(tone(8_000, 1.0), 8_000), NoiseReduction("far_field", 0.5)),
        hearing.push(Pcm(tone(24_000, 1.0), 24_000), None),
    ]
    assert len(b"".join(pieces)) / 2 / RATE == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize("wire", [PcmuFormat(), PcmaFormat()])
def test_an_answer_over_the_telephones_codec_sounds_the_same(wire):
    """A tone at 22.05 kHz, encoded for the wire and decoded again: 8 kHz, the same loudness, noise 30 dB below."""
    telephone = encoder(wire, 22_050)
    sound = tone(22_050, 1.0)
    coded = b"".join(telephone.encode(Pcm(sound[at : at + 4410], 22_050)) for at in range(0, len(sound), 4410))
    heard = samples(wire.decode(coded + telephone.flush()))
    assert len(heard) == pytest.approx(8000, abs=8)
    middle = heard[1000:7000]
    assert decibels(middle) == pytest.approx(decibels(samples(sound)), abs=0.3)
    time = np.arange(1000, 7000) / 8000
    basis = np.stack([np.sin(2 * np.pi * 300 * time), np.cos(2 * np.pi * 300 * time)])
    rest = middle - basis.T @ np.linalg.lstsq(basis.T, middle, rcond=None)[0]
    assert decibels(middle) - decibels(rest) > 30
