"""The language model reads along while the caller still speaks.

A language model reads a prompt at 10 to 25 ms a token on a plain processor, and remembers what it read. So the time
to the first word of an answer is that of the part of the prompt which is new to it, and that part is kept short: the
standing orders are read when the call begins, the caller's words as they become known.
"""

import asyncio
from collections.abc import Callable

from pipeline.engines import ChatRequest
from pipeline.errors import EngineError
from pipeline.line import Line
from pipeline.tasks import Newest

QUIET_S = 0.1
"""A conversation that is told item by item is read when no more come."""


class WorkAhead:
    """Reads one prompt at a time, the newest: what was read of the one before stays read."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._reading = Newest(line.tasks)

    def start(self, request: ChatRequest) -> None:
        """Have `request` read in place of what is being read now."""
        self._reading.start(self._read(request), f"work ahead {self._line.caller}")

    def start_soon(self, request: Callable[[], ChatRequest]) -> None:
        """The same once it has been quiet for a moment; `request` is asked for then."""
        self._reading.start(self._read_soon(request), f"work ahead {self._line.caller}")

    def stop(self) -> None:
        """Make way for an answer, which reads the rest itself."""
        self._reading.stop()

    async def _read_soon(self, request: Callable[[], ChatRequest]) -> None:
        await asyncio.sleep(QUIET_S)
        await self._read(request())

    async def _read(self, request: ChatRequest) -> None:
        try:
            await self._line.engines.chat.prefill(request, caller=self._line.caller)
        except EngineError as error:
            self._line.log.warning("working ahead failed", extra={"reason": str(error)})
