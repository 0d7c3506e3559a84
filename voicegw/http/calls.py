"""Calls over WebRTC: made, taken up again and hung up.

    POST   /v1/realtime/calls               an offer: application/sdp, or a form with the parts `sdp` and `session`
    POST   /v1/realtime/calls/{id}/resume   another offer for the same call, by who has its ticket
    POST   /v1/realtime/calls/{id}/hangup   also DELETE /v1/realtime/calls/{id}
    GET    /v1/realtime/ice                 STUN and TURN servers for `new RTCPeerConnection(...)`

A caller who wants to be able to come back sends `Voicegw-Resume: new` with the offer, and gets a ticket in the header
of the same name, which goes into the next request likewise.
"""

import json
import time
from typing import Any

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import CallerError
from voicegw.http.access import Refused
from voicegw.http.endpoint import NOBODY, body, bounded, refusal
from voicegw.http.gateway import Gateway
from voicegw.protocol.timings import TIMINGS
from voicegw.sessions.switchboard import NoSuchCall, Placed
from voicegw.transports.offer import OFFER_BYTES, BadOffer

TICKET = "Voicegw-Resume"
NEW = "new"
BODY_BYTES = OFFER_BYTES + 256 * 1024
"""An offer and a session with its instructions."""
MOST_PARTS = 16
"""Of a form, with files and without."""


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
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/sdp":
        return _text(await body(request, BODY_BYTES, "offer_too_large")), None
    if kind != "multipart/form-data":
        raise Refused("Send the offer as application/sdp, or as multipart/form-data.", 415, "unsupported_media_type")
    parts = await _parts(request)
    if "sdp" not in parts:
        raise BadOffer("The form has no part named sdp.")
    return _text(parts["sdp"]), _session(parts["session"]) if "session" in parts else None


async def _parts(request: Request) -> dict[str, bytes]:
    """Parts with a content type and a name of a file, as SDKs send them, or plain strings, as FormData does."""
    stream = bounded(request, BODY_BYTES, "offer_too_large")
    try:
        parser = MultiPartParser(
            request.headers, stream, max_files=MOST_PARTS, max_fields=MOST_PARTS, max_part_size=BODY_BYTES
        )
        form = await parser.parse()
    except MultiPartException as error:
        raise BadOffer(f"The form cannot be read: {error.message}") from None
    try:
        return {
            name: part.encode() if isinstance(part, str) else await part.read() for name, part in form.multi_items()
        }
    finally:
        await form.close()


def _session(part: bytes) -> dict[str, Any]:
    try:
        wanted = json.loads(part)
    except (ValueError, RecursionError):
        wanted = None
    if not isinstance(wanted, dict):
        raise CallerError("The part named session is not a JSON object.", code="invalid_json", param="session")
    return wanted


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
