"""The language model reads along while the caller still speaks.

A language model reads a prompt at 10 to 25 ms a token on a plain processor, and remembers what it read. So the time
to the first word of an answer is that of the part of the prompt which is new to it, and that part is kept short: the
standing orders are read when the call begins, the caller's words as they become known.
"""

import asyncio

from pipeline.engines import ChatRequest
from pipeline.errors import EngineError
from pipeline.line import Line


class WorkAhead:
    """Reads one prompt at a time, the newest: what was read of the one before stays read."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._reading: asyncio.Task[None] | None = None

    def start(self, request: ChatRequest) -> None:
        """Have `request` read in place of what is being read now."""
        self.stop()
        self._reading = self._line.tasks.spawn(self._read(request), f"work ahead {self._line.caller}")

    def stop(self) -> None:
        """Make way for an answer, which reads the rest itself."""
        if self._reading:
            self._reading.cancel()
            self._reading = None

    async def _read(self, request: ChatRequest) -> None:
        try:
            await self._line.engines.chat.prefill(request, caller=self._line.caller)
        except EngineError as error:
            self._line.log.warning("working ahead failed", extra={"reason": str(error)})
