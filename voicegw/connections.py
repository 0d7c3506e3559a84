"""The connections that strangers open to the gateway: how many there may be, and how long each is waited for. Pure.

A server that waits for as long as its clients like, for as many as come, has a limit all the same: its file
descriptors. So every wait has an end here, and who is only waited for gives way to who comes.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from voicegw.loopback import is_loopback

Phase = Literal["head", "body", "answer", "idle", "call"]
"""What a connection is doing: its client sends a request's head, its body, waits for the answer, or nothing between two
requests; or it has become a WebSocket."""

OWN_PLACES = 8
"""Connections beyond the limit that only callers on this machine may have: whoever watches over the gateway."""
SHORT_S = 30.0
"""How long it is told that descriptors ran out."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. The first line of a request must be there after `head_s`, and every byte of its head.

    A body may rest for `body_s`, and on the whole take as long and a second for each `body_rate` bytes. `idle_s`:
    between two requests. `unread_s`: how long a client may take nothing of what waits for it.
    """

    head_s: float = 10.0
    body_s: float = 20.0
    body_rate: int = 8 * 1024
    idle_s: float = 15.0
    unread_s: float = 20.0


class Guest:
    """One connection. `now` is always the event loop's time."""

    def __init__(self, address: str, patience: Patience, now: float) -> None:
        """address: of the other side."""
        self.address = address
        self.network = network(address)
        self.phase: Phase = "head"
        self.since = now
        self._patience = patience
        self._bytes = 0
        self._last = now
        self._unsent = (0, now)
        self._looked = now

    @property
    def waited_for(self) -> bool:
        """Whether nothing would be lost with it: no request of it is being answered, and it is no call."""
        return self.phase in ("head", "idle")

    def does(self, phase: Phase, now: float, *, anew: bool = False) -> None:
        """anew: the same as before, of another request."""
        if anew or phase != self.phase:
            self.phase, self.since, self._last, self._bytes = phase, now, now, 0

    def received(self, count: int, now: float) -> None:
        self._bytes, self._last = self._bytes + count, now

    def overdue(self, now: float, *, unsent: int = 0, paused: bool = False) -> str | None:
        """Why it is waited for no longer, for the log; None while it is.

        To be called now and then. unsent: bytes that the client has not taken yet. paused: we are not reading.
        """
        if paused:  # what is not read cannot have come
            self.since, self._last = self.since + now - self._looked, self._last + now - self._looked
        self._looked = now
        before, at = self._unsent
        if not unsent or unsent < before or not before:
            self._unsent = (unsent, now)
        elif now - at > self._patience.unread_s:
            return "it does not read its answer"
        return self._late(now)

    def _late(self, now: float) -> str | None:
        patience, waited = self._patience, now - self.since
        match self.phase:
            case "head" if waited > patience.head_s:
                return "it does not finish the head of a request"
            case "body" if now - self._last > patience.body_s:
                return "it does not go on with the body of a request"
            case "body" if waited > patience.body_s + self._bytes / patience.body_rate:
                return "it sends the body of a request too slowly"
            case "idle" if waited > patience.idle_s:
                return "it asks for nothing"
            case _:
                return None


@dataclass(slots=True)
class Counts:
    """Since the start. full: refused because there were too many. few: because descriptors ran out.

    given_up: see `Guest.overdue`. gave_way: closed for somebody else while it was only waited for.
    """

    full: int = 0
    few: int = 0
    given_up: int = 0
    gave_way: int = 0


@dataclass(slots=True)
class Connections:
    """All of them. most: in all. most_each: from one address, but for loopback, where a proxy may speak for many."""

    most: int = 512
    most_each: int = 64
    patience: Patience = field(default_factory=Patience)
    counts: Counts = field(default_factory=Counts)
    short_at: float | None = None
    """When descriptors were last too few, on the event loop's clock."""
    _guests: set[Guest] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self._guests)

    def __iter__(self) -> Iterator[Guest]:
        return iter(list(self._guests))

    def short(self, now: float) -> bool:
        """Whether descriptors were too few just now."""
        return self.short_at is not None and now - self.short_at < SHORT_S

    def came(self, address: str, now: float) -> Guest:
        guest = Guest(address, self.patience, now)
        self._guests.add(guest)
        return guest

    def left(self, guest: Guest) -> None:
        """Safe to call twice."""
        self._guests.discard(guest)

    def in_the_way(self, address: str) -> Guest | Literal["nobody", "all"]:
        """Who must go before somebody from `address` can come: the one waited for longest, or nobody.

        "all": there is no room, for nobody is only waited for.
        """
        here = is_loopback(address)
        if not here:
            near = [guest for guest in self._guests if guest.network == network(address)]
            if len(near) >= self.most_each:
                return _longest(near)
        if len(self._guests) >= self.most + (OWN_PLACES if here else 0):
            return _longest(list(self._guests))
        return "nobody"

    def longest(self) -> Guest | None:
        """The one that has been waited for longest."""
        found = _longest(list(self._guests))
        return found if isinstance(found, Guest) else None


def network(address: str) -> str:
    """What counts as one address: with IPv6 a /64, of which any line has at least one to itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _longest(guests: list[Guest]) -> Guest | Literal["all"]:
    longest = min((guest for guest in guests if guest.waited_for), key=lambda guest: guest.since, default=None)
    return longest or "all"
