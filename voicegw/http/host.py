"""What stands before every endpoint: a version of HTTP that is spoken here, and a Host header that is one.

Starlette makes URLs of the header wherever an endpoint asks for the path, and fails on what is no host name. Clients of
a version that there is not cannot know when a connection ends, so theirs ends at once.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from voicegw.http.access import Refused
from voicegw.http.endpoint import refusal
from voicegw.loopback import host_named

BAD_HOST = Refused("The Host header of the request is no host name or address.", 400, "invalid_host")
SPOKEN = ("1.0", "1.1")
BAD_VERSION = Refused("This version of HTTP is not spoken here; HTTP/1.1 is.", 505, "http_version_unknown")


class HostCheck:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["http_version"] not in SPOKEN:
            response = refusal(BAD_VERSION)
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
        elif host_named(HTTPConnection(scope).headers.get("host", "")) is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal(BAD_HOST))
        else:
            await refusal(BAD_HOST)(scope, receive, send)
