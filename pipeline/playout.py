"""The tutor's voice on its way to the ear: held until it may be heard, then let go no faster than it is needed.

A player at the other end starts with the first piece and plays without a gap as long as pieces come in time. So the
moment at which the ear will have heard everything sent so far is known without being told: `ear_end`. Pieces leave
while that moment is less than `lead` seconds away. A lead of 0 is live pacing (WebRTC); a client with a buffer of its
own (WebSocket) gets a few seconds ahead.

Pure: takes `now` in seconds of one monotonic clock.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

from pipeline.audio import SAMPLE_BYTES, Pcm
from pipeline.engines import ToolCallPiece

SLICE_S = 0.2
"""Longest piece in seconds: what is sent cannot be taken back, and frames must stay small."""
LIVE_SLICE_S = 0.02
"""The same where each piece leaves as it is heard: one packet."""
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*$")
_TAIL = 8
"""Characters in which the end of a sentence is looked for."""
_WORD = re.compile(r"\s*\S+|\s+$")

EARLY_S = 1e-6
"""A timer may fire by a tick of the clock too early; the piece it was set for leaves all the same."""
KEPT_S = 5.0
"""Seconds of sound kept after the ear should have heard them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words and the sound of them, or a piece of a function call, which waits its turn like words do.

    pcm: None for words that are only shown.
    """

    text: str
    pcm: Pcm | None = None
    call: ToolCallPiece | None = None

    @property
    def seconds(self) -> float:
        return self.pcm.seconds if self.pcm else 0.0


class Playout:
    """One answer's queue. `hold` as it is made, `finish` when no more comes, `release` when it may be heard.

    lead: seconds that may leave ahead of the ear. slice_s: longest piece. backlog: seconds of sound that the player
    still has, where it is on this side and can be asked; else it is reckoned.
    """

    def __init__(self, lead: float, slice_s: float = SLICE_S, backlog: Callable[[], float] | None = None) -> None:
        self.ear_end = 0.0
        self.sent = 0.0  # seconds of sound that left
        self._lead = lead
        self._slice_s = slice_s
        self._backlog = backlog
        self._pieces: deque[Piece] = deque()
        self._held = 0.0
        self._released = False
        self._finished = False
        self._paused = False
        self._gone: deque[Piece] = deque()  # what left and may have to be sent again, the last piece at the end
        self._unheard = 0.0  # seconds that left and never reached the ear
        self._winding_up: str | None = None  # the last words that were let in, once no sentence may follow them
        self._wound_up = False

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

    @property
    def finished(self) -> bool:
        """No more will be made."""
        return self._finished

    @property
    def paused(self) -> bool:
        return self._paused

    def hold(self, piece: Piece) -> None:
        for part in _slices(piece, self._slice_s):
            self._admit(part)

    def _admit(self, piece: Piece) -> None:
        """Behind the last sentence of an answer that winds up nothing is let in; then no more is to come."""
        if self._winding_up is not None:
            if piece.call or (piece.text.strip() and _SENTENCE_END.search(self._winding_up)):
                self._wound_up = self._finished = True
            if self._wound_up:
                return
            self._winding_up = (self._winding_up + piece.text)[-_TAIL:]
        self._pieces.append(piece)
        self._held += piece.seconds

    def wind_up(self) -> None:
        """Let the sentence that is being heard come to its end, made or not, and nothing behind it."""
        if self._winding_up is not None:
            return
        waiting, self._pieces, self._held = self._pieces, deque(), 0.0
        self._winding_up = "".join(piece.text for piece in self._gone)[-_TAIL:]
        for piece in waiting:
            self._admit(piece)

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
        if self._backlog:
            self.ear_end = now + self._backlog()
        while self._flowing and (not self._pieces[0].seconds or now >= self.ear_end - self._lead - EARLY_S):
            piece = self._pieces.popleft()
            self._held -= piece.seconds
            self.sent += piece.seconds
            self.ear_end = max(self.ear_end, now) + piece.seconds
            leaving.append(piece)
            self._gone.append(piece)
        self._forget(now)
        return leaving

    def next_due(self) -> float | None:
        """When the next piece must leave (a moment in the past: at once); None while there is none to leave."""
        return self.ear_end - self._lead if self._flowing else None

    @property
    def _flowing(self) -> bool:
        return self._released and not self._paused and bool(self._pieces)

    def left(self, now: float) -> float:
        """Seconds of what is made that the ear has not heard."""
        return self._held + self.sent - self.heard(now)

    def heard(self, now: float) -> float:
        """Seconds of this answer that the ear has heard."""
        return max(0.0, self.sent - self._unheard - max(0.0, self.ear_end - now))

    def around(self, now: float, before: float, after: float) -> Pcm | None:
        """The sound `before` seconds in front of the ear's place and `after` behind it, as far as it is kept."""
        end = self.sent - self.heard(now) - after  # from the end of what was sent
        parts: list[Pcm] = []
        at = 0.0
        for piece in reversed(self._gone):
            if at > end + before + after:
                break
            if piece.pcm and at + piece.seconds > end:
                parts.append(piece.pcm)
            at += piece.seconds
        if not parts:
            return None
        return Pcm(b"".join(pcm.data for pcm in reversed(parts)), parts[0].rate, parts[-1].start)

    def pause(self) -> None:
        """Nothing leaves until `resume`."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def silence(self, now: float) -> None:
        """The player at the other end threw away what it had not played yet."""
        self._unheard += max(0.0, self.ear_end - now)
        self.ear_end = min(self.ear_end, now)

    def rewind(self, heard: float, text: str) -> None:
        """Send everything after the first `heard` seconds again. text: the words of that part which already left."""
        again: list[Piece] = []
        at = self.sent
        while self._gone and at > heard:
            piece = self._gone.pop()
            at -= piece.seconds
            again.append(_after(piece, max(0.0, heard - at)))
        for piece in again:
            if piece.seconds:  # a place at the end of a piece leaves nothing of it
                self._pieces.appendleft(Piece("", piece.pcm))
                self._held += piece.seconds
        if text:
            self._pieces.appendleft(Piece(text))
        self.sent -= sum(piece.seconds for piece in again)
        self._unheard = 0.0

    def flush(self, now: float) -> None:
        """Throw away what has not left; the player at the other end is silent from now on."""
        self.silence(now)
        self._pieces.clear()
        self._gone.clear()
        self._held = 0.0
        self._finished = True

    def _forget(self, now: float) -> None:
        """Drop what was surely heard: a client's own count may be a little behind ours, and no more."""
        kept = self.sent - self.heard(now) + KEPT_S
        length = sum(piece.seconds for piece in self._gone)
        while self._gone and length - self._gone[0].seconds > kept:
            length -= self._gone.popleft().seconds


def _after(piece: Piece, seconds: float) -> Piece:
    """The part of `piece` after its first `seconds`."""
    if piece.pcm is None or seconds <= 0:
        return piece
    samples = round(seconds * piece.pcm.rate)
    return Piece("", Pcm(piece.pcm.data[samples * SAMPLE_BYTES :], piece.pcm.rate, piece.pcm.start + samples))


def _slices(piece: Piece, seconds: float) -> Iterator[Piece]:
    """Short pieces that join to this one, its words spread evenly over them: a caption follows the ear."""
    if piece.pcm is None or piece.seconds <= seconds:
        yield piece
        return
    pcm = piece.pcm
    step = int(seconds * pcm.rate)
    words = _WORD.findall(piece.text)
    said = 0
    for at in range(0, pcm.samples, step):
        part = pcm.data[at * SAMPLE_BYTES : (at + step) * SAMPLE_BYTES]
        until = round(len(words) * min(1.0, (at + step) / pcm.samples))
        yield Piece("".join(words[said:until]), Pcm(part, pcm.rate, pcm.start + at))
        said = until
