"""The way in: accepts connections, refuses what is too many, and looks after those that are waited for too long.

asyncio's own servers accept as long as there are file descriptors, and when there are none left so has nobody else:
no call a socket, no watch over a child a pipe. So this one stops before, and keeps some back.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from http import HTTPStatus

from voicegw.connections import Connections, Guest
from voicegw.guests import GuestState, Turnable, last_answer, page
from voicegw.seldom import Seldom

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""How often each connection is looked at."""
REST_S = 0.2
"""Pause after the system refused a descriptor: there is nothing to do but wait until some are closed."""
CLOSING_S = 0.02
"""Until connections that gave way have given their descriptors back."""
SHED = 2
"""Connections that give way to one when descriptors are few: their low numbers go to the next, which looks harmless."""
OUT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
SAY_S = 10.0
"""How often the log is told of the same trouble."""

FULL = page("The gateway has too many connections; try again in a moment.", "too_many_connections")
REFUSAL = last_answer(HTTPStatus.SERVICE_UNAVAILABLE, FULL, "retry-after: 5")

Greet = Callable[[socket.socket], Awaitable[object]]
"""Begins the protocol on an accepted socket."""


class Doorway:
    """`keep` accepts until it is cancelled."""

    def __init__(self, state: GuestState, greet: Greet, *, highest: int) -> None:
        """highest: number of a descriptor from which on they are kept back for the gateway's own needs."""
        self._state = state
        self._greet = greet
        self._highest = highest
        self._seldom = Seldom(SAY_S)

    @property
    def _guests(self) -> Connections:
        return self._state.guests

    async def keep(self, listeners: Sequence[socket.socket]) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_after())
            for listener in listeners:
                listener.setblocking(False)
                tasks.create_task(self._accept(listener))

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, address = await loop.sock_accept(listener)
            except OSError as error:
                if error.errno in OUT:
                    self._short(loop.time(), str(error.strerror))
                    self._make_room(self._guests.longest())
                # Mostly who came is gone again; whatever else it is, the others must have their turn.
                await asyncio.sleep(REST_S if error.errno in OUT else CLOSING_S)
                continue
            if client.fileno() >= self._highest:
                self._shed(client.fileno(), loop.time())
                await asyncio.sleep(CLOSING_S)
            if self._may_come(client, address[0], loop.time()):
                try:
                    await self._greet(client)
                except Exception as error:
                    self._tell("greet", loop.time(), "a connection could not be begun: %r", error)
                    client.close()
            else:
                client.close()

    def _may_come(self, client: socket.socket, address: str, now: float) -> bool:
        if client.fileno() >= self._highest and not self._guests.longest():
            self._guests.counts.few += 1
            return self._refuse(client)
        match self._guests.in_the_way(address):
            case "nobody":
                return True
            case "all":
                self._guests.counts.full += 1
                near = sum(guest.address == address for guest in self._guests)
                facts = (len(self._guests), near, address)
                self._tell("full", now, "too many connections: %d are open, %d of them from %s; refusing more", *facts)
                return self._refuse(client)
            case Guest() as other:
                self._make_room(other)
                return True

    def _shed(self, number: int, now: float) -> None:
        """The kernel gives the lowest number that is free, so a high one says that as many are taken."""
        self._short(now, f"{number} are open")
        for _ in range(SHED):
            self._make_room(self._guests.longest())

    def _refuse(self, client: socket.socket) -> bool:
        with suppress(OSError):
            client.setblocking(False)
            client.send(REFUSAL)
        return False

    def _make_room(self, guest: Guest | None) -> None:
        if guest and (protocol := self._state.behind.get(guest)):
            self._guests.counts.gave_way += 1
            self._state.left(protocol.transport, guest)
            protocol.transport.abort()

    async def _look_after(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            now = loop.time()
            for guest, protocol in list(self._state.behind.items()):
                try:
                    self._look_at(guest, protocol, now)
                except Exception as error:
                    self._tell("look", now, "a connection could not be ended: %r", error)
                    protocol.transport.abort()

    def _look_at(self, guest: Guest, protocol: Turnable, now: float) -> None:
        transport = protocol.transport
        # A call watches over its own sending, until it is closed.
        watched = guest.phase != "call" or transport.is_closing()
        unsent = transport.get_write_buffer_size() if watched else 0
        if why := guest.overdue(now, unsent=unsent, paused=protocol.paused):
            self._give_up(guest, protocol, why, now)

    def _give_up(self, guest: Guest, protocol: Turnable, why: str, now: float) -> None:
        if protocol.transport.is_closing():
            protocol.transport.abort()
            return
        if guest.phase != "idle":
            self._guests.counts.given_up += 1
            self._tell(why, now, "a connection from %s is closed: %s", guest.address, why)
        protocol.turn_away(why)

    def _short(self, now: float, why: str) -> None:
        self._guests.short_at = now
        self._tell("short", now, "running out of file descriptors (%s): idle connections are closed, new ones refused; "
                   "raise the limit (ulimit -n)", why)  # fmt: skip

    def _tell(self, about: str, now: float, message: str, *facts: object) -> None:
        if (untold := self._seldom.may(about, now)) is not None:
            log.warning(message + (f" ({untold} more of the kind were not told)" if untold else ""), *facts)
