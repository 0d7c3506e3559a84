"""openai-python, `client.realtime.connect`, unmodified. Usage: openai_python.py http://host:port"""

import asyncio
import base64
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from tests.clients.report import Report

LOUD = (8000).to_bytes(2, "little")
VAD = {"type": "server_vad", "silence_duration_ms": 300}
TOOL = {
    "type": "function",
    "name": "weather",
    "description": "How the weather is.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Caller:
    """One connection, and everything that it was told."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events: list[Any] = []

    async def until(self, kind: str) -> Any:
        async with asyncio.timeout(20):
            while True:
                event = await self.connection.recv()
                self.events.append(event)
                if event.type == kind:
                    return event

    async def configure(self, **session: Any) -> Any:
        heard = {"turn_detection": VAD, "transcription": {"model": "whisper-1"}}
        wanted: Any = {"type": "realtime", "audio": {"input": heard}, **session}
        await self.connection.session.update(session=wanted)
        return (await self.until("session.updated")).session

    async def speak(self, seconds: float) -> None:
        await self._append(LOUD * round(24_000 * seconds) + bytes(2 * 24_000))

    async def _append(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), 4800):
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(pcm[at : at + 4800]).decode())

    def sound(self) -> bytes:
        return b"".join(base64.b64decode(e.delta) for e in self.events if e.type == "response.output_audio.delta")


async def spoken(caller: Caller) -> None:
    await caller.configure()
    await caller.speak(0.6)
    done = await caller.until("response.done")
    assert done.response.status == "completed"
    assert done.response.output[0].content[0].transcript == "Good morning to you, my friend."
    assert len(caller.sound()) > 24_000
    heard = [e.transcript for e in caller.events if e.type.endswith("input_audio_transcription.completed")]
    assert heard == ["Hello there."]


async def interrupted(caller: Caller) -> None:
    await caller.configure()
    await caller.speak(1.8)
    delta = await caller.until("response.output_audio.delta")
    await caller.speak(1.2)
    done = await caller.until("response.done")
    assert (done.response.status, done.response.status_details.reason) == ("cancelled", "turn_detected")
    await caller.connection.conversation.item.truncate(item_id=delta.item_id, content_index=0, audio_end_ms=100)
    assert (await caller.until("conversation.item.truncated")).audio_end_ms == 100
    answered = [event for event in caller.events if event.type == "response.done"][1:]  # it may have come before
    assert (answered or [await caller.until("response.done")])[0].response.status == "completed"


async def tool(caller: Caller) -> None:
    await caller.configure(tools=[TOOL])
    await caller.speak(1.2)
    called = await caller.until("response.function_call_arguments.done")
    assert (called.name, called.arguments) == ("weather", '{"city": "Graz"}')
    await caller.until("response.done")
    output = {"type": "function_call_output", "call_id": called.call_id, "output": "sunny"}
    await caller.connection.conversation.item.create(item=output)  # type: ignore[arg-type]
    await caller.connection.response.create()
    done = await caller.until("response.done")
    assert done.response.output[0].content[0].transcript == "It is sunny there."


async def text(caller: Caller) -> None:
    await caller.configure(output_modalities=["text"])
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello there."}]}
    await caller.connection.conversation.item.create(item=item)  # type: ignore[arg-type]
    await caller.connection.response.create()
    assert (await caller.until("response.output_text.done")).text == "Good morning to you, my friend."
    await caller.until("response.done")
    assert caller.sound() == b""


async def changed(caller: Caller) -> None:
    await caller.configure()
    await caller.speak(0.6)
    await caller.until("response.done")
    session = await caller.configure(instructions="Talk like a pirate.")
    assert session.instructions == "Talk like a pirate."
    await caller.speak(0.6)
    done = await caller.until("response.done")
    assert done.response.output[0].content[0].transcript == "Arr, good day."


async def error(caller: Caller) -> None:
    await caller.connection.session.update(session={"type": "realtime", "max_output_tokens": -1}, event_id="mine")
    refused = (await caller.until("error")).error
    assert (refused.param, refused.event_id) == ("session.max_output_tokens", "mine")
    await spoken(caller)


SCENARIOS: dict[str, Callable[[Caller], Awaitable[None]]] = {
    "spoken": spoken,
    "interruption": interrupted,
    "tool": tool,
    "text": text,
    "session change": changed,
    "error": error,
}


async def main(url: str) -> None:
    report = Report("openai-python", version("openai"))
    client = AsyncOpenAI(base_url=f"{url}/v1", api_key="none")
    for name, scenario in SCENARIOS.items():
        async with report.scenario(name), client.realtime.connect(model="gpt-realtime") as connection:
            caller = Caller(connection)
            await caller.until("session.created")
            await scenario(caller)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
