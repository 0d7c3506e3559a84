"""The calls in progress: how many there may be, and how they end when the gateway does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from pipeline.errors import VoiceError
from voicegw.sessions.session import Session
from voicegw.transports.goodbye import GOING_AWAY

LEAVING = (GOING_AWAY, "the gateway is shutting down")
FAREWELL_S = 5.0
"""What a spoken goodbye takes, making it included."""
LAST_FRAMES_S = 1.0
"""For connections to close that were cut off."""


class TableFull(VoiceError):
    """All places are taken."""


class NoSuchCall(VoiceError):
    """The call has ended, or never was."""


class SessionTable:
    """Holds at most `limit` sessions."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sessions: set[Session] = set()
        self._named: dict[str, Session] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def limit(self) -> int:
        """Most calls at the same time."""
        return self._limit

    @property
    def waits(self) -> bool:
        """Somebody in a call speaks, or waits for an answer."""
        return any(session.call.waits for session in self._sessions)

    @property
    def full(self) -> bool:
        return len(self._sessions) >= self._limit

    def check(self) -> None:
        """Raises TableFull when there is no room for one more."""
        if self.full:
            raise TableFull(f"All {self._limit} calls of this gateway are taken; try again in a moment.")

    def vacate(self, session: Session) -> None:
        """The session is about to end: its place may be taken at once."""
        self._sessions.discard(session)

    @asynccontextmanager
    async def seat(self, session: Session, longest_s: float) -> AsyncIterator[None]:
        """Keep `session` in the table while it lasts, at most `longest_s` seconds, then free it."""
        self._sessions.add(session)
        self._empty.clear()
        expiry = asyncio.get_running_loop().call_later(longest_s, session.expire)
        try:
            yield
        finally:
            expiry.cancel()
            self._sessions.discard(session)
            await session.close()
            if not self._sessions:
                self._empty.set()

    @contextmanager
    def known_as(self, call_id: str, session: Session) -> Iterator[None]:
        """Let other requests find `session` under the id that its client was told, as long as this lasts."""
        self._named[call_id] = session
        try:
            yield
        finally:
            del self._named[call_id]

    def call(self, call_id: str) -> Session:
        """Raises NoSuchCall."""
        if session := self._named.get(call_id):
            return session
        raise NoSuchCall(f"There is no call '{call_id}'.")

    async def drain(self, patience_s: float) -> None:
        """Say goodbye to every caller, and wait until they are gone; who is not in time is cut off."""
        for session in list(self._sessions):
            session.leave(*LEAVING, within=max(0.0, patience_s - FAREWELL_S))
        if await self._emptied(patience_s):
            return
        for session in list(self._sessions):
            session.end(*LEAVING)
        await self._emptied(LAST_FRAMES_S)

    async def _emptied(self, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
