"""What the gateway and its eSpeak NG process say to each other."""

from typing import BinaryIO, TypeAlias

from msgspec import Struct

LENGTH = 4
"""Bytes in front of each frame that say how long it is, little-endian."""


class Question(Struct, frozen=True):
    text: str
    voice: str
    speed: float


class Facts(Struct, frozen=True, tag=True):
    """Said first. languages: ISO 639-1 code → name of its voice. rate: Hz."""

    languages: dict[str, str]
    rate: int
    version: str


class Sound(Struct, frozen=True, tag=True):
    """samples: float32. words: as in `tts_espeak_library.Said`."""

    samples: bytes
    words: tuple[tuple[int, int], ...]


class Failed(Struct, frozen=True, tag=True):
    reason: str


Answer: TypeAlias = Facts | Sound | Failed


def write(out: BinaryIO, frame: bytes) -> None:
    out.write(len(frame).to_bytes(LENGTH, "little") + frame)
    out.flush()


def read(source: BinaryIO) -> bytes:
    """The next frame; empty at the end."""
    head = source.read(LENGTH)
    return source.read(int.from_bytes(head, "little")) if len(head) == LENGTH else b""
