"""What this gateway says about an answer while it is made. The members of `server_events.ServerEvent` go on here."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from voicegw.protocol.formats import AudioFormat
from voicegw.protocol.items import WireItem
from voicegw.protocol.wire import MaxTokens, Modalities, ServerEventBase


class ResponseError(Struct, frozen=True):
    type: Literal["server_error"]
    code: str
    message: str


class StatusDetails(Struct, frozen=True):
    """Why a response is not complete."""

    type: Literal["cancelled", "incomplete", "failed"]
    reason: str | UnsetType = UNSET
    error: ResponseError | UnsetType = UNSET


class CachedTokens(Struct, frozen=True):
    text_tokens: int
    audio_tokens: int = 0
    image_tokens: int = 0


class InputTokens(Struct, frozen=True):
    text_tokens: int
    audio_tokens: int
    cached_tokens: int
    cached_tokens_details: CachedTokens
    image_tokens: int = 0


class OutputTokens(Struct, frozen=True):
    text_tokens: int
    audio_tokens: int


class ResponseUsage(Struct, frozen=True):
    """What a response took; `usage` says how it is counted."""

    total_tokens: int
    input_tokens: int
    output_tokens: int
    input_token_details: InputTokens
    output_token_details: OutputTokens


class ResponseOutput(Struct, frozen=True):
    format: AudioFormat
    voice: str


class ResponseAudio(Struct, frozen=True):
    output: ResponseOutput


class Response(Struct, frozen=True, kw_only=True):
    """usage: null until the response is done, an object ever after. conversation_id: null for one beside it."""

    object: Literal["realtime.response"] = "realtime.response"
    id: str
    conversation_id: str | None
    status: Literal["in_progress", "completed", "cancelled", "incomplete", "failed"]
    status_details: StatusDetails | None = None
    output: list[WireItem] = []
    output_modalities: Modalities
    max_output_tokens: MaxTokens
    audio: ResponseAudio
    usage: ResponseUsage | None = None
    metadata: Mapping[str, str] | None = None


class ResponseCreated(ServerEventBase, frozen=True, tag="response.created"):
    response: Response


class ResponseDone(ServerEventBase, frozen=True, tag="response.done"):
    response: Response


class OutputItemAdded(ServerEventBase, frozen=True, tag="response.output_item.added"):
    response_id: str
    item: WireItem
    output_index: int


class OutputItemDone(ServerEventBase, frozen=True, tag="response.output_item.done"):
    response_id: str
    item: WireItem
    output_index: int


class ContentEvent(ServerEventBase, frozen=True):
    """About the one content part of the message of a response. Clients drop what lacks any of the four keys."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int = 0


class AudioPart(Struct, frozen=True, tag_field="type", tag="audio"):
    transcript: str


class TextPart(Struct, frozen=True, tag_field="type", tag="text"):
    text: str


class ContentPartAdded(ContentEvent, frozen=True, kw_only=True, tag="response.content_part.added"):
    part: AudioPart | TextPart


class ContentPartDone(ContentEvent, frozen=True, kw_only=True, tag="response.content_part.done"):
    part: AudioPart | TextPart


class OutputTextDelta(ContentEvent, frozen=True, kw_only=True, tag="response.output_text.delta"):
    delta: str


class OutputTextDone(ContentEvent, frozen=True, kw_only=True, tag="response.output_text.done"):
    text: str


class OutputAudioTranscriptDelta(ContentEvent, frozen=True, kw_only=True, tag="response.output_audio_transcript.delta"):
    delta: str


class OutputAudioTranscriptDone(ContentEvent, frozen=True, kw_only=True, tag="response.output_audio_transcript.done"):
    transcript: str


class OutputAudioDelta(ContentEvent, frozen=True, kw_only=True, tag="response.output_audio.delta"):
    delta: bytes
    """In the response's output format; base64 on the wire."""


class OutputAudioDone(ContentEvent, frozen=True, kw_only=True, tag="response.output_audio.done"):
    pass


class FunctionCallEvent(ServerEventBase, frozen=True):
    response_id: str
    item_id: str
    output_index: int
    call_id: str


class FunctionCallArgumentsDelta(
    FunctionCallEvent, frozen=True, kw_only=True, tag="response.function_call_arguments.delta"
):
    delta: str


class FunctionCallArgumentsDone(
    FunctionCallEvent, frozen=True, kw_only=True, tag="response.function_call_arguments.done"
):
    name: str
    arguments: str


ResponseEvent: TypeAlias = (
    ResponseCreated
    | ResponseDone
    | OutputItemAdded
    | OutputItemDone
    | ContentPartAdded
    | ContentPartDone
    | OutputTextDelta
    | OutputTextDone
    | OutputAudioTranscriptDelta
    | OutputAudioTranscriptDone
    | OutputAudioDelta
    | OutputAudioDone
    | FunctionCallArgumentsDelta
    | FunctionCallArgumentsDone
)
