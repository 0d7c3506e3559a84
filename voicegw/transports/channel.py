"""The data channel `oai-events`: one JSON event in each message, both ways, within bounds."""

import asyncio
from collections.abc import AsyncIterator

from aiortc import RTCDataChannel
from aiortc.exceptions import InvalidStateError

LABEL = "oai-events"
MESSAGES = 256
"""Messages that may wait to be handled; as many may come in a second."""
UNSENT_BYTES = 256 * 1024
"""Events on their way to a caller that reads slowly."""
SEND_S = 10.0
"""Longest wait for the caller to take them."""
LOOK_S = 0.02


class ChannelError(Exception):
    """The channel cannot be used on."""


class Flooded(ChannelError):
    """More messages than a second may have."""


class Clogged(ChannelError):
    """The caller takes nothing, or not so large a message."""


class Closed(ChannelError):
    """The caller closed it."""


class EventsChannel:
    """Wraps a channel that the caller opened. Made before any message of it can have been missed."""

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[str | bytes | None] = asyncio.Queue(MESSAGES + 1)
        self._second = 0
        self._in_second = 0
        self._flooded = False
        self._ended = False
        self._room = asyncio.Event()
        self._room.set()
        channel.bufferedAmountLowThreshold = UNSENT_BYTES // 2
        channel.on("message", self._message)
        channel.on("close", self._close)
        channel.on("bufferedamountlow", self._room.set)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Messages until the caller closes the channel. Raises Flooded."""
        while (message := await self._messages.get()) is not None:
            yield message
        if self._flooded:
            raise Flooded

    async def send(self, frame: str) -> None:
        """Raises Clogged or Closed."""
        try:
            self._channel.send(frame)
        except InvalidStateError:
            raise Closed from None
        except ValueError as error:  # longer than the caller said it can take
            raise Clogged from error
        if self._channel.bufferedAmount > UNSENT_BYTES:
            self._room.clear()
            try:
                async with asyncio.timeout(SEND_S):
                    await self._room.wait()
            except TimeoutError:
                raise Clogged from None

    async def sent(self, seconds: float) -> None:
        """Wait until what was sent has left, or so long."""
        for _ in range(round(seconds / LOOK_S)):
            if self._channel.readyState != "open" or not self._channel.bufferedAmount:
                return
            await asyncio.sleep(LOOK_S)

    def _message(self, message: str | bytes) -> None:
        second = int(self._loop.time())
        self._in_second = self._in_second + 1 if second == self._second else 1
        self._second = second
        if self._in_second > MESSAGES or self._messages.qsize() >= MESSAGES:
            self._flooded = True
            self._close()
        elif not self._ended:
            self._messages.put_nowait(message)

    def _close(self) -> None:
        if not self._ended:
            self._ended = True
            self._messages.put_nowait(None)  # there is always room for this last one
        self._room.set()
