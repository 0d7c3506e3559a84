"""One answer, from the conversation to sound: language model → sentences → voice → playout.

Making and letting out are apart. `make` fills the playout and knows nothing of turns; whether and when something of it
is heard is decided by releasing the playout. A reply that is never released leaves no trace.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.actions import Ticket
from pipeline.captions import by_word
from pipeline.engines import (
    ChatDelta,
    ChatModel,
    ChatRequest,
    Finish,
    Speaking,
    Synthesizer,
    ToolCallPiece,
    Usage,
    Word,
)
from pipeline.errors import EngineError
from pipeline.playout import Piece, Playout
from pipeline.sentences import SentenceSplitter, in_pieces
from pipeline.timings import Milestones
from pipeline.voicing import Voicing

AHEAD_S = 8.0
"""Sound made ahead of what has left: more would only be thrown away at the next interruption."""
_Chunk: TypeAlias = str | ToolCallPiece
CHUNKS = 256
"""Chunks of text that may wait for the voice; the language model is held up beyond that."""
WIDE = 0x2E80
"""First code point of the scripts that are written without spaces."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything an answer depends on: two equal plans would make the same answer.

    audio: False for an answer in text only. speaking: the voice. fault: why it cannot be made, None when it can.
    words: what is said, as it is written, in place of what the language model would answer to `request`.
    """

    request: ChatRequest
    speaking: Speaking
    audio: bool
    fault: EngineError | None = None
    words: str = ""


class Reply:
    """An answer in the making.

    changed: set whenever the playout got more, or ended. ready: called once, when there is something to let out, or
    nothing will come. reading: told how much of the prompt is read (0..1), where that takes long.
    milestones: how far it had come when.
    """

    def __init__(
        self,
        ticket: Ticket,
        plan: Plan,
        playout: Playout,
        ready: Callable[[], None],
        reading: "Callable[[Reply, float], None]" = lambda *_: None,
    ) -> None:
        self.ticket = ticket
        self.plan = plan
        self.playout = playout
        self.changed = asyncio.Event()
        self.milestones = Milestones()
        self.usage: Usage | None = None
        self.finish: Finish = "stop"
        self.error: EngineError | None = None
        self._ready: Callable[[], None] | None = ready
        self._reading = reading
        self._room = asyncio.Event()
        self._samples = 0

    async def make(self, chat: ChatModel, voice: Synthesizer, caller: str) -> None:
        """Run to the end of the answer, or to the first failure, which is kept in `error`."""
        chunks: asyncio.Queue[_Chunk | None] = asyncio.Queue(CHUNKS)
        voicing = Voicing(self.plan.speaking, voice.voices)
        try:
            if self.plan.fault:
                raise self.plan.fault
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._think(chat, voicing, chunks, caller), name=f"think {caller}")
                tasks.create_task(self._say(voice, voicing, chunks, caller), name=f"say {caller}")
        except* EngineError as group:
            self.error = _first(group)
            self.playout.hurry()
        finally:
            self.playout.finish()
            self._tell()

    def wind_up(self) -> None:
        """Come to the end of the sentence that is being heard."""
        self.playout.wind_up()
        self.changed.set()

    def let_out(self, now: float) -> list[Piece]:
        """Pieces that must leave now; makes room for more to be made."""
        pieces = self.playout.due(now)
        if pieces:
            self._room.set()
        return pieces

    async def _think(
        self, chat: ChatModel, voicing: Voicing, chunks: asyncio.Queue[_Chunk | None], caller: str
    ) -> None:
        splitter = SentenceSplitter(voicing.language)
        answer = _as_written(self.plan.words) if self.plan.words else chat.stream(self.plan.request, caller=caller)
        async with aclosing(answer) as deltas:
            async for delta in deltas:
                self.usage = delta.usage or self.usage
                self.finish = delta.finish or self.finish
                if delta.reading:
                    self._reading(self, delta.reading.share)
                if delta.text:
                    self.milestones.reach("token", _now())
                    voicing.read(delta.text)
                    splitter.language = voicing.language
                for piece in in_pieces(delta.text) if self.plan.audio else ():
                    for text in splitter.push(piece):
                        await chunks.put(text)
                    await asyncio.sleep(0)  # a whole answer may have come at once
                if delta.text and not self.plan.audio:
                    await chunks.put(delta.text)
                if delta.call:
                    for text in splitter.finish():
                        await chunks.put(text)
                    await chunks.put(delta.call)
        for text in splitter.finish():
            await chunks.put(text)
        await chunks.put(None)

    async def _say(
        self, voice: Synthesizer, voicing: Voicing, chunks: asyncio.Queue[_Chunk | None], caller: str
    ) -> None:
        first = True
        while (chunk := await chunks.get()) is not None:
            if isinstance(chunk, ToolCallPiece):
                self._hold(Piece("", call=chunk))
                continue
            self.milestones.reach("chunk", _now())
            if not self.plan.audio:
                self._hold(Piece(chunk))
                continue
            gap, first = ("" if first or ord(chunk[0]) > WIDE else " "), False
            untold, begins = gap + chunk, self._samples
            async with aclosing(voice.stream(chunk, voicing.how, caller=caller)) as sounds:
                async for spoken in sounds:
                    self.milestones.reach("sound", _now())
                    words = spoken.words
                    if words is None:  # a voice that cannot tell them has them all begin with its first sound
                        words = (Word(untold, 0, 0),) if untold else ()
                    elif words and untold:
                        words = (Word(gap + words[0].text, 0, 0), *words[1:])
                    untold = "" if words else untold
                    for piece in by_word(spoken.pcm, words, begins):
                        self._hold(piece)
                    self._samples += spoken.pcm.samples
                    await self._wait_for_room()
            if untold:
                self._hold(Piece(untold))  # words without a sound are shown all the same

    def _hold(self, piece: Piece) -> None:
        self.playout.hold(piece)
        self._tell()

    def _tell(self) -> None:
        self.changed.set()
        ready, self._ready = self._ready, None
        if ready:
            ready()

    async def _wait_for_room(self) -> None:
        while self.playout.waiting > AHEAD_S:
            self._room.clear()
            await self._room.wait()


async def _as_written(words: str) -> AsyncGenerator[ChatDelta, None]:
    yield ChatDelta(words, finish="stop")


def _first(group: BaseExceptionGroup[EngineError]) -> EngineError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _now() -> float:
    return asyncio.get_running_loop().time()
