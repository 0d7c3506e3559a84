"""Would the server of the language model answer? From looks that cost nothing, and from what became of real requests.

A list of models is free, but a server may give it and answer nothing: it has other keys for it, or another machine. So
after a request that failed only an answer counts: one token, asked for now and then, or the next real one.
"""

import asyncio
from collections.abc import Awaitable, Callable

from pipeline.errors import ContentFiltered, ConversationTooLong, EngineError, EngineOverloaded, NoAnswer

FRESH_S = 2.0
"""How long a good look is believed."""
ASK_S = 5.0
"""Pause between two answers that are asked for only to see whether there is one."""

Try = Callable[[], Awaitable[None]]


class ChatHealth:
    """look: asks for something free. ask: asks for an answer. Both raise EngineError."""

    def __init__(self, look: Try, ask: Try, clock: Callable[[], float] | None = None) -> None:
        self._look = look
        self._ask = ask
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._doubt: EngineError | None = None
        self._seen_at = float("-inf")
        self._asked_at = float("-inf")

    def failed(self, error: EngineError) -> None:
        """A request was not answered; whose fault that was is found out when somebody wants to know."""
        if not isinstance(error, ConversationTooLong | ContentFiltered | EngineOverloaded | NoAnswer):
            self._doubt = error

    def answered(self) -> None:
        self._doubt = None
        self._seen_at = self._clock()

    async def probe(self) -> None:
        """Raises EngineError when the server would not answer."""
        now = self._clock()
        if self._doubt is None:
            if now - self._seen_at > FRESH_S:
                await self._look()
                self._seen_at = now
        elif now - self._asked_at > ASK_S:
            self._asked_at = now
            try:
                await self._ask()
            except EngineError as error:
                self.failed(error)
                raise
            self.answered()
        else:
            raise self._doubt
