"""What the caller's microphone delivers: an endless stream of 20 ms frames that does not stop between sentences."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.audio import SAMPLE_BYTES, Pcm, samples_in
from voicegw.client.levels import last_at, samples_of, speech_level
from voicegw.client.pacing import Clock, Pace, Sleep

WIRE_RATE: Final = 24_000
"""Hz of `audio/pcm` on the Realtime wire."""
FRAME_MS: Final = 20
FRAME_SAMPLES: Final = samples_in(FRAME_MS, WIRE_RATE)
_LOGGED: Final = 3000  # frames with speech that are remembered: one minute, longer than any wait for a verdict


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms at 24 kHz. speech: how many of its samples come up to and with its last speech sample; 0 for none."""

    data: bytes
    speech: int


Microphone = AsyncIterator[Frame]


class ScriptedMicrophone:
    """Delivers recordings in real time, and the sound of the room before, between and after them.

    room: what it picks up all the time, looped and mixed under whatever is said (24 kHz); digital silence when None.
    """

    def __init__(self, clock: Clock, sleep: Sleep, room: Pcm | None = None) -> None:
        _at_wire_rate(room)
        self._pace = Pace(FRAME_MS / 1000, clock, sleep)
        self._room = None if room is None or not room.samples else samples_of(room).astype(np.int32)
        self._room_at = 0
        self._speech = np.zeros(0, dtype=np.int16)
        self._level = 1
        self._at = 0

    @property
    def remaining(self) -> float:
        """Seconds of the current recording that have not been delivered yet."""
        return (len(self._speech) - self._at) / WIRE_RATE

    def say(self, recording: Pcm) -> None:
        """Deliver `recording` (24 kHz) from the next frame on. One at a time: RuntimeError while another is running."""
        _at_wire_rate(recording)
        if self.remaining:
            raise RuntimeError("the microphone is still delivering the recording before this one")
        self._speech, self._level, self._at = samples_of(recording), speech_level(recording), 0

    def __aiter__(self) -> "ScriptedMicrophone":
        return self

    async def __anext__(self) -> Frame:
        await self._pace.beat()
        said = self._speech[self._at : self._at + FRAME_SAMPLES]
        self._at += len(said)
        frame = np.zeros(FRAME_SAMPLES, dtype=np.int32)
        frame[: len(said)] = said
        if self._room is not None:
            frame += np.take(self._room, range(self._room_at, self._room_at + FRAME_SAMPLES), mode="wrap")
            self._room_at = (self._room_at + FRAME_SAMPLES) % len(self._room)
        last = last_at(Pcm(said.tobytes(), WIRE_RATE), self._level)
        data = np.clip(frame, -32768, 32767).astype("<i2").tobytes()
        return Frame(data, speech=0 if last is None else last + 1)


class SpeechLog:
    """When speech left the microphone: the client's own measure of when the caller fell silent."""

    def __init__(self) -> None:
        self._sent = 0
        self._speech: deque[tuple[int, float]] = deque(maxlen=_LOGGED)

    def note(self, frame: Frame, at: float) -> None:
        """`frame` was handed to the socket at time `at`; frames are noted in the order of the stream."""
        if frame.speech:
            self._speech.append((self._sent + frame.speech, at))
        self._sent += len(frame.data) // SAMPLE_BYTES

    @property
    def latest(self) -> float | None:
        """When the last speech sample so far was sent."""
        return self._speech[-1][1] if self._speech else None

    def before(self, ms: int) -> float | None:
        """When the last speech sample among the first `ms` milliseconds of the stream was sent."""
        limit = samples_in(ms, WIRE_RATE)
        return next((at for end, at in reversed(self._speech) if end <= limit), None)


def _at_wire_rate(pcm: Pcm | None) -> None:
    if pcm is not None and pcm.rate != WIRE_RATE:
        raise ValueError(f"the microphone delivers {WIRE_RATE} Hz, the recording has {pcm.rate} Hz")
