"""What a call tells the outside: facts, in the order in which they happened.

`item` and `reply` are ids made by the call. Times are whole milliseconds of the caller's audio since the call began.
`after` is the id of the item that precedes it in the conversation, None for the first.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.audio import Pcm
from pipeline.engines import Transcript, Usage
from pipeline.history import Item
from pipeline.settings import ReplyOptions
from pipeline.timings import TurnTimings


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak; `item` is the message this will become. at_ms includes the kept prefix."""

    item: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller's turn is over. at_ms includes the silence that ended it."""

    item: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class InputCommitted:
    """The caller's audio became a message (its words follow in TranscriptDone, or TranscriptFailed)."""

    item: Item
    after: str | None


@dataclass(frozen=True, slots=True)
class IdleTimedOut:
    """Nobody spoke from start_ms to end_ms: the tutor is about to speak up. `item` is the silent message."""

    item: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class InputCleared:
    """Audio that was not yet committed was thrown away."""


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """A message that the client wrote joined the conversation."""

    item: Item
    after: str | None


@dataclass(frozen=True, slots=True)
class ItemDeleted:
    item: str


@dataclass(frozen=True, slots=True)
class ItemTruncated:
    """A spoken answer was cut to what was heard."""

    item: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class TranscriptGrew:
    """More words of a turn that is still being said. They are not taken back, but TranscriptDone may differ from them.

    text: to be put behind what was told before.
    """

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptDone:
    """The caller's words. seconds: length of the audio they were heard in."""

    item: str
    transcript: Transcript
    seconds: float


@dataclass(frozen=True, slots=True)
class TranscriptFailed:
    item: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """An answer was committed to. Nothing of an answer is told before this, and exactly one ReplyEnded follows."""

    reply: str
    options: ReplyOptions


@dataclass(frozen=True, slots=True)
class ReplyReading:
    """The answer's first word is not there yet, because the language model still reads: how much it has read (0..1)."""

    reply: str
    share: float


@dataclass(frozen=True, slots=True)
class ReplyItemStarted:
    """The first word of the answer is about to follow. item.audio says whether it will be spoken."""

    reply: str
    item: Item
    after: str | None


@dataclass(frozen=True, slots=True)
class ReplyText:
    """Words of the answer: the caption of the audio that follows, or the answer itself when it is text only."""

    reply: str
    item: str
    text: str


@dataclass(frozen=True, slots=True)
class ReplyAudio:
    """Sound of the answer, at the voice's own rate; `pcm.start` counts from the answer's first sample."""

    reply: str
    item: str
    pcm: Pcm


@dataclass(frozen=True, slots=True)
class ReplyCallStarted:
    """The answer wants a function called. item.call has the name; the arguments follow."""

    reply: str
    item: Item
    after: str | None


@dataclass(frozen=True, slots=True)
class ReplyCallGrew:
    """A piece of the arguments, which are JSON text."""

    reply: str
    item: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ReplyCallEnded:
    """The call is complete, or (status `incomplete`) will never be."""

    reply: str
    item: Item


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The answer is complete, or will never be.

    item: as it now stands in the conversation; None when the answer ended before its first word.
    calls: the functions that it wants called.
    reason: `turn_detected` or `client_cancelled` for cancelled, `max_output_tokens` or `content_filter` for incomplete,
    else None.
    code, message: what went wrong, for failed.
    """

    reply: str
    status: Literal["completed", "cancelled", "incomplete", "failed"]
    item: Item | None = None
    reason: str | None = None
    usage: Usage | None = None
    code: str | None = None
    message: str | None = None
    calls: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class CallOver:
    """This side ends the call: nobody has spoken for so long that nobody is taken to be there."""


@dataclass(frozen=True, slots=True)
class TurnTimed:
    """The first sound of an answer leaves: where the time since the caller's last speech went."""

    reply: str
    timings: TurnTimings


Notice = (
    SpeechStarted
    | SpeechStopped
    | InputCommitted
    | IdleTimedOut
    | InputCleared
    | ItemAdded
    | ItemDeleted
    | ItemTruncated
    | TranscriptGrew
    | TranscriptDone
    | TranscriptFailed
    | ReplyStarted
    | ReplyReading
    | ReplyItemStarted
    | ReplyText
    | ReplyAudio
    | ReplyCallStarted
    | ReplyCallGrew
    | ReplyCallEnded
    | ReplyEnded
    | CallOver
    | TurnTimed
)
