"""POST /v1/audio/speech, as OpenAI has it: a sentence said aloud, to choose a voice by or to hear a word again."""

import asyncio
import io
import wave
from contextlib import aclosing
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.audio import SAMPLE_BYTES
from pipeline.engines import Speaking
from pipeline.errors import EngineError
from voicegw.http.access import Refused
from voicegw.http.gateway import Gateway
from voicegw.http.health import refusal

LONGEST = 400
"""Characters: a sentence or two. Longer texts belong into a call, which has a place of its own."""
BODY_LIMIT = 8192
DEADLINE_S = 20.0


class SpeechRequest(Struct, frozen=True):
    """model: accepted and without effect; this gateway has one. language: our addition, ISO 639-1."""

    input: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    voice: str
    model: str = ""
    response_format: Literal["wav", "pcm"] = "wav"
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] = 1.0
    language: str | None = None


async def speech(request: Request) -> Response:
    """A WAV file, or bare samples, 16 bit mono at the voice's own rate."""
    gateway: Gateway = request.app.state.gateway
    try:
        gateway.doorkeeper.check(request)
        wanted = _wanted(await _body(request), gateway)
        samples, rate = await _say(wanted, gateway)
    except Refused as refused:
        return refusal(refused)
    except (EngineError, TimeoutError) as error:
        reason = str(error) or f"The voice did not answer within {DEADLINE_S:g} s; try again."
        detail = {"message": reason, "type": "server_error", "code": "voice_failed", "param": None}
        return JSONResponse({"error": detail}, 503)
    if wanted.response_format == "pcm":
        return Response(samples, media_type=f"audio/L16; rate={rate}; channels=1")
    return Response(_wav(samples, rate), media_type="audio/wav")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Refused(f"The request is longer than {BODY_LIMIT} bytes.", 413, "too_large")
    return bytes(body)


def _wanted(body: bytes, gateway: Gateway) -> SpeechRequest:
    if gateway.state != "ready":
        raise Refused(f"The gateway is {gateway.state}; try again in a moment.", 503, "not_ready")
    try:
        wanted = msgspec.json.decode(body, type=SpeechRequest)
    except msgspec.DecodeError as error:
        raise Refused(f"The request cannot be read: {error}", 400, "invalid_value") from None
    voices = [voice.name for voice in gateway.engines.synthesizer.voices]
    if wanted.voice not in voices:
        raise Refused(f"There is no voice '{wanted.voice}' here. The voices are: {', '.join(voices)}.", 400, "no_voice")
    return wanted


async def _say(wanted: SpeechRequest, gateway: Gateway) -> tuple[bytes, int]:
    how = Speaking(wanted.voice, wanted.speed, wanted.language)
    voice = gateway.engines.synthesizer
    samples, rate = bytearray(), 0
    async with (
        asyncio.timeout(DEADLINE_S),
        aclosing(voice.stream(wanted.input, how, caller="speech")) as pieces,
    ):
        async for piece in pieces:
            samples += piece.pcm.data
            rate = piece.pcm.rate
    if not samples:
        raise Refused("There is nothing in 'input' that has a sound.", 400, "invalid_value")
    return bytes(samples), rate


def _wav(samples: bytes, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(rate)
        out.writeframes(samples)
    return file.getvalue()
