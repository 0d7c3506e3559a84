"""What a request about a recording wants: the form of /v1/audio/transcriptions and /v1/audio/translations.

Fields that these endpoints do not know are passed over: libraries add them, and what they ask for cannot be had.
"""

from dataclasses import dataclass
from typing import BinaryIO, Literal, TypeAlias

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from pipeline.engines import Listening
from pipeline.errors import CallerError
from voicegw.http.endpoint import bounded
from voicegw.http.gateway import Gateway
from voicegw.media.languages import code_of

LARGEST = 25 * 1024 * 1024
"""Bytes of a file, as at OpenAI."""
MOST_FIELDS = 128
"""Parts of a form; a list has one for each of its elements."""
Shape: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt"]
SHAPES: tuple[Shape, ...] = ("json", "text", "srt", "verbose_json", "vtt")
STREAMED = ("json", "text")
"""Shapes that can be told piece by piece."""
PROMPT_LIMIT = 4096
LOGPROBS = "logprobs"


@dataclass(frozen=True, slots=True)
class Wanted:
    """recording: the file. shape: of the answer. words: their times are told. stream: piece by piece."""

    recording: BinaryIO
    shape: Shape
    how: Listening
    temperature: float
    words: bool
    stream: bool


async def form(request: Request) -> FormData:
    """Raises CallerError, and Refused for one that is too large."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise CallerError("Send the recording as multipart/form-data, with a part named 'file'.", param="file")
    try:
        parser = MultiPartParser(request.headers, bounded(request, LARGEST), max_files=1, max_fields=MOST_FIELDS)
        return await parser.parse()
    except MultiPartException as error:
        raise CallerError(f"The form cannot be read: {error.message}", code="invalid_form") from None


def wanted(form: FormData, gateway: Gateway, *, translate: bool = False) -> Wanted:
    """Raises CallerError naming the field at fault. translate: into English, which leaves no language to ask for."""
    shape = _shape(form)
    stream = not translate and _text(form, "stream").lower() in ("true", "1")
    if stream and shape not in STREAMED:
        raise CallerError(
            f"With 'stream', 'response_format' cannot be '{shape}'. Use 'json' or 'text' instead.",
            code="unsupported_value",
            param="response_format",
        )
    include = _list(form, "include")
    if unknown := [one for one in include if one != LOGPROBS]:
        raise CallerError(
            f"'include' cannot be '{unknown[0][:64]}'. Supported values are: '{LOGPROBS}'.", param="include"
        )
    grain = _list(form, "timestamp_granularities")
    if unknown := [one for one in grain if one not in ("word", "segment")]:
        raise CallerError(
            f"'timestamp_granularities' cannot be '{unknown[0][:64]}'. Supported values are: 'word', 'segment'.",
            param="timestamp_granularities",
        )
    temperature = _temperature(form)
    how = Listening(
        None if translate else _language(form, gateway),
        _prompt(form),
        word_times=shape in ("verbose_json", "srt", "vtt"),
        token_logprobs=LOGPROBS in include and shape == "json",
        into_english=translate,
    )
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise CallerError("Missing required parameter: 'file'.", code="missing_required_parameter", param="file")
    return Wanted(file.file, shape, how, temperature, "word" in grain, stream)


def _shape(form: FormData) -> Shape:
    asked = _text(form, "response_format") or "json"
    for shape in SHAPES:
        if asked == shape:
            return shape
    known = ", ".join(f"'{name}'" for name in SHAPES)
    if asked == "diarized_json":
        raise CallerError(
            "'response_format' 'diarized_json' is not compatible with the model here, which does not tell speakers "
            f"apart. Supported values are: {known}.",
            code="unsupported_value",
            param="response_format",
        )
    raise CallerError(
        f"'response_format' cannot be '{asked[:64]}'. Supported values are: {known}.", param="response_format"
    )


def _temperature(form: FormData) -> float:
    """Decoding is greedy whatever it is; only what could not be right is refused."""
    text = _text(form, "temperature")
    try:
        temperature = float(text or 0)
    except ValueError:
        temperature = -1.0
    if not 0 <= temperature <= 1:
        raise CallerError("'temperature' must be a number from 0 to 1.", param="temperature")
    return temperature


def _prompt(form: FormData) -> str:
    prompt = "\n".join(filter(None, (_text(form, "prompt"), ", ".join(_list(form, "keywords")))))
    if len(prompt) > PROMPT_LIMIT:
        raise CallerError(f"'prompt' may have at most {PROMPT_LIMIT} characters.", param="prompt")
    return prompt


def _language(form: FormData, gateway: Gateway) -> str | None:
    """One; None to find out, also among several."""
    asked = [("language", _text(form, "language"))] if _text(form, "language") else []
    asked = asked or [("languages", one) for one in _list(form, "languages")]
    known = gateway.engines.recognizer.languages
    codes = []
    for param, one in asked:
        if (code := code_of(one)) not in known:
            names = ", ".join(sorted(known))
            raise CallerError(
                f"The recognizer does not know the language '{one[:64]}'. It knows: {names}.", param=param
            )
        codes.append(code)
    if not codes:
        return gateway.defaults.listening.language
    return codes[0] if len(set(codes)) == 1 else None


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _list(form: FormData, name: str) -> list[str]:
    """Lists come under their name, with brackets behind it or without."""
    found = [*form.getlist(f"{name}[]"), *form.getlist(name)]
    return [one for one in found if isinstance(one, str) and one]
