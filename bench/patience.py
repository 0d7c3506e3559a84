"""Asking an engine that has a deadline, on a machine that may be busy with other things."""

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from pipeline.errors import EngineTimeout

T = TypeVar("T")
TRIES: Final = 30


async def patiently(ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The answer of the first question that is answered in time: what was read for the others stays read."""
    for _ in range(TRIES - 1):
        try:
            return await ask()
        except EngineTimeout:
            continue
    return await ask()
