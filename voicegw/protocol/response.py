"""The `response` object of response.created and response.done."""

from collections.abc import Sequence

from msgspec import UNSET, structs

from pipeline.notices import ReplyEnded
from pipeline.settings import ReplyOptions
from voicegw.protocol.call_settings import FormattedOptions
from voicegw.protocol.items import WireItem
from voicegw.protocol.response_events import (
    Response,
    ResponseAudio,
    ResponseError,
    ResponseOutput,
    ResponseUsage,
    StatusDetails,
)
from voicegw.protocol.session import Session
from voicegw.protocol.wire import Modalities, VoiceId


def begun_response(response_id: str, options: ReplyOptions, session: Session, conversation_id: str) -> Response:
    """A response in progress: what `options` leave open is as `session` says."""
    modalities: Modalities = session.output_modalities
    if options.audio is not None:
        modalities = ("audio",) if options.audio else ("text",)
    output = session.audio.output
    assert output.voice is not UNSET  # the session is the one that its client is shown
    voice = output.voice.id if isinstance(output.voice, VoiceId) else output.voice
    if options.speaking is not None and options.speaking.voice is not None:
        voice = options.speaking.voice
    wire = output.format
    if isinstance(options, FormattedOptions) and options.format is not None:
        wire = options.format
    return Response(
        id=response_id,
        conversation_id=conversation_id if options.in_conversation else None,
        status="in_progress",
        output_modalities=modalities,
        max_output_tokens=session.max_output_tokens if options.max_tokens is None else options.max_tokens,
        audio=ResponseAudio(ResponseOutput(wire, voice)),
        metadata=options.metadata,
    )


def ended_response(response: Response, ended: ReplyEnded, output: Sequence[WireItem], usage: ResponseUsage) -> Response:
    """The same response as it ended, with the items it made."""
    return structs.replace(
        response, status=ended.status, status_details=_details(ended), output=list(output), usage=usage
    )


def _details(ended: ReplyEnded) -> StatusDetails | None:
    if ended.status == "completed":
        return None
    error = None
    if ended.status == "failed":
        error = ResponseError("server_error", ended.code or "engine_failed", ended.message or "The answer failed.")
    return StatusDetails(ended.status, reason=ended.reason or UNSET, error=error or UNSET)
