"""What the gateway's models cost one after the other, each used in the stock way: see `bench.chain`."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.registry import EngineChoice, build_engines, usable_cores
from models.weights.files import ModelStore
from models.weights.manifest import Role, default_manifest
from pipeline.audio import HEARING_RATE
from pipeline.engines import ChatMessage, ChatModel, ChatRequest
from voicegw.app import engine_choice
from voicegw.settings import TUTOR, load

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from piper import PiperVoice

    from bench.chain import Chain

SAID = "I would like to know what the weather is going to be like tomorrow."
CLIP_S = 3.0
ASKED = "question {}: I would like to know what I could do on a rainy day with two small children and no car."
"""About 30 tokens that the language model has not seen, a long sentence of a caller."""
TOKENS = 12
"""Of an answer, to the end of its first clause."""
ANSWER = "That is a good question, let me think about it for a moment."


async def rounds(chosen: dict[str, Any], count: int) -> "list[Chain]":
    """Load the models that these settings name, warm them up, and run them `count` times in a row."""
    choice = engine_choice(load(**chosen))
    whisper = await asyncio.to_thread(_whisper, choice)
    voice = await asyncio.to_thread(_voice, choice)
    clip = await asyncio.to_thread(_clip, voice)
    chat = build_engines(choice).chat
    try:
        await chat.start()
        found = [await _round(number, clip, whisper, chat, voice) for number in range(count + 1)]
    finally:
        await chat.close()
    return found[1:]  # the first warmed everything up


async def _round(
    number: int, clip: "np.ndarray[Any, Any]", whisper: "WhisperModel", chat: ChatModel, voice: "PiperVoice"
) -> "Chain":
    from bench.chain import Chain

    begun = time.perf_counter()
    await asyncio.to_thread(_transcribe, whisper, clip)
    heard = time.perf_counter()
    await _answer(chat, number)
    answered = time.perf_counter()
    await asyncio.to_thread(_speak, voice, ANSWER)
    spoken = time.perf_counter()
    return Chain((heard - begun) * 1000, (answered - heard) * 1000, (spoken - answered) * 1000)


def _transcribe(whisper: "WhisperModel", clip: "np.ndarray[Any, Any]") -> None:
    segments, _ = whisper.transcribe(clip, language="en", beam_size=1)
    for _ in segments:  # it is lazy
        pass


async def _answer(chat: ChatModel, number: int) -> None:
    messages = (ChatMessage("system", TUTOR), ChatMessage("user", ASKED.format(number)))
    async with aclosing(chat.stream(ChatRequest(messages, max_tokens=TOKENS), caller="bench")) as deltas:
        async for _ in deltas:
            pass


def _speak(voice: "PiperVoice", text: str) -> "np.ndarray[Any, Any]":
    from piper import SynthesisConfig

    still = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)  # the same sound every time
    return np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(text, still)])


def _clip(voice: "PiperVoice") -> "np.ndarray[Any, Any]":
    """A recording of three seconds at 16 kHz."""
    sound = _speak(voice, SAID)
    rate = voice.config.sample_rate
    at = np.arange(int(CLIP_S * HEARING_RATE)) * rate / HEARING_RATE
    clip: np.ndarray[Any, Any] = np.interp(at, np.arange(len(sound)), sound, right=0.0).astype(np.float32)
    return clip


def _whisper(choice: EngineChoice) -> "WhisperModel":
    from faster_whisper import WhisperModel

    return WhisperModel(
        str(_folder(choice, "asr", choice.asr_model)),
        device=choice.asr_device,
        compute_type=choice.asr_compute_type,
        cpu_threads=choice.asr_threads or usable_cores(),
    )


def _voice(choice: EngineChoice) -> "PiperVoice":
    from piper import PiperVoice

    return PiperVoice.load(next(_folder(choice, "tts", choice.tts_voice).glob("*.onnx")))


def _folder(choice: EngineChoice, role: Role, wanted: str | None) -> Path:
    manifest = default_manifest()
    chosen = manifest.model(wanted) if wanted else None
    model = chosen or next(model for model in manifest.profile(choice.profile) if model.role == role)
    return ModelStore(choice.models_dir).require(model)
