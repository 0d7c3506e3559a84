"""POST /v1/audio/speech: text as sound, streamed as it is made, with the voices that answer the callers."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from math import ceil
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.engines import Speaking
from pipeline.errors import CallerError, EngineError
from pipeline.languages import plain_language
from pipeline.phrases import language_of
from pipeline.sentences import sentences
from voicegw.http import sse
from voicegw.http.ahead import made_ahead
from voicegw.http.endpoint import body
from voicegw.http.gateway import Gateway
from voicegw.media.encode import MEDIA_TYPES, Format, sound_stream
from voicegw.media.languages import code_of
from voicegw.protocol import validation
from voicegw.protocol.call_settings import CHARS_PER_TOKEN
from voicegw.protocol.usage import SPOKEN_PER_S
from voicegw.protocol.wire import Name, Voice

LARGEST = 64 * 1024


class _Wanted(Struct, frozen=True):
    """instructions: how to speak, which these voices cannot be told, and which most clients send all the same.

    language: our addition, "fr", "fr-CA" or "French"; it chooses the voice where an alias leaves that to us, else the
    language of `input` does where it is plain. Fields that are not here are passed over: libraries add them, and null
    is what some send for a field that they leave out.
    """

    input: Annotated[str, Meta(min_length=1, max_length=4096)]
    voice: Voice | UnsetType = UNSET
    model: Name = "tts-1"
    response_format: Format = "mp3"
    speed: Annotated[float, Meta(ge=0.25, le=4)] = 1.0
    instructions: Annotated[str, Meta(max_length=4096)] | None = None
    stream_format: Literal["audio", "sse"] = "audio"
    language: Annotated[str, Meta(max_length=40)] | None = None


async def speech(request: Request, gateway: Gateway) -> Response:
    try:
        wanted: _Wanted = validation.decode(_given(await body(request, LARGEST)), _Wanted)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested beyond all sense
        raise CallerError(f"The body is not valid JSON: {error}.", code="invalid_json") from None
    language = code_of(wanted.language or "") or plain_language(wanted.input) or gateway.defaults.listening.language
    speaking = gateway.offer.spoken.speaking(wanted.voice, wanted.speed, language, "voice")
    counted = _Counted(wanted)
    sound = made_ahead(_encoded(wanted, speaking, gateway, counted))
    # The first piece is waited for, so that an engine that fails can still say so.
    first = await anext(sound, None)
    if first is None:
        raise CallerError("'input' holds nothing that could be said.", param="input")
    whole = sse.rejoined(first, sound)
    if wanted.stream_format == "sse":
        return sse.streamed(_events(whole, counted))
    return StreamingResponse(whole, media_type=MEDIA_TYPES[wanted.response_format])


def _given(data: bytes) -> bytes:
    """Without the fields that are null."""
    fields = msgspec.json.decode(data)
    if not isinstance(fields, dict):
        return data
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})


class _Counted:
    """What it takes, in tokens: text by its length, sound as in an answer to a call."""

    def __init__(self, wanted: _Wanted) -> None:
        self._text = ceil(len(wanted.input) / CHARS_PER_TOKEN)
        self.seconds = 0.0

    @property
    def usage(self) -> dict[str, int]:
        sound = ceil(self.seconds * SPOKEN_PER_S)
        return {"input_tokens": self._text, "output_tokens": sound, "total_tokens": self._text + sound}


async def _events(sound: AsyncGenerator[bytes, None], counted: _Counted) -> AsyncGenerator[bytes, None]:
    async with aclosing(sound):
        try:
            async for piece in sound:
                yield sse.event({"type": "speech.audio.delta", "audio": piece})
        except EngineError as error:
            yield sse.failure(error)
        else:
            yield sse.event({"type": "speech.audio.done", "usage": counted.usage})


async def _encoded(
    wanted: _Wanted, speaking: Speaking, gateway: Gateway, counted: _Counted
) -> AsyncGenerator[bytes, None]:
    """Nothing at all for a text without a sound."""
    stream, caller, any_sound = sound_stream(wanted.response_format), f"speech_{secrets.token_hex(4)}", False
    synthesizer = gateway.engines.synthesizer
    language = language_of(speaking, synthesizer.voices)
    with gateway.reading.taken_in():
        async with gateway.reading.worked_on():
            async for sentence in sentences(wanted.input, language):
                await gateway.reading.gap()
                async with aclosing(synthesizer.stream(sentence, speaking, caller=caller, batch=True)) as pieces:
                    async for piece in pieces:
                        any_sound = True
                        counted.seconds += piece.pcm.seconds
                        # In a thread: a long sentence takes longer than callers can wait.
                        if coded := await asyncio.to_thread(stream.push, piece.pcm):
                            yield coded
    if any_sound and (rest := await asyncio.to_thread(stream.finish)):
        yield rest
