"""uvicorn's two protocols, telling `connections.Guest` what their client is doing, and able to turn it away.

uvicorn has one timeout, for a connection that rests between two requests; a client that sends its head or its body
drop by drop, or never takes its answer, it waits for without end.
"""

import asyncio
import json
import logging
from http import HTTPStatus
from typing import Any, Protocol, cast

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from voicegw.connections import Connections, Guest, Phase
from voicegw.transports.frames import PacedWebSocket

log = logging.getLogger(__name__)

JSON = (b"content-type", b"application/json")


class Turnable(Protocol):
    """A protocol that can be told to end its connection."""

    transport: asyncio.Transport

    @property
    def paused(self) -> bool:
        """Whether it does not read at the moment, because what it read is not worked off yet."""

    def turn_away(self, why: str) -> None: ...


class GuestState(ServerState):
    """What all protocols of one server share; `guests` finds the guest and the protocol behind a transport."""

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self.guests = connections
        self.behind: dict[Guest, Turnable] = {}
        self.by_transport: dict[asyncio.BaseTransport, Guest] = {}

    def came(self, transport: asyncio.Transport, protocol: Turnable, now: float) -> Guest:
        """The guest behind `transport`, also when it goes on with another protocol."""
        guest = self.by_transport.get(transport)
        if guest is None:
            peer = transport.get_extra_info("peername")
            guest = self.guests.came(peer[0] if peer else "", now)
            self.by_transport[transport] = guest
        self.behind[guest] = protocol
        return guest

    def turn_away_unfinished(self, why: str) -> None:
        """End the connections whose clients have not asked for anything yet, or not to the end."""
        for guest, protocol in list(self.behind.items()):
            if guest.phase in ("head", "body"):
                protocol.turn_away(why)

    def left(self, transport: asyncio.BaseTransport, guest: Guest) -> None:
        self.by_transport.pop(transport, None)
        self.behind.pop(guest, None)
        self.guests.left(guest)


def last_answer(status: HTTPStatus, body: bytes, *more: str) -> bytes:
    """A whole response after which the connection ends. body: JSON. more: headers."""
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
        *more,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def page(message: str, code: str) -> bytes:
    """An error in the shape that clients of the OpenAI API expect."""
    error = {"message": message, "type": "invalid_request_error", "code": code, "param": None}
    return json.dumps({"error": error}).encode()


class GuestHttp(H11Protocol):
    """HTTP, until it is upgraded."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._state = cast(GuestState, server_state)
        self._guest: Guest | None = None
        self._seen: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._guest = self._state.came(transport, self, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._guest:
            self._state.left(self.transport, self._guest)

    def data_received(self, data: bytes) -> None:
        if self._guest:
            self._guest.received(len(data), self.loop.time())
        super().data_received(data)
        self._note()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note()

    def send_400_response(self, msg: str) -> None:
        self._answer(400, page(msg, "invalid_request"))

    @property
    def paused(self) -> bool:
        return self.flow.read_paused

    def turn_away(self, why: str) -> None:
        if self._guest and self._guest.phase in ("head", "body"):
            self._answer(408, page(f"This connection is closed: {why}.", "request_timeout"))
        self.transport.close()

    def _note(self) -> None:
        """Tell the guest what its client is doing, if this is still its protocol."""
        if self._guest and self._state.behind.get(self._guest) is self:
            self._guest.does(self._phase(), self.loop.time(), anew=self._seen is not self.cycle)
            self._seen = self.cycle

    def _phase(self) -> Phase:
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        if self.conn.their_state is h11.IDLE:
            return "head" if self.cycle is None or self.conn.trailing_data[0] else "idle"
        return "answer"

    def _answer(self, status: int, body: bytes) -> None:
        """The last one on this connection, if there can still be one."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            length = (b"content-length", str(len(body)).encode())
            headers = [JSON, length, (b"connection", b"close")]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class GuestWebSocket(PacedWebSocket):
    """What HTTP was upgraded to. How long a call may last, and be silent, is for the session to say."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._state = cast(GuestState, server_state)
        self._guest: Guest | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._guest = self._state.came(self.transport, self, self.loop.time())
        self._guest.does("call", self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._guest:
            self._state.left(self.transport, self._guest)

    def handle_events(self) -> None:
        if self.conn.handshake_exc is None or self.handshake_initiated:
            super().handle_events()
        else:
            self._refuse(self.conn.handshake_exc)

    @property
    def paused(self) -> bool:
        return True

    def turn_away(self, why: str) -> None:
        self.transport.abort()

    def _refuse(self, error: Exception) -> None:
        """A head that is HTTP and yet no handshake, which uvicorn would leave unanswered, and open for ever."""
        self.handshake_complete = self.close_sent = True
        why = f"The WebSocket handshake cannot be read: {error.__cause__ or error}."
        self.transport.write(last_answer(HTTPStatus.BAD_REQUEST, page(why, "invalid_request")))
        self.transport.close()
