"""A caller on a call with scripted engines, in virtual time: loud audio is speech."""

import asyncio
import gc
from collections.abc import Callable, Sequence
from typing import TypeVar

from models.scripted import (
    ScriptedChat,
    ScriptedRecognizer,
    ScriptedSynthesizer,
    ScriptedTurnDetector,
    ScriptedVad,
)
from pipeline.audio import Pcm
from pipeline.call import Call
from pipeline.engines import ChatRequest, EchoDetector, Engines, SentenceDetector
from pipeline.notices import Notice, ReplyAudio
from pipeline.settings import CallSettings

N = TypeVar("N", bound=Notice)
SPEECH = (8000).to_bytes(2, "little") * 320
SILENCE = bytes(640)
"""20 ms of each."""


class Telephone:
    """Streams frames in the loop's time and keeps what the call tells, with the time it was told at."""

    def __init__(
        self,
        chat: ScriptedChat | None = None,
        *,
        texts: Sequence[str] | Callable[[Pcm], str] = ("hello there",),
        hearing_s: float = 0.1,
        detector: ScriptedTurnDetector | None = None,
        settings: CallSettings | None = None,
        lead: float = 3.0,
        buffered: bool = True,
        frame_ms: int = 20,
        echo: EchoDetector | None = None,
        sentences: SentenceDetector | None = None,
    ) -> None:
        self.frame_ms = frame_ms
        self.chat = chat or ScriptedChat(["Good ", "morning, ", "my friend. ", "How ", "are ", "you?"], each_s=0.02)
        self.recognizer = ScriptedRecognizer(texts, delay_s=hearing_s)
        self.synthesizer = ScriptedSynthesizer(each_s=0.05, part_ms=60_000)
        self.detector = detector or ScriptedTurnDetector(1.0)
        engines = Engines(ScriptedVad(), self.recognizer, self.chat, self.synthesizer, self.detector, echo, sentences)
        self.told: list[tuple[float, Notice]] = []
        self.numbers: dict[str, int] = {}
        self.call = Call(
            engines,
            settings or CallSettings(instructions="Be kind."),
            caller="test",
            notify=self._told,
            new_id=self._new_id,
            lead=lead,
            buffered=buffered,
        )

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def speak(self, seconds: float) -> None:
        await self._stream(SPEECH, seconds)

    async def hush(self, seconds: float) -> None:
        await self._stream(SILENCE, seconds)

    async def _stream(self, frame: bytes, seconds: float) -> None:
        frame *= self.frame_ms // 20
        for _ in range(round(seconds * 1000 / self.frame_ms)):
            await self.call.hear(frame)
            await asyncio.sleep(self.frame_ms / 1000)

    @property
    def requests(self) -> list[ChatRequest]:
        """What the language model was asked for an answer to."""
        return list(self.chat.requests)

    def all(self, kind: type[N]) -> list[N]:
        return [notice for _, notice in self.told if isinstance(notice, kind)]

    def last(self, kind: type[N]) -> N:
        return self.all(kind)[-1]

    def when(self, kind: type[Notice]) -> float:
        """Time of the first notice of this kind."""
        return next(at for at, notice in self.told if isinstance(notice, kind))

    @property
    def names(self) -> list[str]:
        """Kinds of everything told, repeated sound and words as one, without timings."""
        names: list[str] = []
        for _, notice in self.told:
            name = type(notice).__name__
            if name == "TurnTimed" or (name in ("ReplyAudio", "ReplyText") and name in names[-2:]):
                continue
            names.append(name)
        return names

    @property
    def words(self) -> list[tuple[str, str | None]]:
        """Who said what, as the call's history has it."""
        return [(item.role, item.text) for item in self.call.history]

    @property
    def sound(self) -> float:
        """Seconds of sound sent."""
        return sum(notice.pcm.seconds for notice in self.all(ReplyAudio))

    async def hang_up(self) -> None:
        """Ends the call and checks that nothing of it is left."""
        await self.call.close()
        await asyncio.sleep(0)
        gc.collect()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
        assert self.chat.open == 0

    def _told(self, notice: Notice) -> None:
        self.told.append((self.now, notice))

    def _new_id(self, kind: str) -> str:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return f"{kind}{self.numbers[kind]}"
