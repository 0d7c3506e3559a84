"""POST /v1/audio/transcriptions: the words in a recording, on the engines that hear the callers."""

from collections.abc import Sequence
from typing import BinaryIO

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipeline.engines import Listening
from pipeline.errors import CallerError
from voicegw.http.endpoint import bounded, told, while_there
from voicegw.http.gateway import Gateway
from voicegw.media.captions import Caption, captions, srt, vtt
from voicegw.media.decode import blocks
from voicegw.media.transcribe import Segment, Transcribed, transcribed

LARGEST = 25 * 1024 * 1024
"""Bytes of a file, as at OpenAI."""
FIELDS = frozenset({
    "file", "model", "language", "prompt", "response_format", "temperature", "timestamp_granularities[]", "stream",
    "chunking_strategy",
})  # fmt: skip
FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
PROMPT_LIMIT = 4096


async def transcriptions(request: Request, gateway: Gateway) -> Response:
    with gateway.transcribing.taken_in():
        form = await _form(request)
        try:
            recording, wanted, how = _understood(form, gateway)
            async with gateway.transcribing.worked_on():
                work = transcribed(blocks(recording), how, gateway.engines, gateway.transcribing)
                heard = await while_there(request, work)
        finally:
            await form.close()
    segments = heard.segments
    text = " ".join(segment.heard.text for segment in segments)
    match wanted:
        case "text":
            return PlainTextResponse(text + "\n")
        case "srt":
            return PlainTextResponse(srt(_captions(segments)))
        case "vtt":
            return PlainTextResponse(vtt(_captions(segments)), media_type="text/vtt")
        case "verbose_json":
            return told(_verbose(text, heard, words="word" in form.getlist("timestamp_granularities[]")))
        case _:
            return told({"text": text, "usage": _usage(heard)})


async def _form(request: Request) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise CallerError("Send the recording as multipart/form-data, with a part named 'file'.", param="file")
    try:
        return await MultiPartParser(request.headers, bounded(request, LARGEST), max_files=1, max_fields=20).parse()
    except MultiPartException as error:
        raise CallerError(f"The form cannot be read: {error.message}", code="invalid_form") from None


def _understood(form: FormData, gateway: Gateway) -> tuple[BinaryIO, str, Listening]:
    """The recording, the format of the answer, and how to listen. Raises CallerError naming the field at fault."""
    for name in form:
        if name not in FIELDS:
            raise CallerError(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    if str(form.get("stream", "false")).lower() == "true":
        raise CallerError("'stream' is not supported here; for words as they come, open a transcription session over "
                          "/v1/realtime?intent=transcription.", param="stream")  # fmt: skip
    wanted = str(form.get("response_format", "json"))
    if wanted not in FORMATS:
        known = ", ".join(f"'{name}'" for name in FORMATS)
        raise CallerError(f"'response_format' cannot be '{wanted}'. Supported values are: {known}.", param="response_format")  # fmt: skip # noqa: E501
    prompt = str(form.get("prompt", ""))
    if len(prompt) > PROMPT_LIMIT:
        raise CallerError(f"'prompt' may have at most {PROMPT_LIMIT} characters.", param="prompt")
    language = _language(form, gateway)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise CallerError("Missing required parameter: 'file'.", code="missing_required_parameter", param="file")
    return file.file, wanted, Listening(language, prompt, word_times=wanted in ("verbose_json", "srt", "vtt"))


def _language(form: FormData, gateway: Gateway) -> str | None:
    language = str(form.get("language", "")) or gateway.defaults.listening.language
    languages = gateway.engines.recognizer.languages
    if language is None or language in languages:
        return language
    known = ", ".join(sorted(languages))
    raise CallerError(f"The recognizer does not know the language '{language}'. It knows: {known}.", param="language")


def _captions(segments: Sequence[Segment]) -> list[Caption]:
    """By the words' own times; a recognizer that cannot tell them gives one caption for each piece."""
    shown: list[Caption] = []
    for segment in segments:
        if segment.heard.words:
            shown += captions(segment.heard.words)
        else:
            shown.append(Caption(segment.heard.text, segment.start, segment.end))
    return shown


def _verbose(text: str, heard: Transcribed, *, words: bool) -> dict[str, object]:
    segments = heard.segments
    result: dict[str, object] = {
        "task": "transcribe",
        "language": segments[0].heard.language if segments else "",
        "duration": round(heard.seconds, 3),
        "text": text,
        "segments": [_segment(number, segment) for number, segment in enumerate(segments)],
        "usage": _usage(heard),
    }
    if words:
        result["words"] = [
            {"word": word.text.strip(), "start": round(word.start, 3), "end": round(word.end, 3)}
            for segment in segments
            for word in segment.heard.words
        ]
    return result


def _segment(number: int, segment: Segment) -> dict[str, object]:
    return {
        "id": number,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.heard.text,
        "avg_logprob": segment.heard.logprob,
        "no_speech_prob": segment.heard.no_speech,
    }


def _usage(heard: Transcribed) -> dict[str, object]:
    return {"type": "duration", "seconds": round(heard.seconds, 3)}
