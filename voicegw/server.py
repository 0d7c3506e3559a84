"""Serving the application: a socket, uvicorn behind a doorway of ours, and a clear end."""

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.applications import Starlette

from voicegw import descriptors
from voicegw.client.address import located
from voicegw.connections import Connections
from voicegw.doorway import Doorway
from voicegw.errors import CannotListen, PortTaken
from voicegw.guests import GuestHttp, GuestState, GuestWebSocket
from voicegw.settings import Settings

log = logging.getLogger(__name__)

LOOP = "uvloop"
HEAD_BYTES = 32 * 1024
"""Longest head of a request; a longer one is answered with 400."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, made before any model is loaded so that a taken port is known at once.

    Raises PortTaken, or CannotListen for an address that is not this machine's and a port that this user may not have.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, UnicodeError, TypeError) as error:  # the last two for what can be no name of a host
        listener.close()
        raise _cannot_listen(located(host, port), error) from None
    return listener


def _cannot_listen(where: str, error: Exception) -> CannotListen:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no name of a host"
    match error.errno if isinstance(error, OSError) and not isinstance(error, socket.gaierror) else None:
        case errno.EADDRINUSE:
            return PortTaken(f"Cannot listen on {where}: {reason}. Choose a free port: VOICEGW_PORT=8090.")
        case errno.EACCES:
            remedy = "Ports below 1024 are not for every user; choose another: VOICEGW_PORT=8090."
        case _:
            remedy = "Name an address of this machine: VOICEGW_HOST=127.0.0.1."
    return CannotListen(f"Cannot listen on {where}: {reason}. {remedy}")


class Server(uvicorn.Server):
    """uvicorn, which lets `drain` say goodbye to the callers before it cuts the connections itself.

    It never sees the listening sockets: a `Doorway` accepts, and hands over what may come in.
    """

    def __init__(
        self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]], connections: Connections, calls: int
    ) -> None:
        """calls: places for them, which need descriptors of their own."""
        super().__init__(config)
        self._calls = calls
        self._drain = drain
        self._state = GuestState(connections)
        self.server_state = self._state
        self._keeping: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        highest = descriptors.for_strangers(descriptors.limit(), self._calls)
        doorway = Doorway(self._state, self._greet, highest=highest)
        self._keeping = asyncio.create_task(doorway.keep(sockets or []), name="doorway")
        self._keeping.add_done_callback(self._door_shut)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._drain()
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self._state.turn_away_unfinished("the gateway is shutting down")
        await super().shutdown(sockets)

    def _door_shut(self, keeping: asyncio.Task[None]) -> None:
        """A gateway that nobody can reach is none: it ends, and whoever started it starts it anew."""
        if not keeping.cancelled() and (error := keeping.exception()):
            log.error("no connection can be accepted any more", extra={"reason": repr(error)})
            self.should_exit = True

    async def _greet(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(
            lambda: GuestHttp(self.config, self.server_state, self.lifespan.state, loop), client
        )


def make_server(app: Starlette, settings: Settings, drain: Callable[[], Awaitable[None]]) -> Server:
    connections: Connections = app.state.gateway.connections
    config = uvicorn.Config(
        app,
        loop=LOOP,
        http=GuestHttp,
        ws=GuestWebSocket,
        # A small compressed frame can be a large one, and to pack speech costs more than it saves.
        ws_per_message_deflate=False,
        ws_max_size=settings.max_frame_mb * 2**20,
        h11_max_incomplete_event_size=HEAD_BYTES,
        log_config=None,
        access_log=False,
        # Who a proxy says it asks for is told by `http/access.py`; the address is that of the connection.
        proxy_headers=False,
        timeout_keep_alive=round(connections.patience.idle_s),
        lifespan="on",
        timeout_graceful_shutdown=10,
    )
    return Server(config, drain, connections, settings.max_calls)
