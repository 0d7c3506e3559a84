"""livekit-plugins-openai's TTS and STT, unmodified. Usage: livekit_audio.py http://host:port"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version

from livekit import rtc
from livekit.agents import APIError, stt, utils
from livekit.plugins import openai

from tests.clients.report import Report

LOUD = (8000).to_bytes(2, "little")
RATE = 24_000
WORDS = "Good morning to you, my friend."


def frame(seconds: float) -> rtc.AudioFrame:
    data = LOUD * round(RATE * seconds) + bytes(2 * RATE)
    return rtc.AudioFrame(data, RATE, 1, len(data) // 2)


async def speech(url: str) -> None:
    for wanted in ("mp3", "pcm", "wav"):
        tts = openai.TTS(
            base_url=f"{url}/v1",
            api_key="none",
            voice="nova",
            instructions="Be kind.",
            response_format=wanted,
            speed=1.5,
        )
        samples = 0
        async with asyncio.timeout(20), tts.synthesize(WORDS) as stream:
            async for piece in stream:
                samples += piece.frame.samples_per_channel
        seconds = len(WORDS) * 0.02 / 1.5
        assert abs(samples / RATE - seconds) < 0.15, f"{wanted}: {samples / RATE} s"
        await tts.aclose()


async def transcription(url: str) -> None:
    for model in ("whisper-1", "gpt-4o-mini-transcribe"):
        listener = openai.STT(base_url=f"{url}/v1", api_key="none", model=model, language="en", prompt="Graz")
        async with asyncio.timeout(20):
            heard = await listener.recognize(frame(1.2))
        assert heard.alternatives[0].text == "How is the weather in Graz?", heard
        await listener.aclose()


async def transcription_stream(url: str) -> None:
    listener = openai.STT(base_url=f"{url}/v1", api_key="none", use_realtime=True)
    async with asyncio.timeout(30), listener.stream() as stream:
        said = frame(0.6).data.tobytes()
        for at in range(0, len(said), 4800):
            data = said[at : at + 4800]
            stream.push_frame(rtc.AudioFrame(data, RATE, 1, len(data) // 2))
        async for event in stream:
            if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
                assert event.alternatives[0].text == "Hello there.", event
                break
    await listener.aclose()


async def error(url: str) -> None:
    tts = openai.TTS(base_url=f"{url}/v1", api_key="none", voice="nobody")
    try:
        async with asyncio.timeout(30), tts.synthesize(WORDS) as stream:
            async for _ in stream:
                pass
    except APIError as problem:
        told = str(problem)
    else:
        told = "the voice was accepted"
    assert "nobody" in told, told
    await tts.aclose()


SCENARIOS: dict[str, Callable[[str], Awaitable[None]]] = {
    "speech": speech,
    "transcription": transcription,
    "transcription stream": transcription_stream,
    "error": error,
}


async def main(url: str) -> None:
    report = Report("livekit-plugins-openai, TTS and STT", version("livekit-plugins-openai"))
    async with utils.http_context.open():
        for name, scenario in SCENARIOS.items():
            async with report.scenario(name):
                await scenario(url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
