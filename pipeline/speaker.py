"""The tutor's side of a call: answers are drafted, let out, stopped, and told of."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.actions import Ticket
from pipeline.audio import Pcm
from pipeline.calling import Calls
from pipeline.engines import ChatRequest
from pipeline.errors import EngineError, NoAnswer
from pipeline.history import Item
from pipeline.line import Line
from pipeline.notices import ReplyAudio, ReplyEnded, ReplyItemStarted, ReplyReading, ReplyStarted, ReplyText
from pipeline.playout import LIVE_SLICE_S, SLICE_S, Piece, Playout
from pipeline.reply import Plan, Reply
from pipeline.settings import ReplyOptions
from pipeline.work_ahead import WorkAhead

LAST_MOMENT_S = 0.8
ECHO_TAIL_S = 1.0
"""An answer's sound may come back this much later than we think that it was heard."""
ECHO_BEFORE_S = 4.0
ECHO_AFTER_S = 0.5
"""Seconds around the present place in which the words of an echo are looked for."""
ECHO_CHARS = 80
"""Most that is said in `ECHO_BEFORE_S`."""

CUT = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why an answer is incomplete, in the wire's words, by how it finished."""

Status = Literal["completed", "cancelled", "incomplete", "failed"]


@dataclass(slots=True)
class _Answer:
    """An answer that was promised to the caller.

    item: with everything that was sent, None before its first word; the conversation may keep less.
    begins: where in the reply's sound it begins: an answer that was paused goes on as another one. before: the words in
    front of that place.
    work: lets it out. making: makes it. ended: its end was told.
    """

    ticket: Ticket
    id: str
    options: ReplyOptions
    calls: Calls
    reply: Reply | None = None
    making: asyncio.Task[None] | None = None
    work: asyncio.Task[None] | None = None
    item: Item | None = None
    begins: float = 0.0
    before: str = ""
    ended: bool = False


class Speaker:
    """At most one draft that nobody hears, and one answer that is promised or heard.

    plan(ticket, options): what an answer made now would depend on.
    ready(ticket): told when something of it could be heard, or nothing will come.
    sounding(ticket, reply): told when its sound leaves. over(ticket): told when its last sound has reached the ear.
    lead, backlog: see Playout. buffered: the client keeps a buffer of its own, which it empties when the caller speaks.
    """

    def __init__(  # noqa: PLR0913 - all but the first are given by name
        self,
        line: Line,
        lead: float,
        *,
        buffered: bool,
        backlog: Callable[[], float] | None = None,
        plan: Callable[[Ticket, ReplyOptions], Plan],
        ready: Callable[[Ticket], None],
        sounding: Callable[[Ticket, Reply], None],
        over: Callable[[Ticket], None],
    ) -> None:
        self._line = line
        self._lead = lead
        self._buffered = buffered
        self._backlog = backlog
        self._connected = asyncio.Event()
        self._connected.set()
        self._plan = plan
        self._ready = ready
        self._sounding = sounding
        self._over = over
        self._ahead = WorkAhead(line)
        self._draft: tuple[Reply, asyncio.Task[None]] | None = None
        self._answer: _Answer | None = None
        self._ear_end = 0.0
        self._last: Playout | None = None  # of the answer before

    @property
    def active(self) -> str | None:
        """Id of the answer that was promised and is not complete; None when there is none."""
        return self._answer.id if self._answer and not self._answer.ended else None

    def work_ahead(self, request: ChatRequest) -> None:
        """Have the language model work through the beginning of a prompt, unless it is busy with an answer."""
        if self._answer is None or self._answer.making is None or self._answer.making.done():
            self._ahead.start(request)

    def read_soon(self, request: Callable[[], ChatRequest]) -> None:
        """The same for a conversation to which the client may be adding more."""
        if self._answer is None or self._answer.making is None or self._answer.making.done():
            self._ahead.start_soon(request)

    def draft(self, ticket: Ticket) -> None:
        """Start making an answer, and hold it."""
        self._drop_draft()
        self._draft = self._make(ticket, self._plan(ticket, ReplyOptions()))

    def discard(self, ticket: Ticket) -> None:
        if self._draft and self._draft[0].ticket == ticket:
            self._drop_draft()

    def answer(self, ticket: Ticket, options: ReplyOptions, ready: Callable[[], Awaitable[None]]) -> None:
        """Promise an answer and let it be heard. ready(): done when all words that it depends on are known."""
        if self._answer and self._answer.making:
            self._answer.making.cancel()  # paused, and now overtaken
        answer = self._answer = self._promised(ticket, options)
        self._line.notify(ReplyStarted(answer.id, options))
        answer.work = self._line.tasks.spawn(self._perform(answer, ready), f"answer {self._line.caller} {ticket}")

    def stop(self, ticket: Ticket, reason: str) -> None:
        """Silence at once. An answer that was complete but not yet heard to its end has nothing more to tell."""
        answer = self._answer
        if answer is None or answer.ticket != ticket:
            return
        self.discard(ticket)
        for task in (answer.work, answer.making):
            if task:
                task.cancel()
        if answer.reply:
            answer.reply.playout.flush(self._now())
            self._ear_end = self._now()
        self._keep_heard(answer)
        self._end(answer, "cancelled", reason=reason)
        self._answer = None

    def wind_up(self, ticket: Ticket) -> None:
        """Come to the end of the sentence that is being heard."""
        if self._answer and self._answer.ticket == ticket and self._answer.reply:
            self._answer.reply.wind_up()

    def pause(self, ticket: Ticket) -> None:
        """Hold the sound back; making goes on. A client with a buffer of its own empties it now, and is told why."""
        answer = self._answer
        if answer is None or answer.ticket != ticket or answer.reply is None:
            return
        if answer.work:
            answer.work.cancel()
        answer.reply.playout.pause()
        if self._buffered:
            answer.reply.playout.silence(self._now())
            self._ear_end = self._now()
            self._keep_heard(answer)
            self._end(answer, "cancelled", reason="turn_detected")

    def resume(self, ticket: Ticket) -> None:
        """Go on where the ear stopped. For a client that was told of the end, what is left is another answer."""
        answer = self._answer
        if answer is None or answer.ticket != ticket or answer.reply is None or not answer.reply.playout.paused:
            return
        playout = answer.reply.playout
        if self._buffered:
            broken = answer.calls.broken
            answer = self._answer = self._rest_of(answer, answer.reply)
            self._line.notify(ReplyStarted(answer.id, answer.options))
            for piece in broken:  # half a call is of no use to anybody: it is made once more
                answer.calls.take(piece)
        playout.resume()
        playout.release(max(self._ear_end, self._now()))
        answer.work = self._line.tasks.spawn(self._deliver(answer), f"answer {self._line.caller} {ticket} again")

    def hold(self) -> None:
        """Nobody hears us: let nothing out until `go_on`."""
        self._connected.clear()

    def go_on(self) -> None:
        self._connected.set()

    @property
    def paused(self) -> bool:
        """An answer waits until it is certain what the caller's sound was."""
        return self._answer is not None and self._answer.reply is not None and self._answer.reply.playout.paused

    @property
    def nearly_over(self) -> bool:
        """The ear has heard all but the last moment of the answer: "yes" is now an answer to it."""
        reply = self._answer.reply if self._answer else None
        return reply is not None and reply.playout.finished and reply.playout.left(self._now()) <= LAST_MOMENT_S

    def playing(self, before: float, after: float) -> Pcm | None:
        """The sound around the place that the ear has reached, in seconds; None when nothing is or was just heard."""
        playout = self._answer.reply.playout if self._answer and self._answer.reply else self._last
        if playout is None or (not playout.paused and self._now() > playout.ear_end + ECHO_TAIL_S):
            return None
        return playout.around(self._now(), before, after)

    def recent_words(self) -> str:
        """What the ear heard in the last seconds, for comparison with what the microphone picks up."""
        answer = self._answer
        if answer is None or answer.reply is None:
            return ""
        now = answer.reply.playout.heard(self._now()) - answer.begins
        before = answer.before[-ECHO_CHARS:] if now < ECHO_BEFORE_S else ""
        if answer.item is None:
            return before
        whole = answer.item.cut(now + ECHO_AFTER_S).text or ""
        return before + whole[len(answer.item.cut(max(0.0, now - ECHO_BEFORE_S)).text or "") :]

    def _rest_of(self, answer: _Answer, reply: Reply) -> _Answer:
        """A new answer with what of this one was not heard. The client's own count of that goes before ours."""
        heard = self._present(answer.item) if answer.item else None
        begins, before, text = answer.begins, self.recent_words(), ""
        if answer.item and heard:
            truncated = heard.spoken != answer.item.spoken
            seconds = heard.seconds if truncated else reply.playout.heard(self._now()) - answer.begins
            begins += seconds
            text = (answer.item.text or "")[len(answer.item.cut(seconds).text or "") :]
        reply.playout.rewind(begins, text)
        rest = self._promised(answer.ticket, answer.options)
        rest.reply, rest.making, rest.begins, rest.before = reply, answer.making, begins, before
        return rest

    def _promised(self, ticket: Ticket, options: ReplyOptions) -> _Answer:
        reply = self._line.new_id("resp")
        return _Answer(ticket, reply, options, Calls(reply, self._line))

    def _keep_heard(self, answer: _Answer) -> None:
        """The conversation keeps no more of an answer than was heard."""
        if answer.item and answer.item.audio and answer.reply:
            seconds = answer.reply.playout.heard(self._now()) - answer.begins
            present = self._present(answer.item)
            self._line.history.put(present.heard(min(seconds, present.seconds)))

    # --- making ----------------------------------------------------------------------------------------------------

    def _make(self, ticket: Ticket, plan: Plan) -> tuple[Reply, asyncio.Task[None]]:
        playout = Playout(self._lead, SLICE_S if self._buffered else LIVE_SLICE_S, self._backlog)
        reply = Reply(ticket, plan, playout, lambda: self._ready(ticket), self._tell_reading)
        return reply, self._line.tasks.spawn(self._run(reply), f"make {self._line.caller} {ticket}")

    async def _run(self, reply: Reply) -> None:
        if not reply.plan.words:
            self._ahead.stop()
        try:
            await reply.make(self._line.engines.chat, self._line.engines.synthesizer, self._line.caller)
        except Exception:
            self._line.log.exception("making an answer failed unexpectedly")
            reply.error = EngineError("making an answer failed unexpectedly")

    def _tell_reading(self, reply: Reply, share: float) -> None:
        """A draft is read for in silence: nobody waits for it yet."""
        answer = self._answer
        if answer and answer.reply is reply and not answer.ended:
            self._line.notify(ReplyReading(answer.id, share))

    def _drop_draft(self) -> None:
        if self._draft:
            self._draft[1].cancel()
            self._draft = None

    def _take_draft(self, ticket: Ticket, plan: Plan) -> tuple[Reply, asyncio.Task[None]] | None:
        """The draft, if it is exactly the answer that would be made now."""
        draft, self._draft = self._draft, None
        if draft is None:
            return None
        if draft[0].ticket == ticket and draft[0].plan == plan and draft[0].error is None:
            return draft
        draft[1].cancel()
        return None

    # --- letting out -----------------------------------------------------------------------------------------------

    async def _perform(self, answer: _Answer, ready: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._prepare(answer, ready)
            await self._deliver(answer)
        except Exception:
            self._line.log.exception("letting an answer out failed unexpectedly")
            self._end(answer, "failed", error=EngineError("letting an answer out failed unexpectedly"))
            self._over(answer.ticket)

    async def _prepare(self, answer: _Answer, ready: Callable[[], Awaitable[None]]) -> None:
        """Take the draft, or start anew, once all words are known that the answer depends on."""
        await ready()
        plan = self._plan(answer.ticket, answer.options)
        reply, answer.making = self._take_draft(answer.ticket, plan) or self._make(answer.ticket, plan)
        answer.reply = reply
        reply.playout.release(self._ear_end)

    async def _deliver(self, answer: _Answer) -> None:
        """Let the answer out to its end, tell of the end, and wait until the ear has heard it."""
        assert answer.reply is not None
        reply = answer.reply
        await self._let_out(answer, reply)
        if reply.error:
            self._end(answer, "failed", error=reply.error)
        elif reason := CUT.get(reply.finish):
            self._end(answer, "incomplete", reason=reason)
        else:
            self._end(answer, "completed")
        if answer.making:
            answer.making.cancel()  # what is still being made of an answer that wound up is not wanted
        if (left := reply.playout.ear_end - self._now()) > 0:
            await asyncio.sleep(left)
        self._last = reply.playout
        if self._answer is answer:
            self._answer = None
        self._over(answer.ticket)

    async def _let_out(self, answer: _Answer, reply: Reply) -> None:
        while True:
            await self._connected.wait()
            reply.changed.clear()
            for piece in reply.let_out(self._now()):
                self._tell(answer, piece)
            self._ear_end = reply.playout.ear_end
            if reply.playout.drained:
                return
            due = reply.playout.next_due()
            try:
                async with asyncio.timeout_at(due):
                    await reply.changed.wait()
            except TimeoutError:
                continue

    def _tell(self, answer: _Answer, piece: Piece) -> None:
        if piece.call:
            answer.calls.take(piece.call)
            return
        if answer.item is None:
            spoken = answer.reply is not None and answer.reply.plan.audio
            answer.item = Item(self._line.new_id("item"), "assistant", "", audio=spoken, status="in_progress")
            after = self._line.keep(answer.item)
            self._line.notify(ReplyItemStarted(answer.id, answer.item, after))
        answer.item = answer.item.said(piece.text, piece.seconds)
        if self._present(answer.item).status == "in_progress":  # else the client has cut it meanwhile
            self._line.history.put(answer.item)
        if piece.text:
            self._line.notify(ReplyText(answer.id, answer.item.id, piece.text))
        if piece.pcm and piece.seconds:
            assert answer.reply is not None
            self._sounding(answer.ticket, answer.reply)
            self._line.notify(ReplyAudio(answer.id, answer.item.id, piece.pcm))

    def _present(self, item: Item) -> Item:
        """The item as it stands: the client may have cut it meanwhile."""
        return self._line.history.get(item.id) or item

    def _end(
        self, answer: _Answer, status: Status, *, reason: str | None = None, error: EngineError | None = None
    ) -> None:
        if answer.ended:
            return
        answer.ended = True
        item = None
        if answer.item:
            whole = status == "completed"
            item = replace(self._present(answer.item), status="completed" if whole else "incomplete")
            if isinstance(error, NoAnswer):
                item = item.cut(0)
            self._line.history.put(item)
        usage = answer.reply.usage if answer.reply else None
        code, message = (error.code, error.told) if error else (None, None)
        if error:
            self._line.log.warning("an answer failed", extra={"code": code, "reason": str(error)})
        calls = answer.calls.end(whole=status == "completed")
        self._line.notify(ReplyEnded(answer.id, status, item, reason, usage, code, message, calls))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
