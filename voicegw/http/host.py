"""What stands before every endpoint: a Host header that is one.

Starlette makes URLs of it wherever an endpoint asks for the path, and fails on what is no host name.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from voicegw.http.access import Refused
from voicegw.http.endpoint import refusal
from voicegw.loopback import host_named

BAD_HOST = Refused("The Host header of the request is no host name or address.", 400, "invalid_host")


class HostCheck:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or host_named(HTTPConnection(scope).headers.get("host", "")) is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal(BAD_HOST))
        else:
            await refusal(BAD_HOST)(scope, receive, send)
