"""A real microphone and loudspeaker, through the optional package sounddevice (PortAudio)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from pipeline.audio import SAMPLE_BYTES, Pcm
from pipeline.errors import OperatorError
from voicegw.client.levels import AUDIBLE, last_at
from voicegw.client.microphone import FRAME_SAMPLES, WIRE_RATE, Frame

_WAITING_FRAMES: Final = 50  # one second: a stalled network loses the oldest sound instead of running late for ever
_LONGEST_ANSWER_S: Final = 120  # an answer arrives faster than it is played; what does not fit is not played
_SILENCE_AFTER_S: Final = 5.0  # a device that delivers nothing for so long has been unplugged


@contextmanager
def microphone() -> Iterator[AsyncIterator[Frame]]:
    """Frames from the default input device. Raises OperatorError when the extra or the device is missing."""
    loop = asyncio.get_running_loop()
    frames: asyncio.Queue[Frame] = asyncio.Queue(_WAITING_FRAMES)

    def put(data: bytes) -> None:
        if frames.full():
            frames.get_nowait()
        last = last_at(Pcm(data, WIRE_RATE), AUDIBLE)
        frames.put_nowait(Frame(data, speech=0 if last is None else last + 1))

    def heard(data: Any, _samples: int, _time: Any, _status: Any) -> None:
        loop.call_soon_threadsafe(put, bytes(data))

    async def delivered() -> AsyncIterator[Frame]:
        while True:
            try:
                async with asyncio.timeout(_SILENCE_AFTER_S):
                    frame = await frames.get()
            except TimeoutError as silent:
                raise OperatorError("The microphone delivers nothing any more: is it still plugged in?") from silent
            yield frame

    with _opened("RawInputStream", "microphone", heard):
        yield delivered()


class Loudspeaker:
    """Plays answers on the default output device."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._lock = threading.Lock()

    def play(self, pcm: bytes) -> None:
        """Play these samples (24 kHz) after those before them."""
        with self._lock:
            room = _LONGEST_ANSWER_S * WIRE_RATE * SAMPLE_BYTES - len(self._waiting)
            self._waiting += pcm[: max(0, room)]

    def stop(self) -> None:
        """Fall silent at once."""
        with self._lock:
            self._waiting.clear()

    def fill(self, data: Any, *_: Any) -> None:
        """PortAudio asks, from its own thread, for the next block."""
        with self._lock:
            piece = bytes(self._waiting[: len(data)])
            del self._waiting[: len(data)]
        data[:] = piece.ljust(len(data), b"\0")


@contextmanager
def loudspeaker() -> Iterator[Loudspeaker]:
    """The default output device. Raises OperatorError when the extra or the device is missing."""
    speaker = Loudspeaker()
    with _opened("RawOutputStream", "loudspeaker", speaker.fill):
        yield speaker


@contextmanager
def _opened(stream: str, what: str, callback: Any) -> Iterator[None]:
    try:
        import sounddevice
    except ImportError as missing:
        raise OperatorError(
            f"A {what} needs the optional package sounddevice: pip install '.[microphone]', or give a recording."
        ) from missing
    except OSError as missing:
        raise OperatorError(
            f"A {what} needs the system library PortAudio (Debian: apt install libportaudio2), or give a recording."
        ) from missing
    try:
        device = getattr(sounddevice, stream)(
            samplerate=WIRE_RATE, channels=1, dtype="int16", blocksize=FRAME_SAMPLES, callback=callback
        )
    except sounddevice.PortAudioError as error:
        raise OperatorError(f"This machine has no usable {what} ({error.args[0]}): give a recording.") from error
    with device:
        yield
