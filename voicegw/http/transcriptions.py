"""POST /v1/audio/transcriptions and /v1/audio/translations: the words in a recording, on the callers' engines."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipeline.errors import CallerError, EngineError
from voicegw.http import recordings, sse, transcript
from voicegw.http.endpoint import told, while_there
from voicegw.http.gateway import Gateway
from voicegw.http.recordings import Wanted
from voicegw.media.captions import srt, vtt
from voicegw.media.decode import blocks
from voicegw.media.transcribe import Segment, Transcribed, transcribed


async def transcriptions(request: Request, gateway: Gateway) -> Response:
    return await _answer(request, gateway, task="transcribe")


async def translations(request: Request, gateway: Gateway) -> Response:
    """The words in English."""
    return await _answer(request, gateway, task="translate")


async def _answer(request: Request, gateway: Gateway, *, task: str) -> Response:
    with gateway.transcribing.taken_in():
        form = await recordings.form(request)
        try:
            wanted = recordings.wanted(form, gateway, translate=task == "translate")
            if wanted.stream:
                reading, form = _Reading(form, wanted, gateway), FormData()
                return sse.streamed(sse.rejoined(*await reading.begun()))
            async with gateway.transcribing.worked_on():
                work = transcribed(blocks(wanted.recording), wanted.how, gateway.engines, gateway.transcribing)
                heard = await while_there(request, work)
        finally:
            await form.close()
    match wanted.shape:
        case "text":
            return PlainTextResponse(transcript.whole_text(heard.segments) + "\n")
        case "srt":
            return PlainTextResponse(srt(transcript.shown(heard.segments)))
        case "vtt":
            return PlainTextResponse(vtt(transcript.shown(heard.segments)), media_type="text/vtt")
        case "verbose_json":
            return told(transcript.verbose(heard, task=task, temperature=wanted.temperature, words=wanted.words))
        case "json":
            return told(transcript.plain(heard, logprobs=wanted.how.token_logprobs))


class _Reading:
    """A recording that is told piece by piece. It is worked on whether somebody reads it or not, and gives its place
    back when it is done, or when who reads it goes away."""

    def __init__(self, form: FormData, wanted: Wanted, gateway: Gateway) -> None:
        self._wanted = wanted
        self._pieces: asyncio.Queue[Segment | None] = asyncio.Queue()  # as many as a recording has; none at its end
        self._task = asyncio.create_task(self._work(form, gateway), name="transcription stream")
        self._task.add_done_callback(lambda _: self._pieces.put_nowait(None))

    async def begun(self) -> tuple[bytes, AsyncGenerator[bytes, None]]:
        """The first event, and those behind it. Raises what went wrong before there was one."""
        try:
            first = await self._pieces.get()
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        if first is None:
            return self._done(self._task.result()), _nothing()
        return self._delta(first, ""), self._rest()

    async def _work(self, form: FormData, gateway: Gateway) -> Transcribed:
        desk, wanted = gateway.transcribing, self._wanted
        try:
            async with desk.worked_on():
                return await transcribed(
                    blocks(wanted.recording), wanted.how, gateway.engines, desk, self._pieces.put_nowait
                )
        finally:
            await form.close()

    async def _rest(self) -> AsyncGenerator[bytes, None]:
        try:
            while (piece := await self._pieces.get()) is not None:
                yield self._delta(piece, " ")
            yield self._done(self._task.result())
        except (CallerError, EngineError) as error:
            yield sse.failure(error)
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _delta(self, piece: Segment, gap: str) -> bytes:
        said: dict[str, object] = {"type": "transcript.text.delta", "delta": gap + piece.heard.text}
        if self._wanted.how.token_logprobs:
            said["logprobs"] = transcript.likely(piece.heard.tokens)
        return sse.event(said)

    def _done(self, heard: Transcribed) -> bytes:
        said: dict[str, object] = {"type": "transcript.text.done", "text": transcript.whole_text(heard.segments)}
        if self._wanted.how.token_logprobs:
            said["logprobs"] = [one for piece in heard.segments for one in transcript.likely(piece.heard.tokens)]
        return sse.event(said | {"usage": transcript.tokens(heard)})


async def _nothing() -> AsyncGenerator[bytes, None]:
    return
    yield
