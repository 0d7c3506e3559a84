"""Everything that a client may say, one type for each event."""

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from voicegw.protocol.items import ClientItem
from voicegw.protocol.wire import (
    AudioBytes,
    AudioFormat,
    ItemId,
    MaxTokens,
    Metadata,
    Milliseconds,
    Modalities,
    Name,
    Refused,
    RefusedList,
    Text,
    Voice,
    Wire,
)


class Event(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True, omit_defaults=True):
    """event_id: the client's own name for the event; an error about it gives it back."""

    event_id: str | None = None


class SessionUpdate(Event, frozen=True, tag="session.update"):
    session: dict[str, Any]
    """Checked by `session.updated_session`, once it is merged into the session that is."""


class InputAudioBufferAppend(Event, frozen=True, tag="input_audio_buffer.append"):
    audio: AudioBytes


class InputAudioBufferCommit(Event, frozen=True, tag="input_audio_buffer.commit"):
    pass


class InputAudioBufferClear(Event, frozen=True, tag="input_audio_buffer.clear"):
    pass


class OutputAudioBufferClear(Event, frozen=True, tag="output_audio_buffer.clear"):
    """Only where this side plays the sound (WebRTC)."""


class ConversationItemCreate(Event, frozen=True, tag="conversation.item.create"):
    item: ClientItem
    previous_item_id: ItemId | None = None
    """None: at the end. `root`: at the front."""


class ConversationItemDelete(Event, frozen=True, tag="conversation.item.delete"):
    item_id: ItemId


class ConversationItemRetrieve(Event, frozen=True, tag="conversation.item.retrieve"):
    item_id: ItemId


class ConversationItemTruncate(Event, frozen=True, tag="conversation.item.truncate"):
    item_id: ItemId
    audio_end_ms: Milliseconds
    content_index: Literal[0] = 0
    """A spoken message has one content part."""


class ResponseOutput(Wire, frozen=True):
    format: AudioFormat | None = None
    voice: Voice | None = None


class ResponseAudio(Wire, frozen=True):
    output: ResponseOutput | None = None


class ResponseOptions(Wire, frozen=True):
    """How one response differs from the session; None, which clients write out, leaves it to the session."""

    instructions: Text | None = None
    output_modalities: Modalities | None = None
    audio: ResponseAudio | None = None
    max_output_tokens: MaxTokens | None = None
    metadata: Metadata | None = None
    conversation: Literal["auto"] | None = None
    input: Refused = None
    tools: RefusedList | None = None
    tool_choice: Literal["auto", "none"] | None = None
    parallel_tool_calls: bool | None = None
    prompt: Refused = None
    reasoning: Refused = None


class ResponseCreate(Event, frozen=True, tag="response.create"):
    response: ResponseOptions | None = None


class ResponseCancel(Event, frozen=True, tag="response.cancel"):
    response_id: Name | None = None


ClientEvent: TypeAlias = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | OutputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemDelete
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | ResponseCreate
    | ResponseCancel
)
