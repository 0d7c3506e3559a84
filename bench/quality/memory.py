"""What the engines answered, by what they were asked: a sweep over policies asks the same many times.

Kept in a file, it makes the next run of the same corpus quick; latencies are then those of the run that measured them.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from pipeline.engines import SpeechScore, Spoken, Transcript
from pipeline.errors import OperatorError

T = TypeVar("T")


class Memory(msgspec.Struct):
    """Answers by key, each with the seconds that it took. A voice's answer is its parts, each with its own seconds."""

    vad: dict[str, list[SpeechScore]] = {}
    turn: dict[str, tuple[float, float]] = {}
    sentence: dict[str, tuple[float, float]] = {}
    asr: dict[str, tuple[Transcript, float]] = {}
    tts: dict[str, list[tuple[Spoken, float]]] = {}


def key(*parts: object) -> str:
    """A name for a question: the same parts, the same name."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def recalled(known: dict[str, T], name: str, ask: Callable[[], T]) -> T:
    """The known answer, or a new one that is known from now on."""
    if name not in known:
        known[name] = ask()
    return known[name]


def load(path: Path) -> Memory:
    """What was kept; nothing when there is no such file. Raises OperatorError when it is no memory."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Memory)
    except FileNotFoundError:
        return Memory()
    except (OSError, msgspec.DecodeError) as error:
        raise OperatorError(
            f"{path} holds no answers of engines ({error}): delete it, or leave out --reuse."
        ) from error


def save(memory: Memory, path: Path) -> None:
    """Raises OperatorError when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_bytes(msgspec.msgpack.encode(memory))
        unfinished.replace(path)
    except OSError as error:
        raise OperatorError(f"The answers of the engines cannot be kept in {path}: {error.strerror}.") from error
