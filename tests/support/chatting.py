"""Talking with a chat-completions server as `OpenAIChat` does, and what servers do that go wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from models.chat_limits import ChatLimits
from models.llm_openai import OpenAIChat
from models.thoughts import Habits
from pipeline.engines import ChatDelta, ChatMessage, ChatRequest
from tests.support.llm_server import Exchange

REQUEST = ChatRequest((ChatMessage("system", "Be brief."), ChatMessage("user", "Who are you?")))
HASTY = ChatLimits(connect_s=0.2, first_token_s=0.2, gap_s=0.2, total_s=5, step_s=0.2, start_s=0.4)
KEY = "sk-very-secret"


@asynccontextmanager
async def chatting(*args: Any, **kwargs: Any) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(*args, **kwargs)
    chat._habits = Habits(trusted=True)  # as it is after some answers: nothing waits for a sign of a thought
    try:
        yield chat
    finally:
        await chat.close()


async def deltas(chat: OpenAIChat, request: ChatRequest = REQUEST) -> list[ChatDelta]:
    async with asyncio.timeout(5):
        return [delta async for delta in chat.stream(request, caller="ann")]


def text(found: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in found)


# --- servers -------------------------------------------------------------------------------------------------------


async def hangs(exchange: Exchange) -> None:
    await exchange.hung_up()


async def stalls(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.token("Well")
    await exchange.hung_up()


def said(message: str) -> str:
    """The body with which a server gives its reason."""
    return json.dumps({"error": {"message": message}})
