"""Events as they come, in the body of an answer (server-sent events)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from starlette.responses import StreamingResponse

from pipeline.errors import CallerError, EngineError

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-cache"}


def event(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


def failure(error: CallerError | EngineError) -> bytes:
    """What goes wrong when the answer has begun: clients of the OpenAI API raise it."""
    told: dict[str, str | None] = {"message": str(error), "type": "invalid_request_error", "code": error.code}
    if isinstance(error, EngineError):
        told |= {"message": error.told, "type": "server_error"}
    told["param"] = error.param if isinstance(error, CallerError) else None
    return b"event: error\ndata: " + msgspec.json.encode({"error": told}) + b"\n\n"


def streamed(events: AsyncGenerator[bytes, None]) -> StreamingResponse:
    return StreamingResponse(events, media_type=MEDIA_TYPE, headers=HEADERS)


async def rejoined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """A stream whose first piece was waited for."""
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
