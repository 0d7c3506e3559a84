"""The tutor's voice on its way to the ear: held until it may be heard, then let go no faster than it is needed.

A player at the other end starts with the first piece and plays without a gap as long as pieces come in time. So the
moment at which the ear will have heard everything sent so far is known without being told: `ear_end`. Pieces leave
while that moment is less than `lead` seconds away. A lead of 0 is live pacing (WebRTC); a client with a buffer of its
own (WebSocket) gets a few seconds ahead.

Pure: takes `now` in seconds of one monotonic clock.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from pipeline.audio import SAMPLE_BYTES, Pcm

SLICE_S = 0.2
"""Longest piece in seconds: what is sent cannot be taken back, and frames must stay small."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words and the sound of them. The words of a longer stretch of sound go with its first piece.

    pcm: None for words that are only shown.
    """

    text: str
    pcm: Pcm | None = None

    @property
    def seconds(self) -> float:
        return self.pcm.seconds if self.pcm else 0.0


class Playout:
    """One answer's queue. `hold` as it is made, `finish` when no more comes, `release` when it may be heard."""

    def __init__(self, lead: float) -> None:
        self.ear_end = 0.0
        self.sent = 0.0  # seconds of sound that left
        self._lead = lead
        self._pieces: deque[Piece] = deque()
        self._held = 0.0
        self._released = False
        self._finished = False

    @property
    def waiting(self) -> float:
        """Seconds of sound that are made but have not left: what the maker watches so as not to run far ahead."""
        return self._held

    @property
    def released(self) -> bool:
        return self._released

    @property
    def drained(self) -> bool:
        """Everything there will ever be has left."""
        return self._finished and not self._pieces

    def hold(self, piece: Piece) -> None:
        for part in _slices(piece):
            self._pieces.append(part)
            self._held += part.seconds

    def finish(self) -> None:
        self._finished = True

    def release(self, ear_end: float) -> None:
        """ear_end: when the ear will be done with what was sent before this answer."""
        self._released = True
        self.ear_end = ear_end

    def hurry(self) -> None:
        """The answer broke off: what is made leaves at once, so that the bad news behind it is not held up."""
        self._lead = inf

    def due(self, now: float) -> list[Piece]:
        """Pieces that must leave now, in order; they count as sent."""
        leaving: list[Piece] = []
        while self._released and self._pieces and (not self._pieces[0].seconds or now >= self.ear_end - self._lead):
            piece = self._pieces.popleft()
            self._held -= piece.seconds
            self.sent += piece.seconds
            self.ear_end = max(self.ear_end, now) + piece.seconds
            leaving.append(piece)
        return leaving

    def next_due(self) -> float | None:
        """When the next piece must leave (a moment in the past: at once); None while there is none to leave."""
        return self.ear_end - self._lead if self._released and self._pieces else None

    def heard(self, now: float) -> float:
        """Seconds of this answer that the ear has heard."""
        return max(0.0, self.sent - max(0.0, self.ear_end - now))

    def flush(self, now: float) -> None:
        """Throw away what has not left; the player at the other end is silent from now on."""
        self._pieces.clear()
        self._held = 0.0
        self._finished = True
        self.ear_end = min(self.ear_end, now)


def _slices(piece: Piece) -> Iterator[Piece]:
    if piece.pcm is None or piece.seconds <= SLICE_S:
        yield piece
        return
    pcm = piece.pcm
    step = int(SLICE_S * pcm.rate)
    for at in range(0, pcm.samples, step):
        part = pcm.data[at * SAMPLE_BYTES : (at + step) * SAMPLE_BYTES]
        yield Piece(piece.text if at == 0 else "", Pcm(part, pcm.rate, pcm.start + at))
