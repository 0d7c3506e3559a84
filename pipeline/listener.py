"""The caller's side of a call: audio in, turns and their words out."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pipeline.actions import Ticket
from pipeline.audio import HEARING_RATE, Pcm, Span, milliseconds, samples_in
from pipeline.engines import Listening, SpeechScore, Transcript
from pipeline.errors import EngineError
from pipeline.history import Item
from pipeline.input_buffer import InputBuffer
from pipeline.line import Line
from pipeline.notices import (
    IdleTimedOut,
    InputCommitted,
    SpeechStarted,
    SpeechStopped,
    TranscriptDone,
    TranscriptFailed,
    TranscriptGrew,
)
from pipeline.partials import Partials
from pipeline.tasks import TicketWork

BUFFER_S = 600
"""Audio a client may send without committing it: ten minutes, about 19 MB."""
NEWS_MS = 600
"""A partial that hears the turn but for so much of it is let finish beside the final: it is done earlier, and what it
has found can be read meanwhile."""

AWAITED_S = 0.5
"""Longest wait for a partial that is to be the final, unless the one before took more than half of that: when there is
no time for partials, there may be for finals."""


@dataclass(slots=True)
class _Turn:
    """A turn whose words are not yet in the history.

    overhearing: the newest partial, made or being made; overheard: how. awaited: it is to be the final.
    grown: the newest hypothesis that the captions have grown by.
    """

    item: str
    ticket: Ticket
    closed: Span | None = None
    words: Transcript | EngineError | None = None
    announced: bool = False
    partials: Partials = field(default_factory=Partials)
    overhearing: asyncio.Task[Transcript | None] | None = None
    overheard: Listening | None = None
    awaited: bool = False
    grown: Transcript | None = None

    def in_its_language(self, how: Listening) -> Listening:
        """The language that its agreed words are in need not be found out again."""
        return how if how.language else replace(how, language=self.partials.language)


class Listener:
    """Keeps the caller's audio, scores it, and finds the words of each turn.

    heard(ticket, transcript): called once for every transcription that was not discarded; None when it failed.
    likely(ticket, text): how an open turn very probably begins, told whenever more of it is known.
    """

    def __init__(
        self,
        line: Line,
        heard: Callable[[Ticket, Transcript | None], None],
        likely: Callable[[Ticket, str], None],
    ) -> None:
        self._line = line
        self._heard = heard
        self._likely = likely
        self._vad = line.engines.vad.open(line.caller)
        self._buffer = InputBuffer(BUFFER_S)
        self._turns: dict[int, _Turn] = {}
        self._work = TicketWork(line.tasks, line.caller)
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def end(self) -> int:
        """Samples received so far."""
        return self._buffer.end

    def check_room(self, seconds: float) -> None:
        """Raises CallerError when so much more sound cannot be kept."""
        self._buffer.check(seconds)

    async def push(self, data: bytes) -> Sequence[SpeechScore]:
        """Take 16 kHz samples in; returns the scores that they complete."""
        return await self._vad.push(self._buffer.append(data))

    def read(self, span: Span) -> Pcm:
        return self._buffer.read(span)

    def forget(self, before: int) -> None:
        self._buffer.forget(before)

    def open(self, ticket: Ticket, start: int) -> None:
        """The caller speaks. Telling it twice of one turn is telling it once."""
        turn = self._turn(ticket)
        if turn.announced:
            return
        turn.announced = True
        self._line.notify(SpeechStarted(turn.item, milliseconds(start, HEARING_RATE)))

    def close(self, ticket: Ticket, span: Span, *, opened: bool) -> None:
        """The turn becomes a message; its words follow at once if they are known."""
        if opened:
            turn = self._turns[ticket.turn]
            turn.ticket = ticket
            self._line.notify(SpeechStopped(turn.item, milliseconds(span.end, HEARING_RATE)))
        else:
            turn = self._turn(ticket)
        item = Item(turn.item, "user", None, audio=True)
        self._line.notify(InputCommitted(item, self._line.keep(item)))
        turn.closed = span
        self._settled.clear()
        self._settle(turn)

    def speak_up(self, span: Span) -> None:
        """A stretch of silence becomes a message without words."""
        item = Item(self._line.new_id("item"), "user", "", audio=True)
        start, end = milliseconds(span.start, HEARING_RATE), milliseconds(span.end, HEARING_RATE)
        self._line.notify(IdleTimedOut(item.id, start, end))
        self._line.notify(InputCommitted(item, self._line.keep(item)))

    def drop(self, ticket: Ticket) -> None:
        """The turn is nothing after all."""
        turn = self._turns.pop(ticket.turn, None)
        if turn and turn.overhearing:
            turn.overhearing.cancel()
        if turn and turn.announced:
            self._line.notify(SpeechStopped(turn.item, milliseconds(self.end, HEARING_RATE)))

    def overhear(self, ticket: Ticket, span: Span, how: Listening, *, lull: bool) -> None:
        """Find words of a turn that is not over, unless the last attempt is too recent or still under way."""
        turn = self._turn(ticket)
        now = self._now()
        if not turn.partials.due(span.start, span.end, now, lull=lull):
            return
        turn.partials.asked(span.end, now)
        turn.overheard = how
        work = self._overhear(turn, self._buffer.read(span), how)
        turn.overhearing = self._line.tasks.spawn(work, f"overhear {self._line.caller} {ticket}")
        turn.overhearing.add_done_callback(lambda _: turn.partials.done(self._now()))

    def transcribe(self, ticket: Ticket, span: Span, how: Listening, said: int | None) -> None:
        """said: where the last word ended, if it is known. A partial that hears the turn up to there is its final."""
        turn = self._turn(ticket)
        turn.ticket, turn.words = ticket, None
        if turn.overhearing and span.end - turn.partials.heard_until > samples_in(NEWS_MS, HEARING_RATE):
            turn.overhearing.cancel()  # it hears so much less that it would only be in the way
        all_of_it = said is not None and turn.partials.heard_until >= said and turn.overheard == how
        turn.awaited = all_of_it and not (how.word_times or how.token_logprobs)  # partials have neither
        # Read now: what is not part of an open turn may be forgotten before the task first runs.
        audio = self._buffer.read(span)
        self._work.start(ticket, self._transcribe(turn, ticket, audio, how), "transcribe")

    def discard(self, ticket: Ticket) -> None:
        """Nobody waits for these words any more."""
        self._work.stop(ticket)
        if (turn := self._turns.get(ticket.turn)) and turn.ticket == ticket:
            turn.words, turn.awaited = None, False

    def transcript(self, ticket: Ticket) -> Transcript | None:
        """What was heard of a turn that is not closed yet; None when it is, or the words are unknown."""
        turn = self._turns.get(ticket.turn)
        if turn is None or turn.ticket != ticket or not isinstance(turn.words, Transcript):
            return None
        return turn.words

    @property
    def all_known(self) -> bool:
        """The words of every closed turn are known."""
        return self._settled.is_set()

    async def settled(self) -> None:
        """Wait until the words of every closed turn are known; the recognizer's own deadlines bound this."""
        await self._settled.wait()

    def _turn(self, ticket: Ticket) -> _Turn:
        if ticket.turn not in self._turns:
            self._turns[ticket.turn] = _Turn(self._line.new_id("item"), ticket)
        return self._turns[ticket.turn]

    async def _overhear(self, turn: _Turn, audio: Pcm, how: Listening) -> Transcript | None:
        recognizer, draft = self._line.engines.recognizer, turn.partials.likely
        try:
            words = await recognizer.transcribe(
                audio, turn.in_its_language(how), caller=self._line.caller, final=False, draft=draft
            )
        except EngineError as error:  # most likely there is no time for it, and nobody is the worse for that
            self._line.log.debug("a partial transcript failed", extra={"reason": str(error)})
            return None
        if turn.words is not None or turn.awaited:
            return words  # all of them are known by now
        self._grow(turn, words)
        if likely := turn.partials.likely:
            self._likely(turn.ticket, likely)
        return words

    def _grow(self, turn: _Turn, hypothesis: Transcript) -> None:
        if turn.grown is hypothesis:
            return  # it would agree with itself
        turn.grown = hypothesis
        more = turn.partials.heard(hypothesis.text, hypothesis.language)
        if more and turn.announced and turn.closed is None:
            self._line.notify(TranscriptGrew(turn.item, more))

    async def _transcribe(self, turn: _Turn, ticket: Ticket, audio: Pcm, how: Listening) -> None:
        words: Transcript | EngineError
        try:
            words = await self._overheard(turn) or await self._line.engines.recognizer.transcribe(
                audio, turn.in_its_language(how), caller=self._line.caller, draft=turn.partials.likely
            )
        except EngineError as error:
            self._line.log.warning("transcription failed", extra={"reason": str(error)})
            words = error
        except Exception:
            self._line.log.exception("transcription failed unexpectedly")
            words = EngineError("the speech recognizer failed unexpectedly")
        if self._turns.get(ticket.turn) is not turn or turn.ticket != ticket:
            return
        turn.words = words = _not_less(words, turn.partials)
        if isinstance(words, Transcript):
            self._grow(turn, words)
        self._settle(turn)
        self._heard(ticket, words if isinstance(words, Transcript) else None)

    async def _overheard(self, turn: _Turn) -> Transcript | None:
        """What the newest partial heard, if that is all there is to hear."""
        if not turn.awaited or turn.overhearing is None:
            return None
        await asyncio.wait([turn.overhearing], timeout=max(AWAITED_S, 2 * turn.partials.took))
        if not turn.overhearing.done():
            turn.overhearing.cancel()
            return None
        if turn.overhearing.cancelled() or turn.overhearing.exception():
            return None
        words = turn.overhearing.result()
        return words if words and words.text else None

    def _settle(self, turn: _Turn) -> None:
        """Give a closed turn its words."""
        if turn.closed is None or turn.words is None:
            return
        del self._turns[turn.ticket.turn]
        if not any(other.closed for other in self._turns.values()):
            self._settled.set()
        if isinstance(turn.words, Transcript):
            if item := self._line.history.get(turn.item):
                self._line.history.put(item.said(turn.words.text, 0))
            seconds = turn.closed.samples / HEARING_RATE
            self._line.notify(TranscriptDone(turn.item, turn.words, seconds))
        else:
            self._line.notify(TranscriptFailed(turn.item, turn.words.code, turn.words.told))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _not_less(words: Transcript | EngineError, partials: Partials) -> Transcript | EngineError:
    """What two partials agreed on is not nothing: the caller waits for an answer to it."""
    if isinstance(words, Transcript) and not words.text and partials.twice:
        return replace(words, text=partials.twice, language=partials.language or words.language)
    return words
