"""openai-agents' VoicePipeline, unmodified. Usage: voice_pipeline.py http://host:port

The workflow between hearing and speaking needs no model: it says what it heard again.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version

import numpy as np
from agents import set_tracing_disabled
from agents.voice import (
    AudioInput,
    OpenAIVoiceModelProvider,
    StreamedAudioInput,
    StreamedAudioResult,
    STTModelSettings,
    TTSModelSettings,
    VoicePipeline,
    VoicePipelineConfig,
    VoiceWorkflowBase,
)
from openai import BadRequestError

from tests.clients.report import Report

RATE = 24_000


def sound(seconds: float) -> np.ndarray:
    return np.concatenate([np.full(round(RATE * seconds), 8000, np.int16), np.zeros(RATE, np.int16)])


class Echo(VoiceWorkflowBase):
    def __init__(self) -> None:
        self.heard: list[str] = []

    async def run(self, transcription: str) -> AsyncIterator[str]:
        self.heard.append(transcription)
        yield f"You said: {transcription}"


def pipeline(url: str, workflow: Echo, **tts: object) -> VoicePipeline:
    config = VoicePipelineConfig(
        model_provider=OpenAIVoiceModelProvider(api_key="none", base_url=f"{url}/v1"),
        stt_settings=STTModelSettings(language="en", prompt="Graz", temperature=0.0),
        tts_settings=TTSModelSettings(**tts),
    )
    return VoicePipeline(workflow=workflow, config=config)


async def listen(result: StreamedAudioResult) -> int:
    """Samples of the answer."""
    samples = 0
    async with asyncio.timeout(30):
        async for event in result.stream():
            if event.type == "voice_stream_event_audio" and event.data is not None:
                samples += event.data.size
            elif event.type == "voice_stream_event_error":
                raise event.error
    return samples


async def speech_and_transcription(url: str) -> None:
    workflow = Echo()
    samples = await listen(await pipeline(url, workflow, voice="nova", speed=1.5).run(AudioInput(sound(1.2))))
    assert workflow.heard == ["How is the weather in Graz?"], workflow.heard
    assert samples > RATE // 4, samples


async def transcription_stream(url: str) -> None:
    workflow, source = Echo(), StreamedAudioInput()
    said = sound(0.6)
    for at in range(0, len(said), 2400):
        await source.add_audio(said[at : at + 2400])
    result = await pipeline(url, workflow).run(source)
    listening = asyncio.create_task(listen(result))
    async with asyncio.timeout(20):
        while not workflow.heard:
            await asyncio.sleep(0.05)
    await source.add_audio(None)
    samples = await listening
    assert workflow.heard == ["Hello there."], workflow.heard
    assert samples > RATE // 4, samples


async def error(url: str) -> None:
    try:
        await listen(await pipeline(url, Echo(), voice="nobody").run(AudioInput(sound(0.6))))
    except BadRequestError as problem:
        told = str(problem)
    else:
        told = "the voice was accepted"
    assert "nobody" in told, told


SCENARIOS: dict[str, Callable[[str], Awaitable[None]]] = {
    "speech": speech_and_transcription,
    "transcription": speech_and_transcription,
    "transcription stream": transcription_stream,
    "error": error,
}


async def main(url: str) -> None:
    set_tracing_disabled(True)
    report = Report("openai-agents, VoicePipeline", version("openai-agents"))
    for name, scenario in SCENARIOS.items():
        async with report.scenario(name):
            await scenario(url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
