"""What the endpoints for people with a key have in common: who may, when, and how a refusal reads."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import CallerError, EngineError, EngineOverloaded, EngineTimeout
from voicegw.http.access import Refused
from voicegw.http.gateway import Gateway

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Request, Gateway], Awaitable[Response]]


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """`handler`, for callers with a key, when the engines are warm; its errors in the shape of the OpenAI API."""

    async def answer(request: Request) -> Response:
        gateway: Gateway = request.app.state.gateway
        try:
            gateway.doorkeeper.check(request)
            gateway.check_ready()
            return await handler(request, gateway)
        except Refused as refused:
            return refusal(refused)
        except CallerError as error:
            return refusal(Refused(str(error), 400, error.code, error.param))
        except EngineError as error:
            log.warning("a request failed", extra={"path": request.url.path, "reason": str(error)})
            return refusal(Refused(str(error), _status(error), error.code), type="server_error")

    return answer


def refusal(refused: Refused, *, type: str = "invalid_request_error") -> Response:
    """The shape that clients of the OpenAI API expect an error in."""
    error = {"message": str(refused), "type": type, "code": refused.code, "param": refused.param}
    return JSONResponse({"error": error}, refused.status)


def told(value: object, status: int = 200) -> Response:
    """`value`, made of msgspec structs or plain data, as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body, piece by piece. Raises Refused when it has more than `limit` bytes."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise Refused(f"The request has more than {limit} bytes, the limit here.", 413, "request_too_large")
        yield piece


async def body(request: Request, limit: int) -> bytes:
    """All of it. Raises Refused when it has more than `limit` bytes."""
    return b"".join([piece async for piece in bounded(request, limit)])


def _status(error: EngineError) -> int:
    match error:
        case EngineOverloaded():
            return 503
        case EngineTimeout():
            return 504
        case _:
            return 500
