"""What a client wants of the call, once its event has been understood.

`event_id` is the client's name for the event: whoever finds that the command cannot be carried out gives it to
`RealtimeProtocol.refuse`.
"""

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.audio import Pcm
from pipeline.history import Item
from pipeline.settings import CallSettings, ReplyOptions


@dataclass(frozen=True, slots=True)
class AppendAudio:
    """pcm: at the rate of the session's input format, `start` counted from the first sample of the session."""

    event_id: str | None
    pcm: Pcm


@dataclass(frozen=True, slots=True)
class CommitInput:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class ClearInput:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class ClearOutput:
    """Silence, now: for a client that has the sound played for it."""

    event_id: str | None


@dataclass(frozen=True, slots=True)
class Configure:
    event_id: str | None
    settings: CallSettings


@dataclass(frozen=True, slots=True)
class AddItem:
    """after: id of the item to insert behind, None for the end, `pipeline.history.ROOT` for the front.

    sound: words of the item that are not known yet, at any rate.
    """

    event_id: str | None
    item: Item
    after: str | None
    sound: Pcm | None = None


@dataclass(frozen=True, slots=True)
class DeleteItem:
    event_id: str | None
    item_id: str


@dataclass(frozen=True, slots=True)
class RetrieveItem:
    """Answered with `RealtimeProtocol.retrieved`."""

    event_id: str | None
    item_id: str


@dataclass(frozen=True, slots=True)
class TruncateItem:
    """The client played only the first `audio_end_ms` of the answer `item_id`."""

    event_id: str | None
    item_id: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class CreateResponse:
    event_id: str | None
    options: ReplyOptions


@dataclass(frozen=True, slots=True)
class CancelResponse:
    """response_id: None for whichever is being made."""

    event_id: str | None
    response_id: str | None


Command: TypeAlias = (
    AppendAudio
    | CommitInput
    | ClearInput
    | ClearOutput
    | Configure
    | AddItem
    | DeleteItem
    | RetrieveItem
    | TruncateItem
    | CreateResponse
    | CancelResponse
)
