"""The tutor's side of a call: answers are drafted, let out, stopped, and told of."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.actions import Ticket
from pipeline.engines import ChatMessage, ChatRequest
from pipeline.errors import EngineError
from pipeline.history import Item
from pipeline.line import Line
from pipeline.notices import ReplyAudio, ReplyEnded, ReplyItemStarted, ReplyStarted, ReplyText
from pipeline.playout import Piece, Playout
from pipeline.reply import Plan, Reply
from pipeline.settings import ReplyOptions

Status = Literal["completed", "cancelled", "incomplete", "failed"]


@dataclass(slots=True)
class _Answer:
    """An answer that was promised to the caller. item: as it stands in the conversation, None before its first word."""

    ticket: Ticket
    id: str
    options: ReplyOptions
    reply: Reply | None = None
    item: Item | None = None
    work: asyncio.Task[None] | None = None
    ended: bool = False


class Speaker:
    """At most one draft that nobody hears, and one answer that is promised or heard.

    plan(ticket, options): what an answer made now would depend on.
    sounding(ticket), over(ticket): told when its first sound leaves, and when its last has reached the ear.
    lead: see Playout.
    """

    def __init__(
        self,
        line: Line,
        lead: float,
        *,
        plan: Callable[[Ticket, ReplyOptions], Plan],
        sounding: Callable[[Ticket], None],
        over: Callable[[Ticket], None],
    ) -> None:
        self._line = line
        self._lead = lead
        self._plan = plan
        self._sounding = sounding
        self._over = over
        self._priming: asyncio.Task[None] | None = None
        self._draft: tuple[Reply, asyncio.Task[None]] | None = None
        self._answer: _Answer | None = None
        self._ear_end = 0.0

    @property
    def active(self) -> str | None:
        """Id of the answer that was promised and is not complete; None when there is none."""
        return self._answer.id if self._answer and not self._answer.ended else None

    def prime(self, messages: tuple[ChatMessage, ...]) -> None:
        """Let the language model's server work through the beginning of the prompt before it is needed.

        Servers keep what they worked through (prefix cache). One answer of one token is what every server understands.
        """
        if self._priming:
            self._priming.cancel()
        self._priming = self._line.tasks.spawn(self._prime(ChatRequest(messages, max_tokens=1)), "prime")

    def draft(self, ticket: Ticket) -> None:
        """Start making an answer, and hold it."""
        self._drop_draft()
        self._draft = self._make(ticket, self._plan(ticket, ReplyOptions()))

    def discard(self, ticket: Ticket) -> None:
        if self._draft and self._draft[0].ticket == ticket:
            self._drop_draft()

    def answer(self, ticket: Ticket, options: ReplyOptions, ready: Callable[[], Awaitable[None]]) -> None:
        """Promise an answer and let it be heard. ready(): done when all words that it depends on are known."""
        answer = self._answer = _Answer(ticket, self._line.new_id("resp"), options)
        self._line.notify(ReplyStarted(answer.id, options))
        answer.work = self._line.tasks.spawn(self._perform(answer, ready), f"answer {self._line.caller} {ticket}")

    def stop(self, ticket: Ticket, reason: str) -> None:
        """Silence at once. An answer that was complete but not yet heard to its end has nothing more to tell."""
        answer = self._answer
        if answer is None or answer.ticket != ticket:
            return
        if answer.work:
            answer.work.cancel()
        self.discard(ticket)
        if answer.reply:
            answer.reply.playout.flush(self._now())
            self._ear_end = self._now()
        self._end(answer, "cancelled", reason=reason)
        self._answer = None

    # --- making ----------------------------------------------------------------------------------------------------

    def _make(self, ticket: Ticket, plan: Plan) -> tuple[Reply, asyncio.Task[None]]:
        reply = Reply(ticket, plan, Playout(self._lead))
        return reply, self._line.tasks.spawn(self._run(reply), f"make {self._line.caller} {ticket}")

    async def _prime(self, request: ChatRequest) -> None:
        try:
            async with aclosing(self._line.engines.chat.stream(request, caller=self._line.caller)) as deltas:
                async for delta in deltas:
                    if delta.text or delta.finish:
                        break
        except EngineError as error:
            self._line.log.warning("priming the language model failed", extra={"reason": str(error)})

    async def _run(self, reply: Reply) -> None:
        if self._priming:
            # Working through the same words twice at once would take twice as long as waiting for the first.
            await asyncio.wait({self._priming})
        try:
            await reply.make(self._line.engines.chat, self._line.engines.synthesizer, self._line.caller)
        except Exception:
            self._line.log.exception("making an answer failed unexpectedly")
            reply.error = EngineError("The answer failed unexpectedly; the gateway's log has the reason.")

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
        await ready()
        plan = self._plan(answer.ticket, answer.options)
        reply, making = self._take_draft(answer.ticket, plan) or self._make(answer.ticket, plan)
        answer.reply = reply
        reply.playout.release(self._ear_end)
        try:
            await self._let_out(answer, reply)
        finally:
            making.cancel()
        if reply.error:
            self._end(answer, "failed", error=reply.error)
        elif reply.finish == "length":
            self._end(answer, "incomplete", reason="max_output_tokens")
        else:
            self._end(answer, "completed")
        if (left := reply.playout.ear_end - self._now()) > 0:
            await asyncio.sleep(left)
        if self._answer is answer:
            self._answer = None
        self._over(answer.ticket)

    async def _let_out(self, answer: _Answer, reply: Reply) -> None:
        while True:
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
        if answer.item is None:
            spoken = answer.reply is not None and answer.reply.plan.audio
            answer.item = Item(self._line.new_id("item"), "assistant", "", audio=spoken, status="in_progress")
            after = self._line.history.add(answer.item)
            self._line.notify(ReplyItemStarted(answer.id, answer.item, after))
        answer.item = self._present(answer.item).said(piece.text, piece.seconds)
        self._line.history.put(answer.item)
        if piece.text:
            self._line.notify(ReplyText(answer.id, answer.item.id, piece.text))
        if piece.pcm:
            self._sounding(answer.ticket)
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
        if answer.item:
            whole = status == "completed"
            answer.item = replace(self._present(answer.item), status="completed" if whole else "incomplete")
            self._line.history.put(answer.item)
        usage = answer.reply.usage if answer.reply else None
        code, message = (error.code, str(error)) if error else (None, None)
        self._line.notify(ReplyEnded(answer.id, status, answer.item, reason, usage, code, message))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
