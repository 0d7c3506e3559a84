"""A recording of any length, through a recognizer that hears a few seconds at a time.

Never more of it is in memory than the piece that is being heard. Pieces wait for a gap between the callers' turns.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm, Span
from pipeline.engines import Engines, Listening, Transcript, Word
from voicegw.media.batch import BatchDesk
from voicegw.media.cutting import Cutter

T = TypeVar("T")
STEP = HEARING_RATE * SAMPLE_BYTES
"""Bytes given to voice activity detection at a time: a second."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the recording and what was said in it. start, end: seconds. Its words are timed in the recording."""

    start: float
    end: float
    heard: Transcript


@dataclass(frozen=True, slots=True)
class Transcribed:
    """Every piece with words in it, in order. seconds: of the whole recording."""

    segments: Sequence[Segment]
    seconds: float


async def transcribed(
    recording: Generator[Pcm, None, None],
    how: Listening,
    engines: Engines,
    desk: BatchDesk,
    tell: Callable[[Segment], None] = lambda _: None,
) -> Transcribed:
    """recording: at 16 kHz, piece by piece (`decode.blocks`). tell: told of each piece with words at once.

    Raises EngineError, and what making a piece raises.
    """
    caller = f"file_{secrets.token_hex(4)}"
    kept, cutter, vad = _Kept(), Cutter(), engines.vad.open(caller, batch=True)
    segments: list[Segment] = []

    async def hear(spans: Sequence[Span]) -> None:
        for span in spans:
            async with desk.piece():
                heard = await engines.recognizer.transcribe(kept.read(span), how, caller=caller, batch=True)
            if heard.text:
                segments.append(_placed(heard, span))
                tell(segments[-1])
        kept.forget(cutter.keep_from)

    async with aclosing(_made(recording)) as made:
        async for block in made:
            kept.append(block)
            for second in _seconds(block):
                await hear(cutter.push(await vad.push(second)))
    await hear(cutter.finish(kept.end))
    return Transcribed(segments, kept.end / HEARING_RATE)


class _Kept:
    """The end of the recording, as far as it is needed."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._start = 0

    @property
    def end(self) -> int:
        return self._start + len(self._data) // SAMPLE_BYTES

    def append(self, pcm: Pcm) -> None:
        self._data += pcm.data

    def read(self, span: Span) -> Pcm:
        """As a recording of its own."""
        start, end = (max(0, at - self._start) * SAMPLE_BYTES for at in (span.start, span.end))
        return Pcm(bytes(self._data[start:end]), HEARING_RATE)

    def forget(self, before: int) -> None:
        count = max(0, min(before, self.end) - self._start)
        del self._data[: count * SAMPLE_BYTES]
        self._start += count


async def _made(recording: Generator[Pcm, None, None]) -> AsyncGenerator[Pcm, None]:
    """Its pieces, made in a thread; what made them is closed when nobody wants more."""
    try:
        while (block := await _in_thread(next, recording, None)) is not None:
            yield block
    finally:
        recording.close()


async def _in_thread(function: Callable[..., T], *given: Any) -> T:
    """Whoever gives up waits until the thread has left what it works on."""
    working = asyncio.ensure_future(asyncio.to_thread(function, *given))
    try:
        return await asyncio.shield(working)
    finally:
        await asyncio.wait({working})


def _seconds(block: Pcm) -> Iterator[Pcm]:
    for at in range(0, len(block.data), STEP):
        yield Pcm(block.data[at : at + STEP], block.rate, block.start + at // SAMPLE_BYTES)


def _placed(heard: Transcript, span: Span) -> Segment:
    start, end = span.start / HEARING_RATE, span.end / HEARING_RATE
    words = tuple(Word(word.text, start + word.start, start + word.end) for word in heard.words)
    return Segment(start, end, replace(heard, words=words))
