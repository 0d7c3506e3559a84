"""The gateway's events that a caller acts on, as the OpenAI Realtime GA protocol writes them.

Types and fields that a caller has no use for are skipped: the protocol grows, and a caller must not break on it.
"""

from typing import Any

import msgspec

from pipeline.audio import SAMPLE_BYTES
from pipeline.errors import OperatorError


class CallFailed(OperatorError):
    """A call could not be made, or ended before its time; the message says why and what to do."""


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """Root of all events."""

    @property
    def type(self) -> str:
        return str(type(self).__struct_config__.tag)


class Problem(msgspec.Struct, frozen=True):
    """What went wrong. event_id: the client's event that it answers."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    param: str | None = None
    event_id: str | None = None


class Details(msgspec.Struct, frozen=True):
    """Why an answer is not complete: a reason (`turn_detected`) or an error."""

    reason: str | None = None
    error: Problem | None = None


class Response(msgspec.Struct, frozen=True):
    id: str
    status: str = "in_progress"
    status_details: Details | None = None


class SessionCreated(Event, frozen=True, tag="session.created"):
    session: dict[str, Any]


class SessionUpdated(Event, frozen=True, tag="session.updated"):
    session: dict[str, Any]


class SpeechStarted(Event, frozen=True, tag="input_audio_buffer.speech_started"):
    item_id: str
    audio_start_ms: int


class SpeechStopped(Event, frozen=True, tag="input_audio_buffer.speech_stopped"):
    item_id: str
    audio_end_ms: int


class HeardDelta(Event, frozen=True, tag="conversation.item.input_audio_transcription.delta"):
    item_id: str
    delta: str


class Heard(Event, frozen=True, tag="conversation.item.input_audio_transcription.completed"):
    item_id: str
    transcript: str


class HearingFailed(Event, frozen=True, tag="conversation.item.input_audio_transcription.failed"):
    item_id: str
    error: Problem


class ResponseCreated(Event, frozen=True, tag="response.created"):
    response: Response


class TextDelta(Event, frozen=True, tag="response.output_text.delta"):
    response_id: str
    delta: str


class CaptionDelta(Event, frozen=True, tag="response.output_audio_transcript.delta"):
    response_id: str
    delta: str


class AudioDelta(Event, frozen=True, tag="response.output_audio.delta"):
    response_id: str
    item_id: str
    content_index: int
    delta: bytes


class ResponseDone(Event, frozen=True, tag="response.done"):
    response: Response


class TurnTimings(Event, frozen=True, tag="voicegw.turn.timings"):
    """Where the gateway says that the time went; see `voicegw.protocol.timings`."""

    response_id: str
    latency_ms: float
    stages_ms: dict[str, float]
    judged_ms: float | None = None


class ErrorEvent(Event, frozen=True, tag="error"):
    error: Problem


class _Kind(msgspec.Struct, frozen=True):
    type: str


_KIND = msgspec.json.Decoder(_Kind)
_EVENTS: dict[str, msgspec.json.Decoder[Event]] = {
    str(event.__struct_config__.tag): msgspec.json.Decoder(event) for event in Event.__subclasses__()
}


def decode(frame: str | bytes) -> Event | None:
    """The event in one frame, None for a type that is none of the caller's business.

    Raises CallFailed for what is no Realtime event at all, or lacks a field that a caller needs.
    """
    try:
        decoder = _EVENTS.get(_KIND.decode(frame).type)
        event = None if decoder is None else decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise CallFailed(f"The other side does not speak the OpenAI Realtime protocol: {error}.") from error
    if isinstance(event, AudioDelta) and len(event.delta) % SAMPLE_BYTES:
        raise CallFailed(f"The gateway sent half a sample: {len(event.delta)} bytes in response.output_audio.delta.")
    return event
