"""Pipecat's OpenAIRealtimeLLMService, unmodified, in a pipeline. Usage: pipecat_service.py http://host:port"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    LLMRunFrame,
    LLMTextFrame,
    LLMUpdateSettingsFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner

from tests.clients.report import Report

LOUD = (8000).to_bytes(2, "little")
Settings = OpenAIRealtimeLLMService.Settings


async def weather(params: FunctionCallParams, city: str) -> None:
    """How the weather is.

    Args:
        city: Where.
    """
    await params.result_callback("sunny" if city == "Graz" else "unknown")


class Ear(FrameProcessor):
    """Keeps what comes out of the service."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.sound = 0
        self.errors: list[str] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case LLMTextFrame() if not isinstance(frame, TTSTextFrame):
                self.text += frame.text
            case TTSAudioRawFrame():
                self.sound += len(frame.audio)
            case ErrorFrame():
                self.errors.append(frame.error)
        await self.push_frame(frame, direction)


class Caller:
    def __init__(self, service: OpenAIRealtimeLLMService, ear: Ear, worker: PipelineWorker) -> None:
        self.service = service
        self.ear = ear
        self.worker = worker
        self.told: list[str] = []

    async def speak(self, seconds: float) -> None:
        pcm = LOUD * round(24_000 * seconds) + bytes(2 * 24_000)
        for at in range(0, len(pcm), 4800):
            await self.worker.queue_frame(InputAudioRawFrame(pcm[at : at + 4800], 24_000, 1))

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        for _ in range(200):
            if holds():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(
            f"not within 20 s: {what}; said {self.ear.text!r}, errors {self.ear.errors}, {self.told[-5:]}"
        )

    async def said(self, text: str) -> None:
        await self.until(lambda: text in self.ear.text, text)


@asynccontextmanager
async def calling(url: str, *, tools: Any = None, messages: Any = (), text: bool = False) -> AsyncIterator[Caller]:
    heard = events.AudioInput(
        turn_detection=events.TurnDetection(type="server_vad", silence_duration_ms=300),
        transcription=events.InputAudioTranscription(model="whisper-1"),
    )
    properties = events.SessionProperties(
        audio=events.AudioConfiguration(input=heard), output_modalities=["text"] if text else ["audio"]
    )
    service = OpenAIRealtimeLLMService(
        api_key="none",
        base_url=url.replace("http", "ws") + "/v1/realtime",
        settings=Settings(model="gpt-realtime", session_properties=properties),
    )
    ear = Ear()
    context = LLMContext(list(messages), **({"tools": tools} if tools else {}))
    pair = LLMContextAggregatorPair(context, realtime_service_mode=True)
    pipeline = Pipeline([pair.user(), service, ear, pair.assistant()])
    worker = PipelineWorker(pipeline, params=PipelineParams(audio_in_sample_rate=24_000, audio_out_sample_rate=24_000))
    caller = Caller(service, ear, worker)
    parse = events.parse_server_event

    def watched(raw: str) -> Any:
        event = parse(raw)
        caller.told.append(event.type)
        return event

    events.parse_server_event = watched
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        await caller.until(lambda: "session.updated" in caller.told, "session.updated")
        yield caller
        assert caller.ear.errors == [] or "error" in caller.told, caller.ear.errors
    finally:
        events.parse_server_event = parse
        await worker.cancel()
        await running


async def spoken(url: str) -> None:
    async with calling(url) as caller:
        await caller.speak(0.6)
        await caller.said("Good morning to you, my friend.")
        await caller.until(lambda: caller.ear.sound > 24_000, "half a second of sound")


async def interrupted(url: str) -> None:
    async with calling(url) as caller:
        await caller.speak(1.8)
        await caller.until(lambda: caller.ear.sound > 0, "the story")
        await asyncio.sleep(0.3)
        await caller.speak(1.2)
        await caller.until(lambda: "conversation.item.truncated" in caller.told, "the truncation")
        await caller.said("Good morning to you, my friend.")


async def tool(url: str) -> None:
    async with calling(url, tools=[weather]) as caller:
        await caller.worker.queue_frame(LLMRunFrame())
        await caller.said("Good morning to you, my friend.")
        await caller.speak(1.2)
        await caller.said("It is sunny there.")


async def text(url: str) -> None:
    async with calling(url, messages=[{"role": "user", "content": "Hello there."}], text=True) as caller:
        await caller.worker.queue_frame(LLMRunFrame())
        await caller.said("Good morning to you, my friend.")
        assert caller.ear.sound == 0


async def changed(url: str) -> None:
    async with calling(url) as caller:
        await caller.speak(0.6)
        await caller.said("Good morning to you, my friend.")
        before = caller.told.count("session.updated")
        await caller.worker.queue_frame(
            LLMUpdateSettingsFrame(delta=Settings(system_instruction="Talk like a pirate."))
        )
        await caller.until(lambda: caller.told.count("session.updated") > before, "session.updated")
        await caller.speak(0.6)
        await caller.said("Arr, good day.")


async def error(url: str) -> None:
    """Pipecat itself stops reading at most errors; one about an item that is gone is not among them."""
    async with calling(url) as caller:
        problem = (await asyncio.gather(caller.service.retrieve_conversation_item("none"), return_exceptions=True))[0]
        assert "'none' not found" in str(problem), problem
        await caller.speak(0.6)
        await caller.said("Good morning to you, my friend.")


SCENARIOS: dict[str, Callable[[str], Awaitable[None]]] = {
    "spoken": spoken,
    "interruption": interrupted,
    "tool": tool,
    "text": text,
    "session change": changed,
    "error": error,
}


async def main(url: str) -> None:
    logger.remove()
    report = Report("pipecat", version("pipecat-ai"))
    for name, scenario in SCENARIOS.items():
        async with report.scenario(name):
            await scenario(url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
