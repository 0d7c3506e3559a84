"""A text that no single voice can read: each stretch is spoken by a voice for its script, and they sound as one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from models.shaping import AUDIBLE
from pipeline.audio import SAMPLE_BYTES, Pcm
from pipeline.engines import Spoken, Word

PAUSE_S: Final = 0.06
"""Silence left behind a stretch after which the same sentence goes on in another voice."""
_GOES_ON = frozenset(".!?…:;,—–")


class Joined:
    """Puts what several voices say of a text in a row. rate: Hz of what comes out; others are brought to it."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._samples = 0
        self._begun = 0  # sample at which the present stretch begins
        self._held: Spoken | None = None
        self._silent = ""  # words of stretches without a sound, which go out with the next ones
        self._untold = ""  # the present stretch, until a sound of it was told
        self._to_rate: Callable[[Pcm], Pcm] | None = None

    def begin(self, text: str) -> None:
        """A stretch that is going to be spoken."""
        self._untold, self._begun, self._to_rate = text, self._samples, None

    def add(self, spoken: Spoken) -> Spoken | None:
        """A piece of the stretch; what may be sent by now, which is the piece before."""
        if self._to_rate is None:
            self._to_rate = _at_rate(spoken.pcm.rate, self._rate)
        pcm, shift = self._to_rate(spoken.pcm), self._begun / self._rate
        words: tuple[Word, ...] = ()
        if spoken.words is None:  # a voice that cannot tell
            words = (Word(self._untold, shift, shift),) * bool(self._untold)
        else:
            words = tuple(Word(word.text, word.start + shift, word.end + shift) for word in spoken.words)
        if self._silent and words:
            words = (replace(words[0], text=self._silent + words[0].text), *words[1:])
            self._silent = ""
        self._untold = ""
        ready, self._held = self._held, Spoken(Pcm(pcm.data, self._rate, self._samples), words)
        self._samples += pcm.samples
        return ready

    def end(self, text: str, *, last: bool) -> Spoken | None:
        """The stretch is over. text: of it."""
        self._silent += self._untold
        self._untold = ""
        if last and self._silent and self._held is None and self._samples:
            self._held = Spoken(Pcm(bytes(SAMPLE_BYTES * (self._rate // 100)), self._rate, self._samples), ())
        held, self._held = self._held, None
        if held is None:
            return None
        if not last and text.rstrip()[-1:] not in _GOES_ON:
            held = _cut(held)
            self._samples = held.pcm.start + held.pcm.samples
        if last and self._silent:
            at = self._samples / self._rate
            held = replace(held, words=(*(held.words or ()), Word(self._silent, at, at)))
        return held


def _cut(spoken: Spoken) -> Spoken:
    """Without most of the silence at its end."""
    samples = np.frombuffer(spoken.pcm.data, dtype="<i2").astype(np.float32) / 32768
    loud = np.flatnonzero(np.abs(samples) > AUDIBLE)
    end = min(len(samples), (int(loud[-1]) if loud.size else 0) + round(PAUSE_S * spoken.pcm.rate))
    pcm = Pcm(spoken.pcm.data[: end * SAMPLE_BYTES], spoken.pcm.rate, spoken.pcm.start)
    until = (pcm.start + pcm.samples) / pcm.rate
    words = tuple(Word(word.text, min(word.start, until), min(word.end, until)) for word in spoken.words or ())
    return Spoken(pcm, words)


def _at_rate(given: int, wanted: int) -> Callable[[Pcm], Pcm]:
    """Converts pieces in order."""
    if given == wanted:
        return lambda pcm: pcm
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted)

    def convert(pcm: Pcm) -> Pcm:
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm.data, dtype="<i2")[None], format="s16", layout="mono")
        frame.sample_rate = given
        frame.pts = None
        made = [part.to_ndarray().tobytes() for part in resampler.resample(frame)]
        return Pcm(b"".join(made), wanted, 0)

    return convert
