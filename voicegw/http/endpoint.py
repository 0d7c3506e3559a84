"""What the endpoints for people with a key have in common: who may, when, and how a refusal reads."""

import asyncio
import errno
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import CallerError, EngineError, EngineOverloaded, EngineTimeout
from voicegw.http.access import Refused
from voicegw.http.gateway import Gateway
from voicegw.media.batch import TooManyJobs

log = logging.getLogger(__name__)

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What the system says when there is no room for a file."""
RETRY_S = 5
"""After so long it makes sense to ask again where there was no place."""
LOOK_S = 0.5
"""How often to look whether the one who asked is still there."""

T = TypeVar("T")
NOBODY = Response(status_code=400)
"""For a client that left before it had said all; nobody reads it."""

Handler: TypeAlias = Callable[[Request, Gateway], Awaitable[Response]]


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """`handler`, for callers with a key, when the engines are warm; its errors in the shape of the OpenAI API."""

    async def answer(request: Request) -> Response:
        gateway: Gateway = request.app.state.gateway
        try:
            gateway.doorkeeper.check(request)
            gateway.check_ready()
            return await handler(request, gateway)
        except ClientDisconnect:
            return NOBODY
        except Refused as refused:
            return refusal(refused)
        except CallerError as error:
            return refusal(Refused(str(error), 400, error.code, error.param))
        except TooManyJobs as error:
            return refusal(Refused(str(error), 429, "too_many_requests"))
        except OSError as error:
            if error.errno not in FULL:
                raise
            log.error("the disk for temporary files is full", extra={"path": request.url.path, "reason": str(error)})  # noqa: TRY400 - that is all there is to know
            full = Refused("The gateway has no room on its disk for this request.", 507, "insufficient_storage")
            return refusal(full, type="server_error")
        except EngineError as error:
            log.warning("a request failed", extra={"path": request.url.path, "reason": str(error)})
            return refusal(Refused(error.told, _status(error), error.code), type="server_error")

    return answer


def refusal(refused: Refused, *, type: str = "invalid_request_error") -> Response:
    """The shape that clients of the OpenAI API expect an error in."""
    error = {"message": str(refused), "type": type, "code": refused.code, "param": refused.param}
    headers = {"Retry-After": str(RETRY_S)} if refused.status in (429, 503) else None
    return JSONResponse({"error": error}, refused.status, headers)


def told(value: object, status: int = 200) -> Response:
    """`value`, made of msgspec structs or plain data, as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def bounded(request: Request, limit: int, code: str = "request_too_large") -> AsyncGenerator[bytes, None]:
    """The body, piece by piece. Raises Refused when it has more than `limit` bytes, or says that it will."""
    too_large = Refused(f"The request has more than {limit} bytes, the limit here.", 413, code)
    if int(request.headers.get("content-length", 0)) > limit:
        raise too_large
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise too_large
        yield piece


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives; it is stopped when nobody waits for that any more. The body must have been read."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_S)
            if not task.done() and await request.is_disconnected():
                raise Refused("Nobody waits for the answer.", 499, "client_closed_request")
        return task.result()
    finally:
        task.cancel()


async def body(request: Request, limit: int, code: str = "request_too_large") -> bytes:
    """All of it. Raises Refused when it has more than `limit` bytes, or says that it will."""
    return b"".join([piece async for piece in bounded(request, limit, code)])


def _status(error: EngineError) -> int:
    match error:
        case EngineOverloaded():
            return 503
        case EngineTimeout():
            return 504
        case _:
            return 500
