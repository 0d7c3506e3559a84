"""The Opus codec (RFC 6716), by the libopus that PyAV brings along.

PyAV can encode and decode Opus, but its decoder has no way to say "this packet is missing", and that is where libopus
is at its best: it conceals the gap, or takes the lost sound out of the copy that the next packet carries (forward error
correction). So this file calls libopus itself. Both ends are mono; the decoder gives the rate that engines listen at.
"""

import ctypes
import ctypes.util
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.audio import SAMPLE_BYTES
from pipeline.errors import OperatorError

CLOCK_RATE = 48_000
"""Opus timestamps count at this rate whatever the sound's own (RFC 7587, 4.1)."""
FRAME = 960
"""20 ms at CLOCK_RATE: the packet of every browser, and ours."""
LONGEST_MS = 120
"""Longest packet that Opus knows (RFC 6716, 3.2)."""
LONGEST_PACKET = 1275
"""Bytes of the largest frame (RFC 6716, 3.2.1)."""

SETTLED = 25
"""Silent frames after which one more makes the same packet as the last: half a second."""

_SILENCE = bytes(FRAME * SAMPLE_BYTES)
_VOIP = 2048
_SET_BITRATE, _SET_COMPLEXITY, _SET_FEC, _SET_LOSS = 4002, 4010, 4012, 4014


class BadPacket(Exception):
    """What came is not Opus."""


@cache
def _library() -> ctypes.CDLL:
    """libopus. Raises OperatorError when this machine has none."""
    import av

    home = Path(av.__file__).parent
    bundled = sorted([*home.parent.glob("av.libs/libopus*"), *home.glob(".dylibs/libopus*")])
    name = str(bundled[0]) if bundled else ctypes.util.find_library("opus")
    if name is None:
        raise OperatorError("WebRTC needs the library libopus; on Debian: apt-get install libopus0.")
    library = ctypes.CDLL(name)
    for create in (library.opus_encoder_create, library.opus_decoder_create):
        create.restype = ctypes.c_void_p
    for destroy in (library.opus_encoder_destroy, library.opus_decoder_destroy):
        destroy.argtypes = [ctypes.c_void_p]
    # The value of a setting is a variadic argument, which some machines pass otherwise than the named ones.
    library.opus_encoder_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


class OpusEncoder:
    """Speech at 48 kHz into packets of 20 ms.

    bitrate: bits per second; 32 kbit/s is more than a synthetic voice of 22 kHz needs. loss: percent of packets that
    are expected to be lost; above 0 every packet carries a coarse copy of the one before.
    """

    def __init__(self, bitrate: int = 32_000, loss: int = 5, complexity: int = 5) -> None:
        self._lib = _library()
        self._state = _create(self._lib.opus_encoder_create, CLOCK_RATE, 1, _VOIP)
        self._out = ctypes.create_string_buffer(LONGEST_PACKET)
        self._silent = 0
        self._last = b""
        settings = {_SET_BITRATE: bitrate, _SET_COMPLEXITY: complexity, _SET_FEC: int(loss > 0), _SET_LOSS: loss}
        for request, value in settings.items():
            self._lib.opus_encoder_ctl(self._state, request, ctypes.c_int(value))

    def encode(self, samples: bytes) -> bytes:
        """samples: FRAME of them, 16-bit mono.

        A tutor is silent most of the time, and packets of lasting silence are all alike: the last one is sent again.
        """
        if len(samples) != FRAME * SAMPLE_BYTES:
            raise ValueError(f"a packet takes {FRAME} samples, got {len(samples) // SAMPLE_BYTES}")
        self._silent = self._silent + 1 if samples == _SILENCE else 0
        if self._silent > SETTLED:
            return self._last
        self._last = self._encode(samples)
        return self._last

    def _encode(self, samples: bytes) -> bytes:
        size = self._lib.opus_encode(self._state, samples, FRAME, self._out, LONGEST_PACKET)
        if size < 0:
            raise RuntimeError(f"opus_encode failed with code {size}")
        return self._out.raw[:size]

    def __del__(self) -> None:
        if hasattr(self, "_state"):
            self._lib.opus_encoder_destroy(self._state)


class OpusDecoder:
    """Packets into 16-bit mono samples at `rate` Hz."""

    def __init__(self, rate: int) -> None:
        self._lib = _library()
        self._rate = rate
        self._longest = rate * LONGEST_MS // 1000
        self._state = _create(self._lib.opus_decoder_create, rate, 1)
        self._out = ctypes.create_string_buffer(self._longest * SAMPLE_BYTES)

    def decode(self, packet: bytes) -> bytes:
        """Raises BadPacket; the decoder can be used on."""
        return self._run(packet, self._longest, fec=False)

    def conceal(self, duration: int, following: bytes | None = None) -> bytes:
        """Sound in place of a lost packet; with the packet that follows it, from the copy which that one may carry.

        duration: of the lost packet, at CLOCK_RATE.
        """
        samples = duration * self._rate // CLOCK_RATE
        if following is None:
            return self._run(None, samples, fec=False)
        return self._run(following, samples, fec=True)

    def _run(self, packet: bytes | None, samples: int, *, fec: bool) -> bytes:
        size = len(packet) if packet is not None else 0
        made = self._lib.opus_decode(self._state, packet, size, self._out, samples, int(fec))
        if made < 0:
            raise BadPacket(f"opus_decode failed with code {made}")
        return self._out.raw[: made * SAMPLE_BYTES]

    def __del__(self) -> None:
        if hasattr(self, "_state"):
            self._lib.opus_decoder_destroy(self._state)


def duration(packet: bytes) -> int:
    """Length of the packet's sound at CLOCK_RATE, from its first bytes (RFC 6716, 3.1 and 3.2). Raises BadPacket."""
    samples: int = _library().opus_packet_get_nb_samples(packet, len(packet), CLOCK_RATE) if packet else 0
    if samples <= 0:
        raise BadPacket(f"a packet of {len(packet)} bytes has no length")
    return samples


def _create(make: Any, *settings: int) -> ctypes.c_void_p:
    error = ctypes.c_int()
    state = make(*settings, ctypes.byref(error))
    if error.value or not state:
        raise RuntimeError(f"libopus refused {settings} with code {error.value}")
    return ctypes.c_void_p(state)
