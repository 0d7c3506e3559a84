"""Engines in virtual time: each answer is computed by the real engine, and takes as long as that took.

The real work is done while the virtual clock stands still; then its duration passes on the virtual clock. A fixed
duration, or a multiple of the measured one, can be charged in its place.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence, Set
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bench.patience import patiently
from bench.quality.backstage import Backstage
from bench.quality.memory import Memory, key, recalled
from bench.quality.tutor import Pace, PacedChat
from pipeline.audio import Pcm
from pipeline.engines import (
    ChatRequest,
    Engine,
    EngineInfo,
    Engines,
    Listening,
    Recognizer,
    SentenceDetector,
    Speaking,
    SpeechScore,
    Spoken,
    Synthesizer,
    Transcript,
    TurnDetector,
    Vad,
    VadStream,
    Voice,
)

T = TypeVar("T")


@dataclass(slots=True)
class Prices:
    """Virtual seconds that an answer takes. fixed: by role (`asr`, `turn`, ...). slowdown: of all others."""

    fixed: Mapping[str, float] = field(default_factory=dict)
    slowdown: float = 1.0
    _least: dict[str, float] = field(default_factory=dict)

    def without(self, role: str) -> "Prices":
        """The same, but answers of this engine are free."""
        return Prices({**self.fixed, role: 0.0}, self.slowdown, self._least)

    async def pay(self, role: str, answer: Callable[[], tuple[T, float]]) -> T:
        """Let the price of an answer pass, and give the answer. answer(): it, and the seconds that it really took.

        Work that is cancelled sooner than any answer of its kind ever came is not done at all.
        """
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(self.fixed.get(role, self._least.get(role, 0.0)))
        result, took = answer()
        if role not in self.fixed:
            price = took * self.slowdown
            self._least[role] = min(price, self._least.get(role, price))
            await asyncio.sleep(began + price - asyncio.get_running_loop().time())
        return result


UNREAD_WORDS = 3
"""Words that a partial transcript usually lacks when the caller has ended."""


class _Metered:
    """What the wrappers share. Their life is a formality: the engines behind them are started and closed backstage."""

    def __init__(self, engine: Engine, backstage: Backstage, memory: Memory, prices: Prices) -> None:
        self.info: EngineInfo = engine.info
        self.backstage = backstage
        self.memory = memory
        self.prices = prices

    def timed(self, work: Coroutine[Any, Any, T]) -> tuple[T, float]:
        began = time.perf_counter()
        return self.backstage.run(work), time.perf_counter() - began

    async def start(self) -> None:
        return

    async def close(self) -> None:
        return


class MeteredVad(_Metered):
    """A `Vad`. Scores cost no virtual time: a window of 32 ms takes about 0.2 ms."""

    def __init__(self, vad: Vad, backstage: Backstage, memory: Memory, prices: Prices) -> None:
        super().__init__(vad, backstage, memory, prices)
        self._vad = vad

    def open(self, caller: str, *, batch: bool = False) -> "MeteredVadStream":
        return MeteredVadStream(self, self._vad.open(caller))


class MeteredVadStream:
    """A `VadStream`. Audio whose scores are known goes to the real stream only when unknown audio follows."""

    def __init__(self, metered: MeteredVad, stream: VadStream) -> None:
        self._metered = metered
        self._stream = stream
        self._heard = hashlib.blake2b(repr(metered.info).encode(), digest_size=16)
        self._ahead: list[Pcm] = []

    async def push(self, pcm: Pcm) -> Sequence[SpeechScore]:
        self._heard.update(pcm.data)
        self._ahead.append(pcm)
        return recalled(self._metered.memory.vad, self._heard.hexdigest(), self._catch_up)

    def _catch_up(self) -> list[SpeechScore]:
        """The scores of the newest piece of audio."""
        ahead, self._ahead = self._ahead, []
        return self._metered.backstage.run(self._pushed(ahead))

    async def _pushed(self, pieces: Sequence[Pcm]) -> list[SpeechScore]:
        scores: Sequence[SpeechScore] = ()
        for pcm in pieces:
            scores = await self._stream.push(pcm)
        return list(scores)


class MeteredTurnDetector(_Metered):
    """A `TurnDetector`."""

    def __init__(self, detector: TurnDetector, backstage: Backstage, memory: Memory, prices: Prices) -> None:
        super().__init__(detector, backstage, memory, prices)
        self._detector = detector

    async def completion(self, audio: Pcm, *, caller: str) -> float:
        def answer() -> tuple[float, float]:
            return self.timed(self._detector.completion(audio, caller=caller))

        question = key(self.info, audio.data)
        return await self.prices.pay("turn", lambda: recalled(self.memory.turn, question, answer))


class MeteredSentences(_Metered):
    """A `SentenceDetector`. Reading along is free: it is done while nobody waits for it.

    What it saves is given to every question alike: of its words, all but the last few were read before it is timed.
    """

    def __init__(self, detector: SentenceDetector, backstage: Backstage, memory: Memory, prices: Prices) -> None:
        super().__init__(detector, backstage, memory, prices)
        self._detector = detector

    @property
    def languages(self) -> Set[str]:
        return self._detector.languages

    async def finished(self, words: str, *, before: str, caller: str, conversation: ChatRequest | None = None) -> float:
        def ask() -> Coroutine[Any, Any, float]:
            return self._detector.finished(words, before=before, caller=caller, conversation=conversation)

        def answer() -> tuple[float, float]:
            read = " ".join(words.split()[:-UNREAD_WORDS])
            self.backstage.run(self._detector.prepare(read, before=before, caller=caller))
            if conversation:  # in a call the conversation was read before, and the first words as they were known
                self.backstage.run(patiently(ask))
            return self.timed(ask())

        question = key(self.info, words, before, conversation and conversation.messages)
        return await self.prices.pay("sentence", lambda: recalled(self.memory.sentence, question, answer))

    async def prepare(self, words: str, *, before: str, caller: str) -> None:
        return


class MeteredRecognizer(_Metered):
    """A `Recognizer`."""

    def __init__(self, recognizer: Recognizer, backstage: Backstage, memory: Memory, prices: Prices) -> None:
        super().__init__(recognizer, backstage, memory, prices)
        self._recognizer = recognizer

    @property
    def languages(self) -> Set[str]:
        return self._recognizer.languages

    async def transcribe(
        self, audio: Pcm, how: Listening, *, caller: str, final: bool = True, draft: str = "", batch: bool = False
    ) -> Transcript:
        def answer() -> tuple[Transcript, float]:
            return self.timed(self._recognizer.transcribe(audio, how, caller=caller, final=final, draft=draft))

        question = key(self.info, audio.data, how, draft)
        return await self.prices.pay("asr", lambda: recalled(self.memory.asr, question, answer))


class MeteredSynthesizer(_Metered):
    """A `Synthesizer`. The price of each part of its sound is paid before that part comes."""

    def __init__(self, synthesizer: Synthesizer, backstage: Backstage, memory: Memory, prices: Prices) -> None:
        super().__init__(synthesizer, backstage, memory, prices)
        self._synthesizer = synthesizer

    @property
    def voices(self) -> Sequence[Voice]:
        return self._synthesizer.voices

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        parts = recalled(
            self.memory.tts,
            key(self.info, text, how),
            lambda: self.backstage.run(self._spoken(text, how, caller)),
        )
        for part in parts:
            yield await self.prices.pay("tts", lambda part=part: part)  # type: ignore[misc]

    async def _spoken(self, text: str, how: Speaking, caller: str) -> list[tuple[Spoken, float]]:
        parts = []
        began = time.perf_counter()
        async with aclosing(self._synthesizer.stream(text, how, caller=caller)) as sounds:
            async for spoken in sounds:
                parts.append((spoken, time.perf_counter() - began))
                began = time.perf_counter()
        return parts


def metered(backstage: Backstage, memory: Memory, prices: Prices, pace: Pace) -> Engines:
    """The engines of `backstage` for use in virtual time. Its language model is a scripted one, which gets a pace."""
    real, rest = backstage.engines, (backstage, memory, prices)
    return Engines(
        vad=MeteredVad(real.vad, *rest),
        recognizer=MeteredRecognizer(real.recognizer, *rest),
        chat=PacedChat(real.chat, pace),
        synthesizer=MeteredSynthesizer(real.synthesizer, *rest),
        turn_detector=MeteredTurnDetector(real.turn_detector, *rest) if real.turn_detector else None,
        echo_detector=real.echo_detector,
        sentence_detector=MeteredSentences(real.sentence_detector, *rest) if real.sentence_detector else None,
    )
