"""How fetching tells a person what it does; the command line decides how that looks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Moved = Callable[[int], None]
"""Told how many bytes of a file have arrived. May be called from any thread."""


class Report(Protocol):
    def notice(self, sentence: str) -> None:
        """Something worth a line: a source that cannot be reached, another process that is waited for."""

    def track(self, label: str, size: int) -> AbstractContextManager[Moved]:
        """Follow one file of `size` bytes until the block ends."""
