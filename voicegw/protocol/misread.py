"""Is the sound read as it was written? Clients send other formats than they say, and hear nonsense or nothing back.

16-bit sound is smooth: a sample is near the one before. Bytes that were written as something else are rough when read
as 16-bit samples, and smooth when read as what they are. Noise is rough in every reading. So a mistake is told when the
sound was rough as it was read and smooth in another reading, one second after the other, and never before: a sound that
merely sounds odd is left alone. What stands at the very start of a stream names itself: a WAV header, Ogg, MP3, base64.

    roughness = E[(x[n] - x[n-1])²] / E[x²]    2 for white noise, 0.05 to 0.5 for speech at 24 kHz

Silence is no mistake: people mute themselves. Nor can a wrong rate be told from samples: half as fast is a deep voice
that speaks slowly. It is told by the clock (`voicegw.sessions.pace`).

Pure: no clock, no I/O. A block of a second takes about a millisecond, and few are looked at in one go.
"""

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voicegw.protocol.formats import AudioFormat, PcmFormat, PcmuFormat
from voicegw.protocol.g711 import a_law, mu_law

Samples: TypeAlias = NDArray[np.float64]

SMOOTH: Final = 0.5
"""Roughness of a voice, at the most, over a second in which it says vowels too."""
CLEARLY: Final = 0.5
"""A reading is the right one when it is smoother than another by this factor; wrong ones are 2 to 50 times rougher."""
UNDOUBTED: Final = 0.05
"""Smoother than this, a sound is not read in other ways."""
ROUGH: Final = 1.2
"""Roughness of what holds no voice in any reading."""
AUDIBLE: Final = 100.0
"""RMS (of 16-bit samples; -50 dBFS) from which a second has sound in it."""
SURE_AFTER: Final = 3
"""Seconds with sound in a row that must tell of the same mistake."""
GOOD_AFTER: Final = 5
"""Seconds that sound right, after which the format is right and no longer looked at."""
MOST_SECONDS: Final = 60
"""Seconds with sound that are looked at where it never becomes sure, so that a noisy line costs nothing for long."""
PAIRED: Final = 0.5
"""Two channels of one place differ by less than this share of what a sample differs from the next; of people's mono
recordings, a second had 0.84 at least."""
MOVING: Final = 0.5
"""Share of the pairs that differ from the next: a few edges, as of a tone made by code, say nothing."""
EMPTY: Final = 0.05
"""A channel with nothing in it, beside one that has a voice."""
PAIRED_SMOOTH: Final = 0.35
"""And each of the channels is smooth, or it may be a sound that was brought to twice its rate by saying all twice."""
CLIPPED: Final = 0.6
"""Share of samples at full scale of a sound that is nothing but edges."""
UNIFORM_BITS: Final = 7.97
"""Entropy of the bytes of what is encrypted or compressed well; the loudest hiss has 7.92 in the high bytes."""
UNDECIDED: Final = "?"
HEAD_BYTES: Final = 4096
"""Of a stream, that are looked at for what names itself."""
FULL_SCALE: Final = 32767

_TEXT = re.compile(rb"[\t\r\n -~]+")
_MAGIC: Final[Mapping[bytes, str]] = {
    b"OggS": "an Ogg file (Opus or Vorbis)",
    b"fLaC": "a FLAC file",
    b"ID3\x02": "an MP3 file",
    b"ID3\x03": "an MP3 file",
    b"ID3\x04": "an MP3 file",
    b"\x1aE\xdf\xa3": "a WebM file, as MediaRecorder makes them",
    b"FORM": "an AIFF file",
    b"caff": "a CAF file",
    b"#!AMR": "an AMR file",
}
_KINDS: Final = {1: "integer", 3: "float", 6: "A-law", 7: "µ-law"}
"""Format tags of WAV (RFC 2361)."""


@dataclass(slots=True)
class Misread:
    """Watches one client's stream, and finds at most one mistake in it."""

    _watch: "_Watch" = field(default_factory=lambda: _Watch(None))
    _told: bool = False

    def push(self, wire: bytes, form: AudioFormat) -> str:
        """wire: what came, as it came; whole samples. Returns what it is, once and when that is sure; else ""."""
        if self._told:
            return ""
        if form != self._watch.form:
            self._watch = _Watch(form)
        mistake = self._watch.look(wire, form)
        self._told = bool(mistake)
        return mistake


@dataclass(slots=True)
class _Watch:
    """Of a stream as long as its format is the same. left: seconds that will still be looked at."""

    form: AudioFormat | None
    left: int = MOST_SECONDS
    _rest: bytes = b""
    _head: bytes = b""
    _suspicion: str = ""
    _count: int = 0
    _good: int = 0

    def look(self, wire: bytes, form: AudioFormat) -> str:
        if not self.left:
            return ""
        if len(self._head) < HEAD_BYTES:
            self._head += wire[: HEAD_BYTES - len(self._head)]
            if named := _named(self._head, form):
                return named
        second = form.bytes_per_ms * 1000
        data = self._rest + wire[: second - len(self._rest)]
        if len(data) < second:
            self._rest = data
            return ""
        self._rest = b""  # of a long append one second is looked at: it must not keep others waiting
        return self._weigh(_judged(data, form))

    def _weigh(self, judged: str | None) -> str:
        """judged: see `_judged`."""
        if judged is None:
            return ""
        self.left -= 1
        if judged == UNDECIDED:
            return ""
        if not judged:
            self._suspicion, self._count, self._good = "", 0, self._good + 1
            self.left = 0 if self._good >= GOOD_AFTER else self.left
            return ""
        self._count = self._count + 1 if judged == self._suspicion else 1
        self._suspicion, self._good = judged, 0
        return judged if self._count >= SURE_AFTER else ""


def _judged(block: bytes, form: AudioFormat) -> str | None:
    """Of a second: the mistake that it tells of, "" when it sounds right, or `UNDECIDED`; None without any sound."""
    read = np.frombuffer(form.decode(block), "<i2").astype(np.float64)
    level = _level(read)
    if level == 0 and read[0] and np.ptp(read) == 0:
        return "one value over and over"
    if level < AUDIBLE:
        return None
    if np.mean(np.abs(read) >= FULL_SCALE) > CLIPPED:
        return "sound that is far too loud: nearly all of it is cut off at full scale"
    roughness = _roughness(read)
    if isinstance(form, PcmFormat) and _paired(read):
        return "stereo, two channels in turn (or every sample twice)"
    if roughness > UNDOUBTED and (other := _another(block, form, roughness)):
        return other
    return "" if roughness < SMOOTH else UNDECIDED


def _another(block: bytes, form: AudioFormat, roughness: float) -> str | None:
    """The reading in which a sound of this roughness is a voice."""
    best, smoothest = None, min(SMOOTH, CLEARLY * roughness)
    for name, reading in _readings(form).items():
        for channel in reading(block):
            usable = len(channel) > 0 and np.isfinite(channel).all() and AUDIBLE <= _level(channel) <= FULL_SCALE
            if usable and (rough := _roughness(channel)) < smoothest:
                best, smoothest = name, rough
    if best is None and roughness > ROUGH and _uniform(block):
        return "compressed or encrypted"
    return best


Reading: TypeAlias = Callable[[bytes], Iterator[Samples]]


def _readings(form: AudioFormat) -> Mapping[str, Reading]:
    """What the bytes may be in place of `form`."""
    return _OF_PCM if isinstance(form, PcmFormat) else _OF_G711


def _as(kind: str, factor: float = 1.0, shift: int = 0) -> Reading:
    def read(block: bytes) -> Iterator[Samples]:
        size = np.dtype(kind).itemsize
        data = block[shift : shift + (len(block) - shift) // size * size]
        with np.errstate(all="ignore"):
            yield np.nan_to_num(np.frombuffer(data, kind).astype(np.float64), nan=np.inf) * factor

    return read


def _three_bytes(block: bytes) -> Iterator[Samples]:
    for shift in range(3):
        data = np.frombuffer(block[shift : shift + (len(block) - shift) // 3 * 3], np.uint8).reshape(-1, 3)
        yield (data[:, 1].astype(np.uint16) | data[:, 2].astype(np.uint16) << 8).view(np.int16).astype(np.float64)


def _every_second(block: bytes) -> Iterator[Samples]:
    read = np.frombuffer(block, "<i2").astype(np.float64)
    for voice, other in ((read[1::2], read[0::2]), (read[0::2], read[1::2])):
        # Both are smooth where there is but a high tone.
        if _level(other) < EMPTY * _level(voice) or _roughness(other) > ROUGH:
            yield voice


def _law(decode: Callable[[bytes], bytes]) -> Reading:
    def read(block: bytes) -> Iterator[Samples]:
        yield np.frombuffer(decode(block), "<i2").astype(np.float64)

    return read


def _eight_bits(block: bytes) -> Iterator[Samples]:
    yield (np.frombuffer(block, np.uint8).astype(np.float64) - 128) * 256
    yield np.frombuffer(block, np.int8).astype(np.float64) * 256


_OF_PCM: Final[Mapping[str, Reading]] = {
    "big-endian samples": _as(">i2"),
    "samples that are shifted by one byte": _as("<i2", shift=1),
    "32-bit float samples": _as("<f4", 32768.0),
    "big-endian 32-bit float samples": _as(">f4", 32768.0),
    "64-bit float samples": _as("<f8", 32768.0),
    "24-bit samples": _three_bytes,
    "24-bit samples in 32 bits": _as("<i4", 2**-8),
    "big-endian 32-bit samples": _as(">i4", 2**-16),
    "32-bit samples, or two channels in turn": _every_second,
    "G.711 µ-law": _law(lambda block: mu_law().decode(block)),
    "G.711 A-law": _law(lambda block: a_law().decode(block)),
    "8-bit samples": _eight_bits,
}
_OF_G711: Final[Mapping[str, Reading]] = {
    "16-bit samples": _as("<i2"),
    "big-endian 16-bit samples": _as(">i2"),
    "16-bit samples that are shifted by one byte": _as("<i2", shift=1),
    "32-bit float samples": _as("<f4", 32768.0),
    "8-bit samples": _eight_bits,
    "G.711 µ-law": _law(lambda block: mu_law().decode(block)),
    "G.711 A-law": _law(lambda block: a_law().decode(block)),
}


def _named(head: bytes, form: AudioFormat) -> str:
    """What the first bytes of a stream say about it; "" when they say nothing."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt " and len(head) >= 36:
        return _of_wav(head, form)
    if len(head) == HEAD_BYTES and _TEXT.fullmatch(head):
        return "base64 in base64, or other text"
    return ""


def _of_wav(head: bytes, form: AudioFormat) -> str:
    """A header in front of the right samples is but a click."""
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", head[20:36])
    right = (1, 16) if isinstance(form, PcmFormat) else (7, 8) if isinstance(form, PcmuFormat) else (6, 8)
    if (tag, bits, channels, rate) == (*right, 1, form.rate) or (tag == 0xFFFE and (bits, channels) == (16, 1)):
        return ""
    kind = _KINDS.get(tag, "unknown")
    return f"a WAV file of {rate} Hz, {channels} channels, {bits} bits, {kind} samples"


def _level(sound: Samples) -> float:
    """RMS without what is constant."""
    return float(np.std(sound))


def _roughness(sound: Samples) -> float:
    power = float(np.var(sound))
    return float(np.mean(np.square(np.diff(sound)))) / power if power else 0.0


def _paired(sound: Samples) -> bool:
    """Whether samples 0 and 1, 2 and 3, … (or 1 and 2, …) are of the same moment."""
    steps = np.square(np.diff(sound))
    (within, _), (between, moving) = sorted(
        (float(row.mean()), float(np.mean(row > 0))) for row in (steps[::2], steps[1::2])
    )
    if moving < MOVING:
        return False
    return within < PAIRED * between and max(_roughness(sound[0::2]), _roughness(sound[1::2])) < PAIRED_SMOOTH


def _uniform(block: bytes) -> bool:
    return all(_entropy(np.frombuffer(block, np.uint8)[start::2]) > UNIFORM_BITS for start in (0, 1))


def _entropy(values: NDArray[np.uint8]) -> float:
    """Bits for each."""
    counts = np.bincount(values, minlength=256)
    shares = counts[counts > 0] / len(values)
    return float(-(shares * np.log2(shares)).sum())
