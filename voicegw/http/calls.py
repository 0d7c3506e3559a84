"""Calls over WebRTC: made, taken up again and hung up.

    POST   /v1/realtime/calls               an offer: application/sdp, or a form with the parts `sdp` and `session`
    POST   /v1/realtime/calls/{id}/resume   another offer for the same call, by who has its ticket
    POST   /v1/realtime/calls/{id}/hangup   also DELETE /v1/realtime/calls/{id}
    GET    /v1/realtime/ice                 STUN and TURN servers for `new RTCPeerConnection(...)`

A caller who wants to be able to come back sends `Voicegw-Resume: new` with the offer, and gets a ticket in the header
of the same name, which goes into the next request likewise.
"""

import email
import email.policy
import json
import time
from email.message import Message
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import CallerError
from voicegw.http.access import Refused
from voicegw.http.endpoint import NOBODY, body, refusal
from voicegw.http.gateway import Gateway
from voicegw.protocol.timings import TIMINGS
from voicegw.sessions.switchboard import NoSuchCall, Placed
from voicegw.transports.offer import OFFER_BYTES, BadOffer

TICKET = "Voicegw-Resume"
NEW = "new"
BODY_BYTES = OFFER_BYTES + 256 * 1024
"""An offer and a session with its instructions."""


async def place(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    try:
        key = gateway.admit(request)
        offer, wishes = await _offer(request)
        gateway.admit(request)  # the last place may have been taken while the offer came in
        timings = request.query_params.get(TIMINGS) == "1"
        session = gateway.new_phone_session(key.wishes if key else wishes, timings=timings)
        resumable, held = request.headers.get(TICKET) == NEW, gateway.ephemeral.held(key)
        gateway.make_room()
        return _created(await gateway.switchboard.place(session, offer, resumable=resumable, held=held))
    except ClientDisconnect:
        return NOBODY
    except (Refused, CallerError) as error:
        return _refused(error)


async def resume(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    try:
        call_id, ticket = request.path_params["call_id"], request.headers.get(TICKET, "")
        gateway.switchboard.check(call_id, ticket)
        offer, _ = await _offer(request)
        return _created(await gateway.switchboard.resume(call_id, ticket, offer))
    except ClientDisconnect:
        return NOBODY
    except (Refused, CallerError) as error:
        return _refused(error)


async def hang_up(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    try:
        gateway.doorkeeper.check(request)
        gateway.switchboard.hang_up(request.path_params["call_id"])
    except (Refused, CallerError) as error:
        return _refused(error)
    return Response(status_code=200)


async def ice(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    try:
        gateway.doorkeeper.check(request)
    except Refused as refused:
        return refusal(refused)
    servers = gateway.ice_servers.told("caller", time.time())
    return JSONResponse({"ice_servers": servers}, headers={"Cache-Control": "no-store"})


async def _offer(request: Request) -> tuple[str, dict[str, Any] | None]:
    """The SDP, and the session that came with it. Raises Refused and BadOffer."""
    sent = await body(request, BODY_BYTES, "offer_too_large")
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/sdp":
        return _text(sent), None
    if kind != "multipart/form-data":
        raise Refused("Send the offer as application/sdp, or as multipart/form-data.", 415, "unsupported_media_type")
    return _parts(request.headers["content-type"], sent)


def _parts(content_type: str, form: bytes) -> tuple[str, dict[str, Any] | None]:
    """Parts with a content type of their own, as SDKs send them, or plain strings, as FormData does."""
    header = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = email.message_from_bytes(header + form, policy=email.policy.HTTP)
    parts = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in _leaves(message)
    }
    offer, session = parts.get("sdp"), parts.get("session")
    if not isinstance(offer, bytes):
        raise BadOffer("The form has no part named sdp.")
    if not isinstance(session, bytes):
        return _text(offer), None
    try:
        wanted = json.loads(session)
    except (ValueError, RecursionError):
        wanted = None
    if not isinstance(wanted, dict):
        raise CallerError("The part named session is not a JSON object.", code="invalid_json", param="session")
    return _text(offer), wanted


def _leaves(message: Message) -> list[Message]:
    parts = message.get_payload()
    return [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []


def _text(offer: bytes) -> str:
    try:
        return offer.decode()
    except UnicodeDecodeError:
        raise BadOffer("The offer is not UTF-8.") from None


def _created(placed: Placed) -> Response:
    headers = {"Location": f"/v1/realtime/calls/{placed.call_id}"}
    if placed.ticket:
        headers[TICKET] = placed.ticket
    return Response(placed.answer, 201, headers, media_type="application/sdp")


def _refused(error: Refused | CallerError) -> Response:
    if isinstance(error, Refused):
        return refusal(error)
    status = 404 if isinstance(error, NoSuchCall) else 400
    return refusal(Refused(str(error), status, error.code, error.param))
