"""What of the datagrams at a call's ports is the caller's.

The ports are open to everybody, and the sender's address of a datagram is whatever its sender wrote. aioice hands on
whatever is no STUN, from wherever it comes, and aiortc counts it before it has looked whether it can be decrypted; one
datagram without a byte even ends its transport. So this file stands before the one and behind the other:

- before: what cannot be from the caller is dropped unread (`Sieve`), and so is more than a call can need;
- behind: packets and bytes are counted when they have passed SRTP's or DTLS's check (`Line`), which strangers cannot.

Both need methods of single objects that aiortc and aioice keep to themselves; versions without them are refused.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import RTCPeerConnection

from pipeline.errors import OperatorError

COOKIE = b"\x21\x12\xa4\x42"
"""Of every STUN message (RFC 8489, 5)."""
PACKETS = 2000
"""Datagrams from the caller's own addresses that are looked at in a second: a flood of forged ones costs no more."""
WAITING = 512
"""Datagrams that may wait to be decrypted."""


class Line:
    """packets, bytes: of the caller so far, as far as they were authentic. dropped: datagrams that nobody looked at."""

    def __init__(self) -> None:
        self.packets = 0
        self.bytes = 0
        self.dropped = 0
        self._sieves: list[Sieve] = []

    def watch(self, pc: RTCPeerConnection, clock: Callable[[], float]) -> None:
        """To be called when the answer is made: the sockets are open, and nobody knows of them yet."""
        sctp = pc.sctp
        transports = {id(sender.transport): sender.transport for sender in pc.getSenders()}
        if sctp is not None:
            transports[id(sctp.transport)] = sctp.transport
        try:
            for transport in transports.values():
                self._count(transport, "_handle_rtp_data")
                self._count(transport, "_handle_rtcp_data")
                connection = transport.transport._connection
                for protocol in connection._protocols:
                    self._sieves.append(Sieve(connection, protocol, self, clock))
            if sctp is not None:
                self._count(sctp, "_handle_data")
        except AttributeError as error:
            raise OperatorError(f"This version of aiortc is built otherwise ({error}); install 1.16.") from error

    def _count(self, owner: Any, name: str) -> None:
        """Count what comes to a method that is called with what was decrypted, and only with that."""
        method: Callable[..., Awaitable[None]] = getattr(owner, name)

        async def counting(data: bytes, *args: Any, **kwargs: Any) -> None:
            self.packets += 1
            self.bytes += len(data)
            await method(data, *args, **kwargs)

        setattr(owner, name, counting)


class Sieve:
    """Stands before one socket of a call."""

    def __init__(self, connection: Any, protocol: Any, line: Line, clock: Callable[[], float]) -> None:
        """connection, protocol: aioice's; from now on datagrams come here first."""
        self._connection = connection
        self._transactions = protocol.transactions
        self._queue = connection._queue
        self._name = connection.local_username.encode() + b":"
        self._line = line
        self._clock = clock
        self._second = (0, 0)
        self._pass_on = protocol.datagram_received
        protocol.datagram_received = self.received

    def received(self, data: bytes, address: tuple[Any, ...]) -> None:
        if not self._may_be_the_callers(data, address):
            self._line.dropped += 1
            return
        try:
            self._pass_on(data, address)
        except Exception:  # aioice's parser raises what it likes for a message that was made to break it
            self._line.dropped += 1

    def _may_be_the_callers(self, data: bytes, address: tuple[Any, ...]) -> bool:
        if not data:
            return False
        if data[0] < 4 and data[4:8] == COOKIE:
            # An answer to a question of ours, or a question to the name that only our answer told the caller.
            return data[8:20] in self._transactions or self._name in data
        return self._known(address) and self._queue.qsize() < WAITING and self._in_time()

    def _known(self, address: tuple[Any, ...]) -> bool:
        """Whether the caller named this address, or has shown by an authentic check that it is there."""
        host, port = address[0], address[1]
        return any(c.port == port and c._network_host == host for c in self._connection._remote_candidates)

    def _in_time(self) -> bool:
        second = int(self._clock())
        count = self._second[1] + 1 if self._second[0] == second else 1
        self._second = (second, count)
        return count <= PACKETS
