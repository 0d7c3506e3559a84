"""livekit-plugins-openai's RealtimeModel, unmodified. Usage: livekit_model.py http://host:port

An agent's session drives the model by the same methods; here they are called directly, without a room.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from livekit import rtc
from livekit.agents import llm
from livekit.plugins import openai
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad

from tests.clients.report import Report

LOUD = (8000).to_bytes(2, "little")
VAD = ServerVad(type="server_vad", silence_duration_ms=300, create_response=True, interrupt_response=True)


@llm.function_tool
async def weather(city: str) -> str:
    """How the weather is."""
    return "sunny" if city == "Graz" else "unknown"


class Generation:
    """One answer, read to its end."""

    def __init__(self, created: llm.GenerationCreatedEvent) -> None:
        self.text = ""
        self.sound = 0
        self.message_id = ""
        self.calls: list[llm.FunctionCall] = []
        self.sounding = asyncio.Event()
        self.done = asyncio.create_task(self._read(created))

    async def _read(self, created: llm.GenerationCreatedEvent) -> None:
        async def messages() -> None:
            async for message in created.message_stream:
                self.message_id = message.message_id
                await asyncio.gather(self._words(message), self._listen(message))

        async def calls() -> None:
            async for call in created.function_stream:
                self.calls.append(call)

        await asyncio.gather(messages(), calls())

    async def _words(self, message: llm.MessageGeneration) -> None:
        async for words in message.text_stream:
            self.text += str(words)

    async def _listen(self, message: llm.MessageGeneration) -> None:
        async for frame in message.audio_stream:
            self.sound += frame.samples_per_channel
            self.sounding.set()


class Caller:
    def __init__(self, url: str, **options: Any) -> None:
        self.model = openai.realtime.RealtimeModel(
            base_url=f"{url}/v1", api_key="none", model="gpt-realtime", turn_detection=VAD, **options
        )
        self.session = self.model.session()
        self.generations: asyncio.Queue[Generation] = asyncio.Queue()
        self.errors: asyncio.Queue[Any] = asyncio.Queue()
        self.heard: list[str] = []
        self.started = asyncio.Event()
        self.session.on("generation_created", lambda event: self.generations.put_nowait(Generation(event)))
        self.session.on("error", self.errors.put_nowait)
        self.session.on("input_speech_started", lambda _: self.started.set())
        self.session.on("input_audio_transcription_completed", self._transcribed)

    def _transcribed(self, event: Any) -> None:
        if event.is_final:
            self.heard.append(event.transcript)

    def speak(self, seconds: float) -> None:
        self.begin(seconds)
        self.pause()

    def begin(self, seconds: float) -> None:
        """Be loud for so long, and not done: no answer comes before a `pause`."""
        self._push(LOUD * round(24_000 * seconds))

    def pause(self) -> None:
        self._push(bytes(2 * 24_000))

    def _push(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), 4800):
            data = pcm[at : at + 4800]
            self.session.push_audio(rtc.AudioFrame(data, 24_000, 1, len(data) // 2))

    async def generation(self) -> Generation:
        async with asyncio.timeout(20):
            return await self.generations.get()

    async def answer(self) -> Generation:
        generation = await self.generation()
        async with asyncio.timeout(20):
            await generation.done
        return generation

    async def close(self) -> None:
        await self.session.aclose()
        await self.model.aclose()


async def spoken(url: str) -> Caller:
    caller = Caller(url)
    caller.speak(0.6)
    answer = await caller.answer()
    assert answer.text == "Good morning to you, my friend.", answer.text
    assert answer.sound > 12_000
    assert caller.heard == ["Hello there."], caller.heard
    return caller


async def interrupted(url: str) -> Caller:
    caller = Caller(url)
    caller.speak(1.8)
    story = await caller.generation()
    async with asyncio.timeout(20):
        await story.sounding.wait()
    caller.started.clear()
    caller.begin(1.2)
    async with asyncio.timeout(20):
        await caller.started.wait()
    caller.session.interrupt()  # the story; the answer to what is being said is not there yet
    caller.session.truncate(
        message_id=story.message_id, modalities=["text", "audio"], audio_end_ms=100, audio_transcript="Once"
    )
    await story.done
    caller.pause()
    answer = await caller.answer()
    assert answer.text == "Good morning to you, my friend.", answer.text
    return caller


async def tool(url: str) -> Caller:
    caller = Caller(url)
    await caller.session.update_tools([weather])
    caller.speak(1.2)
    answer = await caller.answer()
    [call] = answer.calls
    assert (call.name, call.arguments) == ("weather", '{"city": "Graz"}')
    context = caller.session.chat_ctx.copy()
    output = llm.FunctionCallOutput(call_id=call.call_id, name=call.name, output="sunny", is_error=False)
    context.items.append(output)
    await caller.session.update_chat_ctx(context)
    caller.session.generate_reply()
    assert (await caller.answer()).text == "It is sunny there."
    return caller


async def text(url: str) -> Caller:
    caller = Caller(url, modalities=["text"])
    context = caller.session.chat_ctx.copy()
    context.add_message(role="user", content="Hello there.")
    await caller.session.update_chat_ctx(context)
    await caller.session.generate_reply()
    answer = await caller.answer()
    assert answer.text == "Good morning to you, my friend.", answer.text
    assert answer.sound == 0
    return caller


async def changed(url: str) -> Caller:
    caller = await spoken(url)
    await caller.session.update_instructions("Talk like a pirate.")
    await asyncio.sleep(0.5)
    caller.speak(0.6)
    answer = await caller.answer()
    assert answer.text.strip() == "Arr, good day.", answer.text
    return caller


async def error(url: str) -> Caller:
    caller = Caller(url)
    caller.session.send_event({"type": "conversation.item.delete", "item_id": "none", "event_id": "mine"})
    async with asyncio.timeout(20):
        problem = await caller.errors.get()
    assert "'none' not found" in str(problem.error.body), problem
    caller.speak(0.6)
    assert (await caller.answer()).text == "Good morning to you, my friend."
    return caller


SCENARIOS: dict[str, Callable[[str], Awaitable[Caller]]] = {
    "spoken": spoken,
    "interruption": interrupted,
    "tool": tool,
    "text": text,
    "session change": changed,
    "error": error,
}


async def main(url: str) -> None:
    report = Report("livekit-plugins-openai", version("livekit-plugins-openai"))
    for name, scenario in SCENARIOS.items():
        async with report.scenario(name):
            caller = await scenario(url)
            await caller.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
