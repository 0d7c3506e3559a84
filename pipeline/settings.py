"""What one call may be told about how to behave. All of it can change in the middle of a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from pipeline.audio import Pcm
from pipeline.engines import Listening, Speaking, Tool
from pipeline.history import Item


class Detection(Enum):
    """Who says that the caller's turn is over."""

    ADAPTIVE = "adaptive"
    """Silence, as long as the turn sounds complete, the words end, and this caller's habits say (`semantic_vad`)."""
    SILENCE = "silence"
    """A fixed length of silence (`server_vad`)."""
    MANUAL = "manual"
    """The client, by committing its audio (push-to-talk, `turn_detection: null`)."""


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """Who may speak when. All times in milliseconds of audio.

    threshold: speech probability from which a window counts as speech.
    release: probability below which it counts as silence again; between the two, what was goes on (hysteresis).
    onset: speech that must gather before a turn starts, so that a click is not a turn.
    barge_in: the same while the tutor speaks, which then pauses: perhaps the caller wants the floor.
    confirm: speech that makes it certain. Shorter speech is judged by its words; a cough has none.
    doubt: silence after which such a sound is let pass even though its words are not known yet.
    prefix: audio kept from before the onset.
    pause: silence after which speculation starts (transcript, answer and voice are made, and held).
    silence: silence that ends the turn, when it is fixed.
    shortest, patience: when it is adaptive, silence that ends a turn which is surely complete, or surely not.
    wordless: speech of a turn in which no words are found, from which on the tutor asks to hear it again.
    idle_timeout: silence after an answer at which the tutor speaks up by itself, twice at most; None: never.
    goodbye: time without anything happening after which the tutor says goodbye and the call ends; None: never.
    longest: a turn that goes on for longer is answered all the same.
    stall: with no audio arriving for this long, wall time counts as silence: a muted client still gets its answer.
    """

    detection: Detection = Detection.ADAPTIVE
    threshold: float = 0.5
    release: float = 0.35
    onset: int = 96
    barge_in: int = 96
    confirm: int = 960
    doubt: int = 1500
    prefix: int = 300
    pause: int = 64
    silence: int = 500
    shortest: int = 100
    patience: int = 2000
    wordless: int = 1200
    idle_timeout: int | None = None
    goodbye: int | None = None
    longest: int = 60_000
    stall: int = 1000
    create_response: bool = True
    interrupt_response: bool = True


ToolChoice: TypeAlias = Literal["auto", "none", "required"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands for the item of the conversation that has this id."""

    id: str


@dataclass(frozen=True, slots=True)
class ReplyOptions:
    """How one answer is to be made. None means: as the call's settings say.

    audio: True to speak, False to answer in text only.
    metadata: the client's own labels, given back with the answer.
    occasion: why the tutor speaks although nobody has spoken to it; the language model is told so.
    words: say this, as it is written; the language model is not asked. Empty: it is.
    input: answer this in place of the conversation. sounds: of items in it whose words are not known yet, by their ids.
    in_conversation: False for an answer beside the conversation, which it neither interrupts nor joins.
    """

    instructions: str | None = None
    audio: bool | None = None
    speaking: Speaking | None = None
    max_tokens: int | None = None
    metadata: Mapping[str, str] | None = None
    occasion: str = ""
    words: str = ""
    tools: tuple[Tool, ...] | None = None
    tool_choice: ToolChoice | None = None
    input: tuple[Item | Reference, ...] | None = None
    sounds: tuple[tuple[str, Pcm], ...] = ()
    in_conversation: bool = True


@dataclass(frozen=True, slots=True)
class CallSettings:
    """The standing orders of a call.

    instructions: the system prompt.
    max_tokens: bound of one answer; None leaves it to the language model's own.
    memory: characters of conversation that the language model is shown; the oldest messages go first.
    retained: share of it that is left when some must go (0..1): the less, the more turns until the next time.
    forgets: False to fail an answer to a conversation that is longer, instead of forgetting its beginning.
    tools: functions that the client can call for the language model.
    """

    instructions: str = ""
    memory: int = 8_000
    retained: float = 2 / 3
    forgets: bool = True
    listening: Listening = field(default_factory=Listening)
    speaking: Speaking = field(default_factory=Speaking)
    audio: bool = True
    max_tokens: int | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = "auto"
    turn: TurnPolicy = field(default_factory=TurnPolicy)
