"""Serving the application: a socket, uvicorn, and a clear end."""

import socket
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.applications import Starlette

from voicegw.errors import PortTaken
from voicegw.settings import Settings

LOOP = "uvloop"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, made before any model is loaded so that a taken port is known at once. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Cannot listen on {host}:{port}: {error.strerror}. "
            "If another program has the port, choose a free one: VOICEGW_PORT=8090."
        ) from None
    return listener


class Server(uvicorn.Server):
    """uvicorn, which lets `drain` say goodbye to the callers before it cuts the connections itself."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._drain()
        await super().shutdown(sockets)


def make_server(app: Starlette, settings: Settings, drain: Callable[[], Awaitable[None]]) -> Server:
    config = uvicorn.Config(
        app,
        loop=LOOP,
        ws="websockets-sansio",
        ws_max_size=settings.max_frame_mb * 2**20,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=10,
    )
    return Server(config, drain)
