"""A bad network between a caller and the gateway, in this process: a UDP relay that loses, delays and reorders."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.errors import OperatorError

_CANDIDATE = re.compile(r"^a=candidate:.*\r?\n", re.MULTILINE)
_HOST = re.compile(r"^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*$", re.MULTILINE)

Address = tuple[str, int]


class LossyLink(asyncio.DatagramProtocol):
    """Between one caller and one connection of the gateway; both see only this relay.

    loss: share of packets that vanish. jitter: each is late by up to so many seconds, evenly spread. cut: none pass.
    """

    def __init__(self, *, loss: float, jitter: float, seed: int = 1) -> None:
        self.loss = loss
        self.jitter = jitter
        self.cut = False
        self.passed = 0
        self.dropped = 0
        self._chance = random.Random(seed)
        self._gateway: Address | None = None
        self._caller: Address | None = None
        self._transport: asyncio.DatagramTransport | None = None

    def offer(self, sdp: str) -> str:
        """The offer without the caller's own addresses: the gateway learns the relay's from the packets."""
        return _CANDIDATE.sub("", sdp)

    async def open(self, answer: str) -> str:
        """Listen, and return the answer with the relay's address in place of the gateway's."""
        host = _HOST.search(answer)
        if not host:
            raise OperatorError("The gateway's answer has no address of its own to put a relay in front of.")
        self._gateway = (host[1], int(host[2]))
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host[1], 0))
        port = self._transport.get_extra_info("sockname")[1]
        ours = f"a=candidate:1 1 udp 2130706431 {host[1]} {port} typ host\r\n"
        first = True

        def once(_: re.Match[str]) -> str:
            nonlocal first
            line, first = (ours if first else ""), False
            return line

        return _CANDIDATE.sub(once, answer)

    def datagram_received(self, data: bytes, sender: Address) -> None:
        if sender != self._gateway:
            self._caller = sender
        target = self._caller if sender == self._gateway else self._gateway
        if self.cut or target is None or self._chance.random() < self.loss:
            self.dropped += 1
            return
        self.passed += 1
        delay = self._chance.uniform(0, self.jitter)
        asyncio.get_running_loop().call_later(delay, self._send, data, target)

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def _send(self, data: bytes, target: Address) -> None:
        if self._transport and not self._transport.is_closing() and not self.cut:
            self._transport.sendto(data, target)


@asynccontextmanager
async def lossy_link(*, loss: float = 0.0, jitter: float = 0.0, seed: int = 1) -> AsyncIterator[LossyLink]:
    link = LossyLink(loss=loss, jitter=jitter, seed=seed)
    try:
        yield link
    finally:
        link.close()
