"""Everything that a client may say, one type for each event."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from voicegw.protocol.formats import AudioFormat
from voicegw.protocol.input_items import ClientItem, InputItems
from voicegw.protocol.session import Reasoning
from voicegw.protocol.tools import Tools, WireToolChoice
from voicegw.protocol.wire import (
    AudioBytes,
    ItemId,
    MaxTokens,
    Metadata,
    Milliseconds,
    Modalities,
    Name,
    Refused,
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


SAY_LIMIT = 4096
"""As much as one request to /v1/audio/speech may hold."""


class OwnOptions(Wire, frozen=True):
    """What no other server knows; a client that does not ask for it never meets it.

    say: these words are the response, as they are written; the language model is not asked.
    """

    say: Annotated[str, Meta(min_length=1, max_length=SAY_LIMIT)]


class ResponseOptions(Wire, frozen=True):
    """How one response differs from the session; None, which clients write out, leaves it to the session."""

    instructions: Text | None = None
    output_modalities: Modalities | None = None
    audio: ResponseAudio | None = None
    max_output_tokens: MaxTokens | None = None
    metadata: Metadata | None = None
    conversation: Literal["auto", "none"] | None = None
    # Decoded one by one, so that an error can say which of them it is about.
    input: InputItems | None = None
    tools: Tools | None = None
    tool_choice: WireToolChoice | None = None
    parallel_tool_calls: bool | None = None
    prompt: Refused = None
    reasoning: Reasoning | None = None
    voicegw: OwnOptions | None = None


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
