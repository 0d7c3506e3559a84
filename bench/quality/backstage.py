"""Real engines beside a virtual clock.

Engines have threads of their own, and a clock that jumps would jump over their work. So they live on a second event
loop in real time; the virtual one stands still while it waits for them.
"""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

from pipeline.engines import Engines

T = TypeVar("T")


class Backstage:
    """A context manager: the engines are started on entry, and closed on exit."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="backstage", daemon=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` in real time, and block until it is done. Engines have deadlines of their own."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> "Backstage":
        self._thread.start()
        try:
            self.run(self._start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    async def _start(self) -> None:
        await asyncio.gather(*(engine.start() for engine in self.engines.all))

    async def _close(self) -> None:
        await asyncio.gather(*(engine.close() for engine in self.engines.all))

    def _end(self) -> None:
        try:
            self.run(self._close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
