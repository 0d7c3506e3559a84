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
    """Reads one prompt at a time; of those that come meanwhile only the newest is worth reading."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._next: ChatRequest | None = None
        self._present: ChatRequest | None = None
        self._reading: asyncio.Task[None] | None = None

    def start(self, request: ChatRequest) -> None:
        """Have `request` read, after the one that is being read now if it goes on from there."""
        if self._reading and self._present and not _continues(request, self._present):
            self._reading.cancel()
            self._reading = None
        self._next = request
        if self._reading is None or self._reading.done():
            self._reading = self._line.tasks.spawn(self._read(), f"work ahead {self._line.caller}")

    async def over(self) -> None:
        """Wait for what is being read now: to read the same words twice at once would take twice as long."""
        self._next = None
        if self._reading:
            await asyncio.wait({self._reading})

    async def _read(self) -> None:
        while self._next:
            self._present = request = self._next
            self._next = None
            try:
                await self._line.engines.chat.prefill(request, caller=self._line.caller)
            except EngineError as error:
                self._line.log.warning("working ahead failed", extra={"reason": str(error)})


def _continues(longer: ChatRequest, shorter: ChatRequest) -> bool:
    """Whether all of `shorter` is the beginning of `longer`."""
    *before, last = shorter.messages
    here = longer.messages[: len(before) + 1]
    return here[:-1] == tuple(before) and here[-1].role == last.role and here[-1].text.startswith(last.text)
