"""eSpeak NG in a process of its own.

It is C code that keeps its state in globals, and was seen to crash in a process where it had been started more than
once. Here a crash costs one text, and not every call of the gateway.
"""

import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import Final, TypeVar

from models.tts_espeak_library import EspeakLibrary, Said
from pipeline.errors import EngineDown

T = TypeVar("T")

ANSWER_S: Final = 30.0
"""Longest wait for the process: its start included, on a machine that is busy with other things."""


@dataclass(frozen=True, slots=True)
class Facts:
    """languages: ISO 639-1 code → name of its voice. rate: Hz."""

    languages: dict[str, str]
    rate: int
    version: str


class EspeakProcess:
    """The library, one thread at a time. Blocks."""

    def __init__(self) -> None:
        self._pool = _pool()

    def facts(self) -> Facts:
        """Raises OperatorError when the library does not start."""
        return self._answer(lambda: self._pool.submit(_facts))

    def say(self, text: str, voice: str, speed: float = 1.0) -> Said:
        """Raises EngineDown when it crashed over this text; the next one finds it running again."""
        return self._answer(lambda: self._pool.submit(_say, text, voice, speed))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _answer(self, ask: Callable[[], "Future[T]"]) -> T:
        try:
            return ask().result(ANSWER_S)
        except (BrokenProcessPool, TimeoutError) as error:
            broken, self._pool = self._pool, _pool()
            broken.shutdown(wait=False, cancel_futures=True)
            raise EngineDown("eSpeak NG stopped over this text; it has been started again.") from error


def _pool() -> ProcessPoolExecutor:
    # Not forked: this process has threads, and models that must not be there twice.
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)


# --- in the other process ------------------------------------------------------------------------------------------


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the gateway, which ends this process


@cache
def _library() -> EspeakLibrary:
    return EspeakLibrary()


def _facts() -> Facts:
    library = _library()
    return Facts(library.languages(), library.rate, library.version)


def _say(text: str, voice: str, speed: float) -> Said:
    return _library().say(text, voice, speed)
