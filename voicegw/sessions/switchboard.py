"""Calls over WebRTC: each lives on while its connections come and go.

A WebSocket is its own handle; a WebRTC call is made, hung up and taken up again by separate requests, so somebody must
know the calls by name. A caller whose line broke comes back with a *ticket*: it was given with the answer, is good for
this one call and for one use, and the next is given with the next answer.
"""

import asyncio
import hmac
import logging
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field

from pipeline.errors import CallerError
from voicegw.sessions.phone import PhoneSession
from voicegw.sessions.session import new_id
from voicegw.sessions.table import SessionTable
from voicegw.transports import ending
from voicegw.transports.ending import Ending
from voicegw.transports.spool import Spool
from voicegw.transports.webrtc import Peer

log = logging.getLogger(__name__)

HANGUP = 1000
YIELDS_S = 2.0
"""A caller who has not been heard of so long after the answer gives way when somebody else wants the place."""
MakePeer = Callable[[Spool], Peer]


class NoSuchCall(CallerError):
    """The call has ended, or never was, or the ticket is not for it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What the caller is told. ticket: to come back with; None when the caller did not ask for one."""

    call_id: str
    answer: str
    ticket: str | None


@dataclass(slots=True)
class _Call:
    """since: when it was placed, on the loop's clock. came: whether it ever had a connection that is gone now."""

    id: str
    session: PhoneSession
    peer: Peer
    ticket: str | None
    since: float
    came: bool = False
    next: asyncio.Queue[Peer] = field(default_factory=lambda: asyncio.Queue(1))

    @property
    def absent(self) -> bool:
        """Whether its caller has taken the answer and was not heard of since."""
        return not (self.came or self.peer.came or self.peer.over)


class Switchboard:
    """The calls over WebRTC. grace_s: how long a call with a ticket waits for its caller to come back."""

    def __init__(self, table: SessionTable, peer: MakePeer, *, longest_s: float, grace_s: float) -> None:
        self._table = table
        self._peer = peer
        self._longest_s = longest_s
        self._grace_s = grace_s
        self.late: Counter[int] = Counter()
        """Ticks of all calls that ended, by the milliseconds that they were late."""
        self.left_out = 0
        self._calls: dict[str, _Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def yielding(self) -> bool:
        """Whether one of the calls would give way: its caller took the answer, and never came."""
        return self._absent() is not None

    def give_way(self) -> None:
        """End the oldest call that nobody has come to; its place in the table is free at once."""
        if call := self._absent():
            self._table.vacate(call.session)
            call.peer.leave(ending.GAVE_WAY)

    async def place(
        self, session: PhoneSession, offer: str, *, resumable: bool, held: AbstractContextManager[None] | None = None
    ) -> Placed:
        """Begin a call. held: entered for as long as it lasts. Raises BadOffer; the session is then closed already."""
        async with AsyncExitStack() as stack:
            stack.enter_context(held or nullcontext())
            await stack.enter_async_context(self._table.seat(session, self._longest_s))
            peer = self._peer(session.spool)
            stack.push_async_callback(peer.close)
            answer = await peer.answer(offer)
            ticket = _ticket() if resumable else None
            call = _Call(new_id("rtc"), session, peer, ticket, asyncio.get_running_loop().time())
            stack.enter_context(self._table.known_as(call.id, session))
            self._calls[call.id] = call
            rest = stack.pop_all()
        task = asyncio.create_task(self._run(call, rest), name=f"call {call.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Placed(call.id, answer, call.ticket)

    def check(self, call_id: str, ticket: str) -> None:
        """Whether `ticket` is the call's. Raises NoSuchCall."""
        self._find(call_id, ticket)

    async def resume(self, call_id: str, ticket: str, offer: str) -> Placed:
        """Give a call a new connection. Raises NoSuchCall, or BadOffer and the call goes on waiting."""
        call = self._find(call_id, ticket)
        call.ticket = _ticket()  # at once, so that nobody can come twice while this one is being answered
        peer = self._peer(call.session.spool)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(peer.close)
            answer = await peer.answer(offer)
            self._hand_over(call, peer)
            stack.pop_all()
        return Placed(call.id, answer, call.ticket)

    def hang_up(self, call_id: str) -> None:
        """Raises NoSuchCall."""
        call = self._calls.get(call_id)
        if call is None:
            raise NoSuchCall(f"There is no call '{call_id}'.", code="call_not_found", param="call_id")
        call.session.end(HANGUP, "hung up by request")
        call.peer.leave(ending.HUNG_UP)

    def _find(self, call_id: str, ticket: str) -> _Call:
        call = self._calls.get(call_id)
        if call is None or call.ticket is None or not hmac.compare_digest(call.ticket.encode(), ticket.encode()):
            raise NoSuchCall("There is no such call to take up again.", code="call_not_found", param="call_id")
        return call

    def _absent(self) -> _Call | None:
        late = asyncio.get_running_loop().time() - YIELDS_S
        waiting = [call for call in self._calls.values() if call.since < late and call.absent]
        return min(waiting, key=lambda call: call.since, default=None)

    def _hand_over(self, call: _Call, peer: Peer) -> None:
        """Raises NoSuchCall when it ended meanwhile."""
        if call.id not in self._calls or call.next.full():
            raise NoSuchCall("The call has ended.", code="call_not_found", param="call_id")
        call.next.put_nowait(peer)
        call.peer.leave(ending.LOST)

    async def _run(self, call: _Call, held: AsyncExitStack) -> None:
        log.info("call begins", extra={"call": call.session.id, "calls": len(self._table)})
        async with held:
            try:
                how = await call.peer.carry(call.session)
                while how.lost and (peer := await self._another(call)):
                    await call.peer.close()
                    call.peer, call.came = peer, True
                    log.info("call goes on", extra={"call": call.session.id})
                    how = await peer.carry(call.session, call.session.greeting())
            finally:
                del self._calls[call.id]
                self.late += call.peer.track.metronome.late
                self.left_out += call.peer.track.metronome.left_out
                await call.peer.close()
                while not call.next.empty():
                    await call.next.get_nowait().close()
        log.info("call ends", extra={"call": call.session.id, "calls": len(self._table)} | _facts(call.peer, how))

    async def _another(self, call: _Call) -> Peer | None:
        """The connection with which the caller comes back; None when none came in time."""
        if call.ticket is None or call.session.goodbye is not None:
            return None
        await call.peer.close()
        waiting = asyncio.create_task(call.next.get(), name=f"wait {call.id}")
        ended = asyncio.create_task(call.session.ended(), name=f"end {call.id}")
        try:
            await asyncio.wait({waiting, ended}, timeout=self._grace_s, return_when=asyncio.FIRST_COMPLETED)
            return waiting.result() if waiting.done() else None
        finally:
            waiting.cancel()
            ended.cancel()
            await asyncio.gather(waiting, ended, return_exceptions=True)


def _ticket() -> str:
    return secrets.token_urlsafe(24)


def _facts(peer: Peer, how: Ending) -> dict[str, object]:
    """What the log should know of the last connection."""
    counts, metronome = peer.ear.jitter.counts, peer.track.metronome
    return {
        "reason": how.reason,
        "packets": counts.arrived,
        "lost": counts.lost,
        "foreign": peer.line.dropped,
        "late": counts.late,
        "ticks_left_out": metronome.left_out,
        "latest_tick_ms": max(metronome.late, default=0),
    }
