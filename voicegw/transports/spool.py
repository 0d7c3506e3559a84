"""Sound that waits for its tick, a few hundredths of a second of it, and exact word of when it left.

The playout decides what may be heard, and hands it over just in time; here it only becomes frames of 20 ms. Because the
last step is counted here, this is also who knows when an answer begins and ends to sound.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from pipeline.audio import SAMPLE_BYTES, Pcm
from voicegw.transports.resample import Resampler

Sounding: TypeAlias = Literal["started", "stopped", "cleared"]


class Spool:
    """One call's queue in front of the track. rate: Hz of what `take` gives.

    tell(what, reply): an answer's first sample left, or its last one did, or what was waiting was thrown away.
    """

    def __init__(self, rate: int, tell: Callable[[Sounding, str], None]) -> None:
        self.left = 0
        """Samples of speech that left, of all answers, at `rate`."""
        self._rate = rate
        self._tell = tell
        self._waiting = bytearray()
        self._resampler: Resampler | None = None
        self._rate_in = 0
        self._reply: str | None = None
        self._sounds = False
        self._complete = False

    @property
    def seconds(self) -> float:
        """Speech that waits."""
        return len(self._waiting) / SAMPLE_BYTES / self._rate

    def play(self, reply: str, pcm: Pcm) -> None:
        """Add the next sound of an answer."""
        if reply != self._reply:
            self._end_reply()
            self._reply, self._complete, self._resampler = reply, False, None
        if self._resampler is None or pcm.rate != self._rate_in:
            self._resampler, self._rate_in = Resampler(pcm.rate, self._rate), pcm.rate
        self._waiting += self._resampler.push(pcm.data)

    def finish(self, reply: str) -> None:
        """No more sound of this answer follows."""
        if reply == self._reply and not self._complete:
            self._complete = True
            if self._resampler:
                self._waiting += self._resampler.flush()
                self._resampler = None

    def clear(self) -> None:
        """Silence from the next frame on."""
        self._waiting.clear()
        self._resampler = None
        reply, sounded = self._reply, self._sounds
        self._reply, self._sounds = None, False
        if reply is not None and sounded:
            self._tell("cleared", reply)

    def take(self, samples: int) -> bytes:
        """The next frame: what waits, and silence behind it."""
        size = samples * SAMPLE_BYTES
        speech = bytes(self._waiting[:size])
        del self._waiting[:size]
        if speech and self._reply is not None and not self._sounds:
            self._sounds = True
            self._tell("started", self._reply)
        self.left += len(speech) // SAMPLE_BYTES
        if self._complete and not self._waiting:
            self._end_reply()
        return speech.ljust(size, b"\0")

    def _end_reply(self) -> None:
        reply, sounded = self._reply, self._sounds
        self._reply, self._sounds = None, False
        if reply is not None and sounded:
            self._tell("stopped", reply)
