"""Engines that do as they are told: for tests, and for load runs that measure the gateway and not the models.

They use no threads and no time of their own: `sleep` is given to them, so that a test with a virtual clock can run a
whole call. `EngineInfo.engine` is `scripted`, so that no report can take them for models.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from typing import Literal, TypeAlias

import numpy as np

from pipeline.audio import SAMPLE_BYTES, Pcm, Span, samples_in
from pipeline.engines import (
    ChatDelta,
    ChatRequest,
    EngineInfo,
    Listening,
    Reading,
    Speaking,
    SpeechScore,
    Spoken,
    ToolCallPiece,
    Transcript,
    Usage,
    Voice,
)
from pipeline.errors import EngineError

Saying: TypeAlias = str | ToolCallPiece | Reading
Sleep: TypeAlias = Callable[[float], Awaitable[object]]

KEPT = 1000
"""Most requests an engine remembers, so that a long load run does not grow."""


class _Scripted:
    """The life of an engine that has nothing to load."""

    role: str

    def __init__(self) -> None:
        self.started = False

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(self.role, "scripted", "none", "none", "1")

    async def start(self) -> None:
        self.started = True

    async def close(self) -> None:
        self.started = False


# --- hearing -------------------------------------------------------------------------------------------------------


class ScriptedVad(_Scripted):
    """A `Vad` that takes loud for speech: 1.0 for a window whose root mean square reaches `loud`, else 0.0."""

    role = "vad"

    def __init__(self, *, loud: float = 0.01, window: int = 512) -> None:
        """loud: of full scale; the default is -40 dBFS. window: samples per score."""
        super().__init__()
        self._loud = loud * 32768
        self._window = window

    def open(self, caller: str, *, batch: bool = False) -> "ScriptedVadStream":
        return ScriptedVadStream(self._loud, self._window)


class ScriptedVadStream:
    """A `VadStream`."""

    def __init__(self, loud: float, window: int) -> None:
        self._loud = loud
        self._window = window
        self._rest = b""

    async def push(self, pcm: Pcm) -> Sequence[SpeechScore]:
        start = pcm.start - len(self._rest) // SAMPLE_BYTES
        audio = self._rest + pcm.data
        count = len(audio) // (self._window * SAMPLE_BYTES)
        used = count * self._window * SAMPLE_BYTES
        self._rest = audio[used:]
        windows = np.frombuffer(audio[:used], dtype="<i2").reshape(count, self._window).astype(np.float64)
        loudness = np.sqrt(np.square(windows).mean(axis=1))
        return [
            SpeechScore(Span(at, at + self._window), 1.0 if loud else 0.0)
            for at, loud in zip(
                range(start, start + count * self._window, self._window), loudness >= self._loud, strict=True
            )
        ]


@dataclass(frozen=True, slots=True)
class Heard:
    """One request to a ScriptedRecognizer."""

    audio: Pcm
    how: Listening
    caller: str
    final: bool
    draft: str = ""
    batch: bool = False


class ScriptedRecognizer(_Scripted):
    """A `Recognizer` with known answers.

    texts: what finals say, in this order and then from the start again, or a function of the audio. A partial says what
    the next final will. An empty text is silence.
    """

    role = "asr"
    languages = frozenset({"en", "de", "es", "fr"})

    def __init__(
        self,
        texts: Sequence[str] | Callable[[Pcm], str],
        *,
        delay_s: float = 0.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._text_of = texts if callable(texts) else None
        self._texts = cycle(() if callable(texts) else texts)
        self._next = next(self._texts, "")
        self.delay_s = delay_s
        self._sleep = sleep
        self.heard: deque[Heard] = deque(maxlen=KEPT)
        self.error: EngineError | None = None
        """Raised in place of an answer while it is set."""

    async def transcribe(
        self, audio: Pcm, how: Listening, *, caller: str, final: bool = True, draft: str = "", batch: bool = False
    ) -> Transcript:
        self.heard.append(Heard(audio, how, caller, final, draft, batch))
        if self.error:
            raise self.error
        if self._text_of is not None:
            text = self._text_of(audio)
        else:
            text = self._next
            if final:
                self._next = next(self._texts, "")
        await self._sleep(self.delay_s)
        return Transcript(text, how.language or "en", no_speech=0.0 if text else 1.0)


class ScriptedTurnDetector(_Scripted):
    """A `TurnDetector` that always answers `probability`."""

    role = "turn"

    def __init__(self, probability: float = 1.0) -> None:
        super().__init__()
        self.probability = probability

    async def completion(self, audio: Pcm, *, caller: str) -> float:
        return self.probability


class ScriptedSentences(_Scripted):
    """A `SentenceDetector` that always answers `probability`."""

    role = "sentence"
    languages = frozenset({"en"})

    def __init__(self, probability: float = 0.5) -> None:
        super().__init__()
        self.probability = probability
        self.asked: deque[tuple[str, str]] = deque(maxlen=KEPT)

    async def finished(self, words: str, *, before: str, caller: str, conversation: ChatRequest | None = None) -> float:
        self.asked.append((words, before))
        return self.probability

    async def prepare(self, words: str, *, before: str, caller: str) -> None:
        pass


# --- thinking ------------------------------------------------------------------------------------------------------


class ScriptedChat(_Scripted):
    """A `ChatModel` that streams given words.

    words: pieces of the answer, and of function calls, and reports of reading; the same for every request, or a
    function of the request.
    first_s, each_s: pause before the first word, and before each of the others.

    Attributes that may be set at any time:
    fail_at: raise `error` in place of the word with this index (one past the last: in place of the end).
    stall_at: likewise, but wait there until cancelled.
    """

    role = "chat"

    def __init__(
        self,
        words: Sequence[Saying] | Callable[[ChatRequest], Sequence[Saying]],
        *,
        first_s: float = 0.0,
        each_s: float = 0.0,
        finish: Literal["stop", "length"] = "stop",
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._words = words
        self._first_s = first_s
        self._each_s = each_s
        self._finish = finish
        self._sleep = sleep
        self.fail_at: int | None = None
        self.error: EngineError = EngineError("The scripted language model failed, as it was told to.")
        self.stall_at: int | None = None
        self.char_s = 0.0
        """Seconds in which it says that it reads a character."""
        self.requests: deque[ChatRequest] = deque(maxlen=KEPT)
        self.prefilled: deque[ChatRequest] = deque(maxlen=KEPT)
        self.open = 0
        """Answers being streamed at this moment; 0 when every stream was read to its end or closed."""

    async def stream(self, request: ChatRequest, *, caller: str) -> AsyncGenerator[ChatDelta, None]:
        self.requests.append(request)
        self.open += 1
        try:
            words = self._words(request) if callable(self._words) else self._words
            for index, word in enumerate(words):
                await self._sleep(self._each_s if index else self._first_s)
                await self._misbehave(index)
                yield _delta(word)
            await self._misbehave(len(words))
            usage = Usage(input=sum(len(message.text.split()) for message in request.messages), output=len(words))
            yield ChatDelta(finish=self._finish, usage=usage)
        finally:
            self.open -= 1

    async def prefill(self, request: ChatRequest, *, caller: str) -> None:
        """Takes as long as the first word of an answer would."""
        self.prefilled.append(request)
        self.open += 1
        try:
            await self._sleep(self._first_s)
        finally:
            self.open -= 1

    def reading_s(self, request: ChatRequest, *, caller: str) -> float:
        return self.char_s * sum(len(message.text) for message in request.messages)

    async def _misbehave(self, index: int) -> None:
        if index == self.fail_at:
            raise self.error
        if index == self.stall_at:
            await asyncio.get_running_loop().create_future()


def _delta(word: Saying) -> ChatDelta:
    match word:
        case str():
            return ChatDelta(word)
        case ToolCallPiece():
            return ChatDelta(call=word)
        case Reading():
            return ChatDelta(reading=word)


# --- speaking ------------------------------------------------------------------------------------------------------


class ScriptedSynthesizer(_Scripted):
    """A `Synthesizer` that hums: `ms_per_char` of a tone for each character, in parts of at most `part_ms`.

    each_s: pause before each part.
    """

    role = "tts"
    voices: Sequence[Voice] = (Voice("scripted", ("en",), 24_000),)

    def __init__(
        self,
        *,
        ms_per_char: float = 60,
        part_ms: float = 500,
        each_s: float = 0.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._ms_per_char = ms_per_char
        self._part_ms = part_ms
        self._each_s = each_s
        self._sleep = sleep
        self.spoken: deque[str] = deque(maxlen=KEPT)

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        if not any(char.isalnum() for char in text):
            return
        self.spoken.append(text)
        rate = self.voices[0].rate
        left = samples_in(len(text) * self._ms_per_char / how.speed, rate)
        at = 0
        while left:
            await self._sleep(self._each_s)
            samples = min(left, samples_in(self._part_ms, rate))
            yield Spoken(Pcm(_tone(at, samples, rate), rate, at))
            at += samples
            left -= samples


def _tone(start: int, samples: int, rate: int) -> bytes:
    """300 Hz at a quarter of full scale, without a jump between parts."""
    start %= rate  # a whole number of periods
    seconds = -(-(start + samples) // rate)
    return (_second(rate) * seconds)[start * SAMPLE_BYTES : (start + samples) * SAMPLE_BYTES]


@cache
def _second(rate: int) -> bytes:
    return (8192 * np.sin(2 * np.pi * 300 * np.arange(rate) / rate)).astype("<i2").tobytes()
