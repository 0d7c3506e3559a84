"""Frames to client events, and events to frames."""

import msgspec

from pipeline.errors import CallerError
from voicegw.protocol import validation
from voicegw.protocol.alone import LOOKED_THROUGH, Refusals, converted
from voicegw.protocol.client_events import ClientEvent
from voicegw.protocol.server_events import ServerEvent

EVENT_ID_LIMIT = 512
EVENT_LIMIT = LOOKED_THROUGH
"""Characters, or bytes, of an event without audio: decoded, a small frame of many empty objects is a large one."""
ITEM_LIMIT = 4 * EVENT_LIMIT
"""Of an item, whose content may be sound: a minute of it, and what is around it. Its parts are decoded one by one."""


class RefusedFrame(CallerError):
    """A frame that is no event of the protocol. event_id: what the client called it, if that could be read."""

    def __init__(self, cause: CallerError, event_id: str | None = None) -> None:
        super().__init__(str(cause), code=cause.code, param=cause.param)
        self.event_id = event_id


class _Envelope(msgspec.Struct):
    """What every event has; read first, so that the client learns which of its events was wrong."""

    type: msgspec.Raw = msgspec.Raw(b"null")
    event_id: msgspec.Raw = msgspec.Raw(b"null")


def decode(frame: str | bytes, refusals: Refusals | None = None) -> ClientEvent:
    """The event in a frame of UTF-8 JSON. Raises RefusedFrame and nothing else, whatever the bytes.

    refusals: takes what is refused alone; without it, that refuses the whole.
    """
    event_id = None
    try:
        if isinstance(frame, bytes):
            frame = frame.decode()  # msgspec would leave what it keeps raw unchecked
        envelope: _Envelope = msgspec.json.decode(frame, type=_Envelope)
        event_id = _event_id(envelope)
        _check_size(len(frame), _type(envelope))
        event: ClientEvent = _event(frame, refusals)
    except CallerError as error:
        raise RefusedFrame(error, event_id) from None
    except msgspec.ValidationError:
        problem = CallerError("An event must be a JSON object.", code="invalid_event")
        raise RefusedFrame(problem, event_id) from None
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested beyond all sense
        problem = CallerError(f"The frame is not valid JSON: {error}.", code="invalid_json")
        raise RefusedFrame(problem, event_id) from None
    return event


def _event(frame: str, refusals: Refusals | None) -> ClientEvent:
    event: ClientEvent
    try:
        event = validation.decode(frame, ClientEvent)
    except CallerError as refused:
        if refusals is None or len(frame) > EVENT_LIMIT:
            raise
        try:
            plain = msgspec.json.decode(frame)
        except msgspec.ValidationError:  # a number like 1e999, which no type can hold
            raise refused from None
        event = converted(plain, ClientEvent, refusals)
    return event


def encode(event: ServerEvent | ClientEvent) -> str:
    """The event as the text of one frame."""
    return msgspec.json.encode(event).decode()


def _event_id(envelope: _Envelope) -> str | None:
    event_id = _value(envelope.event_id)
    if event_id is None or (isinstance(event_id, str) and len(event_id) <= EVENT_ID_LIMIT):
        return event_id
    raise CallerError(
        f"Invalid 'event_id': expected a string of at most {EVENT_ID_LIMIT} characters.", param="event_id"
    )


def _type(envelope: _Envelope) -> str:
    type_ = _value(envelope.type)
    if not isinstance(type_, str):
        raise CallerError("An event must have a 'type', and it must be a string.", code="invalid_event", param="type")
    return type_


def _check_size(size: int, type_: str) -> None:
    if type_ == "input_audio_buffer.append":
        return  # its own limit counts the sound
    limit = ITEM_LIMIT if type_ == "conversation.item.create" else EVENT_LIMIT
    if size > limit:
        raise CallerError(f"The event has a size of {size}; it may have at most {limit}.", code="invalid_event")


def _value(raw: msgspec.Raw) -> object:
    """The value; or `raw` itself, which is no string, if that is longer than any that could be right."""
    return raw if len(bytes(raw)) > 8 * EVENT_ID_LIMIT else msgspec.json.decode(raw)
