"""What the pipeline asks of an engine, and what an engine gives back.

Engines are shared by all calls. `caller` is the call's id: it keeps the queue fair and names the call in logs. An
engine raises only `pipeline.errors.EngineError`, within its own deadline; cancelling the awaiting task, or closing the
iterator, stops the work behind it.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pipeline.audio import Pcm, Span


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine is, for reports: role (`asr`), engine (`faster-whisper`), model, device, version of the engine."""

    role: str
    engine: str
    model: str
    device: str
    version: str


class Engine(Protocol):
    """The life of every engine."""

    @property
    def info(self) -> EngineInfo: ...

    async def start(self) -> None:
        """Load and warm up; returns when the first real request will be as quick as any. Raises OperatorError."""

    async def close(self) -> None:
        """Give everything back. Safe to call twice, and before `start`."""


# --- hearing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechScore:
    """Probability (0..1) that the samples of `span` (of the 16 kHz input stream) hold speech."""

    span: Span
    probability: float


class VadStream(Protocol):
    """One call's voice activity detection; keeps the recurrent state and the remainder shorter than a window."""

    async def push(self, pcm: Pcm) -> Sequence[SpeechScore]:
        """Scores for every window that `pcm` (16 kHz, gapless after the last push) completes, oldest first."""


class Vad(Engine, Protocol):
    def open(self, caller: str) -> VadStream: ...


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said.

    text: trimmed; empty when the recognizer judged that there was no speech.
    language: ISO 639-1 code, given or detected.
    no_speech: probability (0..1) that the audio holds no speech.
    logprob: mean natural-log probability of the tokens; 0.0 for an empty text.
    """

    text: str
    language: str
    no_speech: float = 0.0
    logprob: float = 0.0


@dataclass(frozen=True, slots=True)
class Listening:
    """How to transcribe. language: ISO 639-1 code, None to detect. prompt: words to expect (names, terms)."""

    language: str | None = None
    prompt: str = ""


class Recognizer(Engine, Protocol):
    async def transcribe(self, audio: Pcm, how: Listening, *, caller: str, final: bool = True) -> Transcript:
        """The words in `audio` (16 kHz). Finals go before partials (`final=False`) in the queue."""


class TurnDetector(Engine, Protocol):
    async def completion(self, audio: Pcm, *, caller: str) -> float:
        """P(the speaker is done), 0..1, from the last seconds of a turn (16 kHz)."""


class EchoDetector(Protocol):
    """Not an engine with a life: a calculation of a few milliseconds."""

    def likeness(self, heard: Pcm, played: Pcm) -> float:
        """0..1: how surely `heard` holds a delayed copy of `played`."""


# --- thinking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """messages: oldest first. max_tokens: None leaves it to the engine's own bound. temperature: None likewise."""

    messages: tuple[ChatMessage, ...]
    max_tokens: int | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as counted by the model's server; `cached` of the input were found in its prefix cache."""

    input: int = 0
    output: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """A piece of the answer. The last delta carries `finish` (`stop` or `length`) and, where known, `usage`."""

    text: str = ""
    finish: Literal["stop", "length"] | None = None
    usage: Usage | None = None


class ChatModel(Engine, Protocol):
    def stream(self, request: ChatRequest, *, caller: str) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it is made (an async generator). `aclose()` makes the server stop generating."""


# --- speaking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speaking:
    """How to speak. voice: a name the synthesizer lists, None for its default. speed: 1.0 is the voice's own."""

    voice: str | None = None
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice on offer. languages: ISO 639-1 codes. rate: Hz of the audio it makes."""

    name: str
    languages: tuple[str, ...]
    rate: int


class Synthesizer(Engine, Protocol):
    @property
    def voices(self) -> Sequence[Voice]:
        """At least one; the first is the default."""

    def stream(self, text: str, how: Speaking, *, caller: str) -> AsyncGenerator[Pcm, None]:
        """Audio of `text` as it is made, at the voice's own rate (an async generator), `start` counted from 0.

        Nothing is yielded for text without a sound (punctuation, an emoji).
        """


@dataclass(frozen=True, slots=True)
class Engines:
    """The one set of models that all calls share."""

    vad: Vad
    recognizer: Recognizer
    chat: ChatModel
    synthesizer: Synthesizer
    turn_detector: TurnDetector | None = field(default=None)
    echo_detector: EchoDetector | None = field(default=None)

    @property
    def all(self) -> tuple[Engine, ...]:
        given: tuple[Engine | None, ...] = (
            self.vad, self.recognizer, self.chat, self.synthesizer, self.turn_detector,
        )  # fmt: skip
        return tuple(engine for engine in given if engine is not None)
