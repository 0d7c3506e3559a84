"""What nobody serves: wrong paths and wrong methods, told in the shape that clients of the OpenAI API expect."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from voicegw.http.access import Refused
from voicegw.http.endpoint import refusal

CALLS_PATH = "/v1/realtime"
CALLS = f"calls are at {CALLS_PATH}"
NO_UPGRADE = (
    f"Calls at {CALLS_PATH} are WebSockets (ws://…), and this request has no handshake of one. "
    "A proxy between must hand on the headers Upgrade and Connection."
)


async def not_served(request: Request, error: Exception) -> Response:
    """The answer to a path (404) or a method (405) that the routes do not know."""
    assert isinstance(error, HTTPException)
    if request.url.path == CALLS_PATH and error.status_code == 404:
        said = Refused(NO_UPGRADE, 426, "upgrade_required")
    elif error.status_code == 405:
        said = Refused(f"{request.url.path} cannot be asked with {request.method}.", 405, "method_not_allowed")
    else:
        said = Refused(f"There is nothing at {request.url.path}; {CALLS}.", error.status_code, "not_found")
    response = refusal(said)
    response.headers.update(error.headers or ({"Upgrade": "websocket"} if said.status == 426 else {}))
    return response


async def no_call_here(websocket: WebSocket) -> None:
    """Refuses a WebSocket on a wrong path before the upgrade; else it would look like a wrong key (HTTP 403)."""
    said = Refused(f"There are no calls at {websocket.url.path}; {CALLS}.", 404, "not_found")
    await websocket.send_denial_response(refusal(said))
