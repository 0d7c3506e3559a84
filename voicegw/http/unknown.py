"""What nobody serves: wrong paths and wrong methods, told in the shape that clients of the OpenAI API expect."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from voicegw.http.access import Refused
from voicegw.http.endpoint import refusal

CALLS = "calls are at /v1/realtime"


async def not_served(request: Request, error: Exception) -> Response:
    """The answer to a path (404) or a method (405) that the routes do not know."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        said = Refused(f"{request.url.path} cannot be asked with {request.method}.", 405, "method_not_allowed")
    else:
        said = Refused(f"There is nothing at {request.url.path}; {CALLS}.", error.status_code, "not_found")
    response = refusal(said)
    response.headers.update(error.headers or {})
    return response


async def no_call_here(websocket: WebSocket) -> None:
    """Refuses a WebSocket on a wrong path before the upgrade; else it would look like a wrong key (HTTP 403)."""
    said = Refused(f"There are no calls at {websocket.url.path}; {CALLS}.", 404, "not_found")
    await websocket.send_denial_response(refusal(said))
