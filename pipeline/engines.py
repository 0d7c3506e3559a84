"""What the pipeline asks of an engine, and what an engine gives back.

Engines are shared by all calls. `caller` is the call's id: it keeps the queue fair and names the call in logs. An
engine raises only `pipeline.errors.EngineError`, within its own deadline; cancelling the awaiting task, or closing the
iterator, stops the work behind it.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, runtime_checkable

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


@runtime_checkable
class Watched(Protocol):
    """An engine that notices when it hangs."""

    @property
    def stuck(self) -> bool:
        """True while one piece of work takes so long that it may never end; until it does, all requests fail."""


@runtime_checkable
class Probed(Protocol):
    """An engine that depends on another process or machine, which may be gone."""

    async def probe(self) -> None:
        """Whether a request would be answered now, found out cheaply. Raises EngineError when it would not.

        Returns where nothing can be found out, because of this side.
        """


@dataclass(frozen=True, slots=True)
class Word:
    """A word in sound. text: with the space in front of it, so that words join to the text they are from.

    start, end: seconds from the first sample of the sound that the text stands for.
    """

    text: str
    start: float
    end: float


# --- hearing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechScore:
    """Probability (0..1) that the samples of `span` (of the 16 kHz input stream) hold speech, and how loud they are.

    level: RMS in dBFS, -96 at least; None from a detector that does not measure it.
    """

    span: Span
    probability: float
    level: float | None = None


class VadStream(Protocol):
    """One call's voice activity detection; keeps the recurrent state and the remainder shorter than a window."""

    async def push(self, pcm: Pcm) -> Sequence[SpeechScore]:
        """Scores for every window that `pcm` (16 kHz, gapless after the last push) completes, oldest first."""


class Vad(Engine, Protocol):
    def open(self, caller: str, *, batch: bool = False) -> VadStream:
        """batch: nobody in a call waits for it, so it comes behind everybody who does."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a transcript as the recognizer spells it. logprob: natural logarithm of its probability."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said.

    text: trimmed; empty when the recognizer judged that there was no speech.
    language: ISO 639-1 code, given or detected.
    no_speech: probability (0..1) that the audio holds no speech.
    logprob: mean natural-log probability of the tokens; 0.0 for an empty text.
    words, tokens: of `text`, in order, when they were asked for. Either join to it.
    ids: the recognizer's own numbers of its tokens; none from one that has no such numbers.
    """

    text: str
    language: str
    no_speech: float = 0.0
    logprob: float = 0.0
    words: tuple[Word, ...] = ()
    tokens: tuple[Token, ...] = ()
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listening:
    """How to transcribe. language: ISO 639-1 code, None to detect. prompt: words to expect (names, terms).

    word_times: find out when each word of a final was said. token_logprobs: and how sure each token of it is.
    into_english: write down in English what is said in another language.
    """

    language: str | None = None
    prompt: str = ""
    word_times: bool = False
    token_logprobs: bool = False
    into_english: bool = False


class Recognizer(Engine, Protocol):
    @property
    def languages(self) -> Set[str]:
        """ISO 639-1 codes that can be asked for; known after `start`."""

    async def transcribe(
        self, audio: Pcm, how: Listening, *, caller: str, final: bool = True, draft: str = "", batch: bool = False
    ) -> Transcript:
        """The words in `audio` (16 kHz). Finals go before partials (`final=False`) in the queue.

        draft: an earlier hypothesis about the beginning of the same audio. A recognizer may use it to be done sooner,
        and must not believe it. batch: see `Vad.open`.
        """


class TurnDetector(Engine, Protocol):
    async def completion(self, audio: Pcm, *, caller: str) -> float:
        """P(the speaker is done), 0..1, from the last seconds of a turn (16 kHz)."""


class SentenceDetector(Engine, Protocol):
    @property
    def languages(self) -> Set[str]:
        """ISO 639-1 codes that it can judge."""

    async def finished(
        self, words: str, *, before: str, caller: str, conversation: "ChatRequest | None" = None
    ) -> float:
        """P(a sentence may end behind `words`), 0..1, whatever their punctuation. before: the tutor's last words.

        conversation: all of it, up to these words, for a model that has read the rest of it already.
        """

    async def prepare(self, words: str, *, before: str, caller: str) -> None:
        """It will be asked about a text that begins with `words`. Makes way when it is, and for a newer beginning."""


class EchoDetector(Protocol):
    """Not an engine with a life: a calculation of a few milliseconds."""

    def likeness(self, heard: Pcm, played: Pcm) -> float:
        """0..1: how surely `heard` holds a delayed copy of `played`."""


# --- thinking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask the client to call. parameters: JSON Schema of its arguments."""

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's wish to have a function called. arguments: JSON text, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """calls: what the assistant wanted called with this message. call_id: which of these a tool's message answers."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """messages: oldest first. max_tokens: None leaves it to the engine's own bound. temperature: None likewise.

    tool_choice: `required` makes the model call one of `tools`.
    """

    messages: tuple[ChatMessage, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none", "required"] = "auto"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as counted by the model's server; `cached` of the input were found in its prefix cache."""

    input: int = 0
    output: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class ToolCallPiece:
    """A piece of a tool call. index: which call of the answer. The first piece of each has its id and name."""

    index: int
    arguments: str = ""
    id: str = ""
    name: str = ""


Finish: TypeAlias = Literal["stop", "length", "content_filter"]
"""Why an answer ended: it was complete, as long as it may be, or its server would not go on with it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a model is with a prompt. Tokens: of all of it, those known before, those done with them; in seconds."""

    total: int
    known: int
    done: int
    seconds: float

    @property
    def share(self) -> float:
        """0..1"""
        return self.done / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """A piece of the answer. The last delta carries `finish` and, where known, `usage`.

    reading: before the first word of an answer to a long prompt, how far that is read; such a delta has nothing else.
    """

    text: str = ""
    finish: Finish | None = None
    usage: Usage | None = None
    call: ToolCallPiece | None = None
    reading: Reading | None = None


class ChatModel(Engine, Protocol):
    def stream(self, request: ChatRequest, *, caller: str) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it is made (an async generator). `aclose()` makes the server stop generating."""

    async def prefill(self, request: ChatRequest, *, caller: str) -> None:
        """Work through a prompt that will be needed soon; the last message may be the beginning of a longer one.

        Returns when the work is done; cancelling stops it. An engine that gains nothing by it returns at once.
        """

    def reading_s(self, request: ChatRequest, *, caller: str) -> float:
        """Seconds that it would take now to read what is new in this prompt; 0 where that is not known, or at once."""


# --- speaking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speaking:
    """How to speak. voice: a name the synthesizer lists, None for the first that knows the language.

    speed: 1.0 is the voice's own. language: ISO 639-1 code, None for that of the default voice.
    """

    voice: str | None = None
    speed: float = 1.0
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice on offer. languages: ISO 639-1 codes. rate: Hz of the audio it makes.

    natural: False for one that is understood but sounds like a machine.
    """

    name: str
    languages: tuple[str, ...]
    rate: int
    natural: bool = True


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of speech. pcm: at the voice's own rate, `start` counted from the first sample of the text.

    words: those whose sound begins in this piece, timed from the first sample of the text; perhaps none. The words of
    all pieces join to the text. None when the voice cannot tell.
    """

    pcm: Pcm
    words: tuple[Word, ...] | None = None


class Synthesizer(Engine, Protocol):
    @property
    def voices(self) -> Sequence[Voice]:
        """At least one; the first is the default."""

    def stream(self, text: str, how: Speaking, *, caller: str, batch: bool = False) -> AsyncGenerator[Spoken, None]:
        """`text` as it is spoken (an async generator). batch: see `Vad.open`.

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
    sentence_detector: SentenceDetector | None = field(default=None)

    @property
    def all(self) -> tuple[Engine, ...]:
        given: tuple[Engine | None, ...] = (
            self.vad, self.recognizer, self.chat, self.synthesizer, self.turn_detector, self.sentence_detector,
        )  # fmt: skip
        return tuple(dict.fromkeys(engine for engine in given if engine is not None))  # one may have two roles
