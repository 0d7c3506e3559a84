"""A second client of a call: a server that watches and steers what somebody else's browser began."""

from collections.abc import AsyncIterator, Awaitable, Callable

from voicegw.sessions.outbox import Outbox
from voicegw.transports.goodbye import Goodbye


class Sideband:
    """Sees every event of the call and may send any; its end is not the end of the call.

    receive: what the session does with a frame from here.
    """

    def __init__(self, id: str, receive: Callable[[str | bytes, Outbox], Awaitable[None]]) -> None:
        self.id = id
        self.outbox = Outbox()
        self._receive = receive

    @property
    def goodbye(self) -> Goodbye | None:
        return self.outbox.goodbye

    async def receive(self, frame: str | bytes) -> None:
        await self._receive(frame, self.outbox)

    def __aiter__(self) -> AsyncIterator[str]:
        return aiter(self.outbox)

    def end(self, code: int, reason: str) -> None:
        self.outbox.end(Goodbye(code, reason))

    async def ended(self) -> None:
        await self.outbox.ended()
