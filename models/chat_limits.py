"""How long a chat-completions server may take, counted down while one answer is waited for."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from pipeline.errors import EngineTimeout

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """What one answer may take, and how many there may be.

    connect_s: to a connection. first_token_s: from the request to the first token. gap_s: from one token to the next.
    total_s: all waiting for one answer together; the time its reader takes does not count.
    step_s: from one sign that the server reads on in a long prompt to the next. One may come for 64 tokens, and a token
    take 0.2 s where four times as many programs run as there are cores.
    reading_s: to the end of reading, as long as such signs come. Until then none of the three before begins.
    start_s: how long `start` waits for the server to come up.
    max_tokens: bound of an answer whose request names none.
    token_chars: characters that a token has at most, in the mean of an answer: a server that does not keep to a bound
    is cut off behind so many for each.
    streams: answers at the same time; one more is refused after connect_s.
    """

    connect_s: float = 2.0
    first_token_s: float = 10.0
    gap_s: float = 10.0
    total_s: float = 60.0
    step_s: float = 60.0
    reading_s: float = 120.0
    start_s: float = 30.0
    max_tokens: int = 200
    token_chars: int = 16
    streams: int = 64


DEFAULT_LIMITS = ChatLimits()


class Waits:
    """The time limits of one answer."""

    def __init__(self, limits: ChatLimits, server: str, *, reads: bool = False) -> None:
        """server: how error messages name it. reads: it is known that it will tell how far it is with the prompt."""
        self._limits = limits
        self._server = server
        self._begun = False
        self._reads = reads
        self._next_s = limits.step_s if reads else limits.first_token_s
        self._total_s = limits.total_s
        self._reading_s = limits.reading_s

    def renew(self, seconds: float) -> None:
        """The model gave a sign of life; the next may take this long."""
        self._begun, self._reads = True, False
        self._next_s = seconds

    def read_on(self, *, done: bool) -> None:
        """The server has read more of the prompt. done: all of it, and the time to the first token begins."""
        spent = self._limits.total_s - self._total_s
        if not self._begun and spent < self._reading_s:
            self._reading_s -= spent
            self._reads, self._total_s = not done, self._limits.total_s
            self._next_s = self._limits.first_token_s if done else min(self._limits.step_s, self._reading_s)

    async def on(self, work: Awaitable[T]) -> T:
        """What `work` returns. Raises EngineTimeout when a limit runs out first."""
        clock = asyncio.get_running_loop()
        began = clock.time()
        try:
            async with asyncio.timeout(min(self._next_s, self._total_s)):
                return await work
        except TimeoutError:
            raise EngineTimeout(self._sentence()) from None
        finally:
            waited = clock.time() - began
            self._next_s -= waited
            self._total_s -= waited

    def _sentence(self) -> str:
        if self._total_s < self._next_s:
            return f"{self._server} took more than {self._limits.total_s:g} s for one answer (VOICEGW_LLM_TOTAL_S)."
        if self._begun:
            return f"{self._server} stopped in the middle of an answer and sent nothing for {self._limits.gap_s:g} s."
        if self._reads:
            return (
                f"{self._server} did not begin to answer: it read no further for {self._limits.step_s:g} s, or for "
                f"more than {self._limits.reading_s:g} s in all; it has too much to do, or needs a smaller model."
            )
        return (
            f"{self._server} did not begin to answer within {self._limits.first_token_s:g} s; it has too much to do, "
            "or needs a smaller model, or a longer VOICEGW_LLM_FIRST_TOKEN_S."
        )
