"""pydantic-ai's realtime sessions with its OpenAI model, unmodified. Usage: pydantic_ai_session.py http://host:port"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import RealtimeInputSpeechStartEvent, RealtimeSessionErrorEvent, RealtimeTurnCompleteEvent
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.realtime import RealtimeSession
from pydantic_ai.realtime.openai import OpenAIRealtimeModel

from tests.clients.report import Report

LOUD = (8000).to_bytes(2, "little")
RATE = 24_000
GREETING = "Good morning to you, my friend."
VAD = {"type": "server_vad", "silence_duration_ms": 300, "create_response": True, "interrupt_response": True}


class Caller:
    """A session, and what came of it so far."""

    def __init__(self, session: RealtimeSession) -> None:
        self.session = session
        self.events: asyncio.Queue[Any] = asyncio.Queue()
        self.sound = bytearray()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._listen())]

    async def _read(self) -> None:
        async for event in self.session:
            self.events.put_nowait(event)

    async def _listen(self) -> None:
        async for chunk in self.session.stream_audio():
            self.sound += chunk

    async def until(self, kind: type) -> Any:
        async with asyncio.timeout(20):
            while not isinstance(event := await self.events.get(), kind):
                pass
        return event

    async def speak(self, seconds: float, pause: float = 1.0) -> None:
        pcm = LOUD * round(RATE * seconds) + bytes(2 * round(RATE * pause))
        for at in range(0, len(pcm), 4800):
            await self.session.send_audio(pcm[at : at + 4800])

    def words(self) -> str:
        """Everything that the history holds, the parts' own words in order."""
        parts = [part for message in self.session.all_messages() for part in message.parts]
        said = (getattr(part, "transcript", None) or getattr(part, "content", None) for part in parts)
        return " | ".join(str(words) for words in said if words)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def opened(
    url: str, agent: Agent[None, str] | None = None, **settings: Any
) -> AbstractAsyncContextManager[RealtimeSession]:
    model = OpenAIRealtimeModel("gpt-realtime", provider=OpenAIProvider(base_url=f"{url}/v1", api_key="none"))
    agent = agent or Agent(instructions="Be kind.")
    return agent.realtime(model, model_settings={"openai_turn_detection": VAD, **settings}).session()  # type: ignore[typeddict-item]


async def spoken(url: str) -> None:
    async with opened(url, openai_voice="cedar", openai_input_noise_reduction="near_field") as session:
        caller = Caller(session)
        await caller.speak(0.6)
        await caller.until(RealtimeTurnCompleteEvent)
        assert GREETING in caller.words(), caller.words()
        assert "Hello there." in caller.words(), caller.words()
        assert len(caller.sound) > RATE // 2, len(caller.sound)
        await caller.close()


async def interrupted(url: str) -> None:
    async with opened(url) as session:
        caller = Caller(session)
        await caller.speak(1.8)
        async with asyncio.timeout(20):
            while not caller.sound:
                await asyncio.sleep(0.01)
        await caller.speak(1.2, pause=0)
        await caller.until(RealtimeInputSpeechStartEvent)
        await session.interrupt(played_ms=100)
        await caller.speak(0, pause=1.0)
        await caller.until(RealtimeTurnCompleteEvent)
        async with asyncio.timeout(20):
            while GREETING not in caller.words():
                await asyncio.sleep(0.05)
        await caller.close()


async def tool(url: str) -> None:
    agent = Agent(instructions="Be kind.")
    asked: list[str] = []

    @agent.tool_plain
    def weather(city: str) -> str:
        """How the weather is."""
        asked.append(city)
        return "sunny"

    async with opened(url, agent) as session:
        caller = Caller(session)
        await caller.speak(1.2)
        async with asyncio.timeout(20):
            while "It is sunny there." not in caller.words():
                await asyncio.sleep(0.05)
        assert asked == ["Graz"], asked
        await caller.close()


async def text(url: str) -> None:
    async with opened(url, output_modality="text") as session:
        caller = Caller(session)
        await session.send("Hello there.")
        async with asyncio.timeout(20):
            await session.wait_for_reply()
        assert GREETING in caller.words(), caller.words()
        assert not caller.sound
        await caller.close()


async def changed(url: str) -> None:
    """Its only way to change instructions is another session that goes on with the history."""
    async with opened(url) as session:
        await session.send("Hello there.")
        async with asyncio.timeout(20):
            await session.wait_for_reply()
        before = session.all_messages()
    model = OpenAIRealtimeModel("gpt-realtime", provider=OpenAIProvider(base_url=f"{url}/v1", api_key="none"))
    pirate = Agent(instructions="Talk like a pirate.")
    async with pirate.realtime(model, message_history=before).session() as session:
        caller = Caller(session)
        await caller.speak(0.6)
        await caller.until(RealtimeTurnCompleteEvent)
        assert "Arr, good day." in caller.words(), caller.words()
        await caller.close()


async def error(url: str) -> None:
    async with opened(url, openai_voice="nobody") as session:
        caller = Caller(session)
        problem = await caller.until(RealtimeSessionErrorEvent)
        assert "nobody" in str(problem), problem
        await caller.speak(0.6)
        await caller.until(RealtimeTurnCompleteEvent)
        assert GREETING in caller.words(), caller.words()
        await caller.close()


SCENARIOS: dict[str, Callable[[str], Awaitable[None]]] = {
    "spoken": spoken,
    "interruption": interrupted,
    "tool": tool,
    "text": text,
    "session change": changed,
    "error": error,
}


async def main(url: str) -> None:
    report = Report("pydantic-ai", version("pydantic-ai-slim"))
    for name, scenario in SCENARIOS.items():
        async with report.scenario(name):
            await scenario(url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
