"""uvicorn's WebSocket protocol, read at a pace that leaves the event loop to the other callers.

uvicorn parses and answers whatever came in one read, up to 256 KiB, before anybody else's turn comes: tens of thousands
of pings, or thousands of frames. Here it is handed to it in small slices. Between them others get their turn, and a
client that has used up what a second may hold is read again later. Nothing of it is lost: what it sends waits with
itself, as far as the network goes.
"""

import time
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from voicegw.transports.allowance import Allowance

FRAMES_A_SECOND = 1000
"""Frames of any kind: events good and bad, pings, parts of a message. Sound in pieces of 10 ms is a hundred."""
FRAMES_AT_ONCE = 3000
"""A minute of sound in pieces of 20 ms."""
BYTES_A_SECOND = 4 * 2**20
"""Sixty times what sound at 24 kHz needs."""
BYTES_AT_ONCE = 32 * 2**20
"""More than the largest frame."""
PARTS = 4096
"""Most frames of one message: parts may be empty, and each is kept until the last has come."""
PIECE = 1024
"""Bytes given to the parser at a time: at most 170 frames."""
SLICE_S = 0.002
"""Longest time before the others get their turn, but for a single piece."""


class PacedWebSocket(WebSocketsSansIOProtocol):
    """For `ws=` of `uvicorn.Config`."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._unread = bytearray()
        self._next_read: Any = None  # the handle of the loop, while a slice is due
        self._frames_left = Allowance(FRAMES_A_SECOND, FRAMES_AT_ONCE)
        self._bytes_left = Allowance(BYTES_A_SECOND, BYTES_AT_ONCE)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if self._next_read is None:
            self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_read is not None:
            self._next_read.cancel()
        self._unread.clear()
        super().connection_lost(exc)

    async def receive(self) -> Any:
        message = await super().receive()
        self._go_on()
        return message

    async def send(self, message: Any) -> None:
        if self.close_sent and self.handshake_complete:
            raise ClientDisconnected  # a broken frame ended it: to the application its client is gone
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # by a refusal; uvicorn logs it as an application that forgot to answer
        self._go_on()

    def keepalive_timeout(self) -> None:
        if self._unread or self.read_paused:  # its pong may be among what this side has not read yet
            self.pong_timer = self.loop.call_later(self.ping_timeout or 0.0, self.keepalive_timeout)
        else:
            super().keepalive_timeout()

    def handle_events(self) -> None:
        self._frames_left.take(len(self.conn.events), time.monotonic())
        super().handle_events()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= PARTS:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, f"a message has more than {PARTS} parts")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # it does not take what it is sent; its pong need not wait there as well

    def _read(self) -> None:
        """Parse what was received, for one slice of time; then come back, or read on from the network."""
        self._next_read = None
        now = began = time.monotonic()
        while self._unread and not self.transport.is_closing():
            if self.read_paused:
                return  # `receive` goes on when the application has taken what there is
            if wait := max(self._frames_left.wait(now), self._bytes_left.wait(now)):
                self._pause(wait)
                return
            if now - began > SLICE_S:
                self._pause(0.0)
                return
            piece = bytes(self._unread[:PIECE])
            del self._unread[:PIECE]
            self._bytes_left.take(len(piece), now)
            super().data_received(piece)
            now = time.monotonic()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def _go_on(self) -> None:
        """uvicorn may have begun to read on from the network; what was received before comes first."""
        if self._unread and not self.read_paused and not self.transport.is_closing():
            self._pause(0.0)

    def _pause(self, seconds: float) -> None:
        self.transport.pause_reading()
        if self._next_read is None:
            self._next_read = self.loop.call_later(seconds, self._read) if seconds else self.loop.call_soon(self._read)
