"""Messages that the client sent as sound: their words are found beside the turns of the call."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from pipeline.audio import Pcm
from pipeline.engines import Listening, Transcript
from pipeline.errors import CallerError, EngineError
from pipeline.history import Item
from pipeline.line import Line
from pipeline.settings import ReplyOptions

MOST = 8
"""Recordings of one call whose words are not known yet: they share the recognizer with the turns of all."""
KEPT = 64
"""Words of inputs that are kept: more than the responses that can be under way."""

Heard: TypeAlias = Transcript | EngineError


class Recordings:
    """One call's recordings whose words are not known yet."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._open: set[asyncio.Task[None]] = set()

    def check(self, number: int) -> None:
        """Raises CallerError when so many more are too many."""
        if len(self._open) + number > MOST:
            raise CallerError(
                f"The words of at most {MOST} recordings can be awaited at a time; wait for those on their way.",
                code="too_many_recordings",
            )

    def add(self, sound: Pcm, how: Listening, heard: Callable[[Heard], None]) -> None:
        """Find the words in `sound` (16 kHz). heard: told of them, or of what went wrong."""
        task = self._line.tasks.spawn(self._transcribe(sound, how, heard), f"recording {self._line.caller}")
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def settled(self) -> None:
        """Wait until the words of all are known; the recognizer's own deadlines bound this."""
        while self._open:
            await asyncio.wait(list(self._open))

    async def _transcribe(self, sound: Pcm, how: Listening, heard: Callable[[Heard], None]) -> None:
        words: Heard
        try:
            words = await self._line.engines.recognizer.transcribe(sound, how, caller=self._line.caller)
        except EngineError as error:
            self._line.log.warning("a recording was not understood", extra={"reason": str(error)})
            words = error
        heard(words)


def with_words(item: Item, words: str) -> Item:
    """The item with the words of its sound behind its written lines."""
    return replace(item, text="\n".join(filter(None, (item.text, words))))


class Inputs:
    """The words of sounds in the inputs of responses, until those are made."""

    def __init__(self) -> None:
        self._known: dict[str, Heard] = {}

    def heard(self, item: str, words: Heard) -> None:
        self._known[item] = words
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]

    def fault(self, options: ReplyOptions) -> EngineError | None:
        """What went wrong with one of them."""
        found = (self._known.get(item) for item, _ in options.sounds)
        return next((words for words in found if isinstance(words, EngineError)), None)

    def read(self, options: ReplyOptions) -> ReplyOptions:
        """`options` whose input has the words of its sounds."""
        if options.input is None or not options.sounds:
            return options
        heard = {item: self._known.get(item) for item, _ in options.sounds}
        known = {item: words.text for item, words in heard.items() if isinstance(words, Transcript)}
        items = tuple(
            with_words(item, known[item.id]) if isinstance(item, Item) and item.id in known else item
            for item in options.input
        )
        return replace(options, input=items, sounds=())
