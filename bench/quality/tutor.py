"""What the scripted tutor says: the monologue of a recording when asked to begin, a short answer to everything else."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from pipeline.engines import ChatDelta, ChatModel, ChatRequest, EngineInfo

ANSWER: Final = "That is interesting. Please tell me more about it."


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds before the first word of an answer, and before each of the others."""

    first: float
    each: float


DEFAULT: Final = Pace(0.35, 0.037)
"""The default language model on a plain processor of two cores: first token after 350 ms, then 27 a second."""
INSTANT: Final = Pace(0.0, 0.0)
"""Nobody waits for the tutor: what is left is what the rules of turn-taking cost."""


@dataclass(frozen=True, slots=True)
class PacedChat:
    """A `ChatModel` whose words come at a pace. chat: gives them at once."""

    chat: ChatModel
    pace: Pace

    @property
    def info(self) -> EngineInfo:
        return self.chat.info

    async def start(self) -> None:
        await self.chat.start()

    async def close(self) -> None:
        await self.chat.close()

    async def stream(self, request: ChatRequest, *, caller: str) -> AsyncGenerator[ChatDelta, None]:
        pause = self.pace.first
        async with aclosing(self.chat.stream(request, caller=caller)) as deltas:
            async for delta in deltas:
                await asyncio.sleep(pause)
                pause = self.pace.each
                yield delta

    async def prefill(self, request: ChatRequest, *, caller: str) -> None:
        await self.chat.prefill(request, caller=caller)

    def reading_s(self, request: ChatRequest, *, caller: str) -> float:
        return self.chat.reading_s(request, caller=caller)


def words(request: ChatRequest) -> Sequence[str]:
    """Pieces of the answer to `request`, word by word. A monologue is asked for by its own text, as instructions."""
    last = request.messages[-1] if request.messages else None
    text = last.text if last and last.role == "system" else ANSWER
    return [f"{word} " for word in text.split()]
