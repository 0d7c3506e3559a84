"""Everything that this gateway may say, one type for each event.

A key that does not apply is left out (UNSET), never null, unless the protocol wants the null: parsers of real clients
drop an event, or stop reading, over the difference.
"""

from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from voicegw.protocol.items import WireItem
from voicegw.protocol.response_events import ResponseEvent
from voicegw.protocol.session import AnySession
from voicegw.protocol.wire import ServerEventBase

# --- the session ---------------------------------------------------------------------------------------------------


class SessionCreated(ServerEventBase, frozen=True, tag="session.created"):
    session: AnySession


class SessionUpdated(ServerEventBase, frozen=True, tag="session.updated"):
    session: AnySession


class ErrorDetail(Struct, frozen=True):
    """event_id: of the client's event that is at fault, where it is known."""

    type: Literal["invalid_request_error", "server_error"]
    code: str
    message: str
    param: str | None = None
    event_id: str | None = None


class Error(ServerEventBase, frozen=True, tag="error"):
    error: ErrorDetail


# --- what the caller says ------------------------------------------------------------------------------------------


class SpeechStarted(ServerEventBase, frozen=True, tag="input_audio_buffer.speech_started"):
    audio_start_ms: int
    item_id: str


class SpeechStopped(ServerEventBase, frozen=True, tag="input_audio_buffer.speech_stopped"):
    audio_end_ms: int
    item_id: str


class TimeoutTriggered(ServerEventBase, frozen=True, tag="input_audio_buffer.timeout_triggered"):
    audio_start_ms: int
    audio_end_ms: int
    item_id: str


class InputCommitted(ServerEventBase, frozen=True, tag="input_audio_buffer.committed"):
    item_id: str
    previous_item_id: str | None


class InputCleared(ServerEventBase, frozen=True, tag="input_audio_buffer.cleared"):
    pass


# --- where this side plays the sound (WebRTC) ----------------------------------------------------------------------


class OutputStarted(ServerEventBase, frozen=True, tag="output_audio_buffer.started"):
    response_id: str


class OutputStopped(ServerEventBase, frozen=True, tag="output_audio_buffer.stopped"):
    response_id: str


class OutputCleared(ServerEventBase, frozen=True, tag="output_audio_buffer.cleared"):
    response_id: str


# --- the caller's words --------------------------------------------------------------------------------------------


class TranscriptionDelta(ServerEventBase, frozen=True, tag="conversation.item.input_audio_transcription.delta"):
    item_id: str
    delta: str
    content_index: int = 0


class Duration(Struct, frozen=True, tag_field="type", tag="duration"):
    """Usage of a recognizer that is measured by the length of what it heard."""

    seconds: float


class LogProb(Struct, frozen=True):
    """How sure the recognizer is of a token. bytes: of its text, in UTF-8."""

    token: str
    logprob: float
    bytes: list[int]


class TranscriptionCompleted(ServerEventBase, frozen=True, tag="conversation.item.input_audio_transcription.completed"):
    item_id: str
    transcript: str
    usage: Duration
    content_index: int = 0
    logprobs: list[LogProb] | UnsetType = UNSET


class TranscriptionError(Struct, frozen=True):
    type: Literal["server_error"]
    code: str
    message: str


class TranscriptionFailed(ServerEventBase, frozen=True, tag="conversation.item.input_audio_transcription.failed"):
    item_id: str
    error: TranscriptionError
    content_index: int = 0


# --- the conversation ----------------------------------------------------------------------------------------------


class ItemAdded(ServerEventBase, frozen=True, tag="conversation.item.added"):
    previous_item_id: str | None
    item: WireItem


class ItemDone(ServerEventBase, frozen=True, tag="conversation.item.done"):
    previous_item_id: str | None
    item: WireItem


class ItemDeleted(ServerEventBase, frozen=True, tag="conversation.item.deleted"):
    item_id: str


class ItemRetrieved(ServerEventBase, frozen=True, tag="conversation.item.retrieved"):
    item: WireItem


class ItemTruncated(ServerEventBase, frozen=True, tag="conversation.item.truncated"):
    item_id: str
    audio_end_ms: int
    content_index: int = 0


# --- our own, for clients that ask for it --------------------------------------------------------------------------


class TurnTimings(ServerEventBase, frozen=True, tag="voicegw.turn.timings"):
    """See `voicegw.protocol.timings`."""

    response_id: str
    latency_ms: float
    stages_ms: dict[str, float]
    judged_ms: float | None


class ResponseReading(ServerEventBase, frozen=True, tag="voicegw.response.reading"):
    """See `voicegw.protocol.timings`."""

    response_id: str
    read: float


ServerEvent: TypeAlias = (
    SessionCreated
    | SessionUpdated
    | Error
    | SpeechStarted
    | SpeechStopped
    | TimeoutTriggered
    | InputCommitted
    | InputCleared
    | OutputStarted
    | OutputStopped
    | OutputCleared
    | TranscriptionDelta
    | TranscriptionCompleted
    | TranscriptionFailed
    | ItemAdded
    | ItemDone
    | ItemDeleted
    | ItemRetrieved
    | ItemTruncated
    | TurnTimings
    | ResponseReading
    | ResponseEvent
)
