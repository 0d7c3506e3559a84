"""What the clients talk to: scripted engines that hear a question by its length, and answer it."""

from collections.abc import Sequence

import numpy as np

from models.scripted import (
    Saying,
    ScriptedChat,
    ScriptedRecognizer,
    ScriptedSynthesizer,
    ScriptedTurnDetector,
    ScriptedVad,
)
from pipeline.audio import Pcm
from pipeline.engines import ChatMessage, ChatRequest, Engines, ToolCallPiece

GREETING, QUESTION, STORY = "Hello there.", "How is the weather in Graz?", "Tell me a story."
LONG = "Once upon a time there was a king who had a very long garden, and in the garden there was a very long wall. "


def engines() -> Engines:
    """A caller who is loud for 0.6 s greets, for 1.2 s asks for the weather, and for 1.8 s wants a long story."""
    return Engines(
        vad=ScriptedVad(),
        recognizer=ScriptedRecognizer(_heard),
        chat=ScriptedChat(_answer),
        synthesizer=ScriptedSynthesizer(ms_per_char=20),
        turn_detector=ScriptedTurnDetector(1.0),
    )


def _heard(audio: Pcm) -> str:
    size = audio.rate // 100
    samples = np.frombuffer(audio.data, "<i2")
    parts = np.abs(samples[: len(samples) // size * size].astype(np.int32)).reshape(-1, size)
    seconds = np.count_nonzero(parts.max(axis=1) > 1000) / 100
    if seconds < 0.1:
        return ""
    return GREETING if seconds < 0.9 else QUESTION if seconds < 1.5 else STORY


def _answer(request: ChatRequest) -> Sequence[Saying]:
    last = request.messages[-1] if request.messages else ChatMessage("user", "")
    if last.role == "tool":
        return [f"It is {last.text.strip(chr(34))} there."]  # some clients send results as JSON
    if "weather" in last.text and request.tools:
        return [
            "Let me look. ",
            ToolCallPiece(0, id="x", name=request.tools[0].name),
            ToolCallPiece(0, '{"city": "Graz"}'),
        ]
    if last.text == STORY:
        return [LONG] * 4
    named = next((message.text for message in request.messages if message.role == "system"), "")
    return ["Arr, good day. "] if "pirate" in named else ["Good morning to you, my friend."]
