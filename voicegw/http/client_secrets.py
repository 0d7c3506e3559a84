"""POST /v1/realtime/client_secrets: a key that a browser may have."""

import time
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import CallerError
from voicegw.http.access import Refused
from voicegw.http.endpoint import body, told
from voicegw.http.gateway import Gateway
from voicegw.protocol import validation
from voicegw.protocol.session import AnySession, SessionType
from voicegw.sessions.ephemeral import TooManyKeys
from voicegw.sessions.session import new_id

LARGEST = 1024 * 1024


class _Expiry(Struct, frozen=True, forbid_unknown_fields=True):
    anchor: Literal["created_at"] = "created_at"
    seconds: Annotated[int, Meta(ge=10, le=7200)] = 600


class _Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    expires_after: _Expiry | None = None
    session: dict[str, Any] | None = None


class ClientSecret(Struct, frozen=True):
    """session: what a call with this key begins with; its own time has not begun, so it has no expiry yet."""

    value: str
    expires_at: int
    session: AnySession


async def client_secrets(request: Request, gateway: Gateway) -> Response:
    sent = await body(request, LARGEST) or b"{}"
    try:
        wanted: _Wanted = validation.decode(sent, _Wanted)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested beyond all sense
        raise CallerError(f"The body is not valid JSON: {error}.", code="invalid_json") from None
    kind: SessionType = "realtime"
    if wanted.session and wanted.session.get("type") == "transcription":
        kind = "transcription"
    offer = gateway.offer
    session = offer.shown(offer.session(kind, new_id("sess"), 0, wanted.session))
    expiry = wanted.expires_after or _Expiry()
    try:
        key = gateway.ephemeral.issue(kind, wanted.session, expiry.seconds, time.time(), time.monotonic())
    except TooManyKeys as error:
        raise Refused(str(error), 429, "rate_limit_exceeded") from None
    return told(ClientSecret(key.value, key.expires_at, session))
