"""Sounds that are not the caller speaking, made from noise and tones. All at an arbitrary level.

Everything is drawn from a generator that is given, so the same seed makes the same sound.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from bench.quality.sound import RATE, Floats, added, at_level, faded, silence

Rng = np.random.Generator


def room(rng: Rng, seconds: float) -> Floats:
    """A quiet room: noise whose power falls as 1/f, flat below 50 Hz."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(count, 1 / RATE), 50.0))
    return at_level(np.fft.irfft(spectrum, count).astype(np.float32), -62)


def babble(rng: Rng, seconds: float, speech: Sequence[Floats]) -> Floats:
    """A café: eight people talk on, each with sentences of `speech` in an order of their own."""
    mixed = silence(seconds)
    for _ in range(8):
        at = -int(rng.integers(0, 2 * RATE))
        while at < len(mixed):
            said = at_level(speech[int(rng.integers(len(speech)))], float(rng.uniform(-28, -20)))
            added(mixed, said[max(0, -at) :], max(0, at))
            at += len(said) + int(rng.integers(0, RATE // 2))
    return mixed


def television(rng: Rng, seconds: float, speech: Sequence[Floats]) -> Floats:
    """One person talks on, one time in two in a room whose sound dies away within 0.45 s."""
    mixed = silence(seconds)
    at = -int(rng.integers(0, RATE))
    while at < len(mixed):
        said = at_level(speech[int(rng.integers(len(speech)))], -23)
        added(mixed, said[max(0, -at) :], max(0, at))
        at += len(said) + int(rng.uniform(0.05, 0.5) * RATE)
    if rng.random() < 0.5:
        count = round(0.45 * RATE)
        tail = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)  # 60 dB
        tail[0] += 8
        mixed = np.convolve(mixed, tail)[: len(mixed)].astype(np.float32)
    return mixed


def music(rng: Rng, seconds: float) -> Floats:
    """A radio: chords of decaying harmonics over a bass, two a second."""
    mixed = silence(seconds)
    chord = np.array([0, 4, 7, 12])
    for beat in range(int(seconds * 2) + 1):
        root = 48 + int(rng.choice([0, 5, 7, 9]))
        for note in (root - 12, *(root + chord + int(rng.choice([0, 12])))):
            added(mixed, _note(440 * 2 ** ((int(note) - 69) / 12), 0.9) * np.float32(0.2), beat * RATE // 2)
    return mixed


def keyboard(rng: Rng, seconds: float) -> Floats:
    """Somebody types: about six keys a second, each a click down and a softer one up."""
    mixed = silence(seconds)
    at = 0.1
    while at < seconds:
        added(mixed, click(rng), int(at * RATE))
        added(mixed, click(rng) * np.float32(0.4), int((at + rng.uniform(0.06, 0.1)) * RATE))
        at += float(rng.gamma(4, 0.04))
    return mixed


def click(rng: Rng) -> Floats:
    """A key or a mouse: 6 to 15 ms of noise that rings at 2 to 5 kHz."""
    count = round(rng.uniform(0.006, 0.015) * RATE)
    return faded(_band(rng.standard_normal(count), rng.uniform(1200, 2000), rng.uniform(4000, 7000)), 0.0005)


def cough(rng: Rng) -> Floats:
    """One to three coughs: each an explosive burst of noise and a longer, weaker one, through a throat.

    The phases and their lengths (a burst of about 60 ms, then 150-300 ms that die away) are those that cough acoustics
    describes; the throat is three resonances.
    """
    sounds = []
    for _ in range(int(rng.integers(1, 4))):
        burst, rest = round(rng.uniform(0.04, 0.07) * RATE), round(rng.uniform(0.15, 0.3) * RATE)
        decay = np.exp(-np.arange(rest) / (rest / 3.5))
        envelope = np.concatenate([np.linspace(0, 1, burst // 4), np.ones(burst - burst // 4), 0.6 * decay])
        sound = _throat(rng.standard_normal(len(envelope)) * envelope, rng)
        sounds += [sound, silence(rng.uniform(0.08, 0.25))]
    return np.concatenate(sounds[:-1])


def breath(rng: Rng) -> Floats:
    """In or out: 0.4 to 0.9 s of soft noise that swells and fades."""
    count = round(rng.uniform(0.4, 0.9) * RATE)
    swell = np.sin(np.linspace(0, np.pi, count)) ** 2
    return np.asarray(_band(rng.standard_normal(count), 300, 3500) * swell, dtype=np.float32)


EVENTS: Final[Mapping[str, Callable[[Rng], Floats]]] = {
    "cough": cough,
    "click": click,
    "keyboard": lambda rng: keyboard(rng, 2.0),
    "breath": breath,
}
"""Short sounds that a caller makes without speaking."""


def _note(hertz: float, seconds: float) -> Floats:
    time = np.arange(round(seconds * RATE)) / RATE
    harmonics = sum(np.sin(2 * np.pi * hertz * k * time) / k**1.3 for k in range(1, 7) if hertz * k < RATE / 2)
    return faded((harmonics * np.exp(-3 * time)).astype(np.float32), 0.01)


def _band(noise: np.ndarray, low: float, high: float) -> Floats:
    """Only these frequencies, with soft edges (a Gaussian of a fifth of an octave)."""
    spectrum = np.fft.rfft(noise)
    octave = np.log2(np.maximum(np.fft.rfftfreq(len(noise), 1 / RATE), 1.0))
    outside = np.maximum(np.maximum(np.log2(low) - octave, octave - np.log2(high)), 0)
    return np.fft.irfft(spectrum * np.exp(-((outside / 0.2) ** 2)), len(noise)).astype(np.float32)


def _throat(noise: np.ndarray, rng: Rng) -> Floats:
    """Noise with three formants of an open throat, each a resonance of 200 to 400 Hz width."""
    frequencies = np.fft.rfftfreq(len(noise), 1 / RATE)
    size = rng.uniform(0.85, 1.2)
    gain = sum(
        weight / (1 + ((frequencies - size * hertz) / width) ** 2)
        for hertz, width, weight in ((550, 200, 1.0), (1300, 300, 0.8), (2600, 400, 0.5))
    )
    return np.fft.irfft(np.fft.rfft(noise) * (gain + 0.03), len(noise)).astype(np.float32)
