"""GET /v1/realtime over WebSocket: a call, a transcription (`?intent=transcription`), or a second client for a call
that is in progress (`?call_id=`)."""

import logging

from starlette.websockets import WebSocket

from pipeline.errors import CallerError
from voicegw.http.access import SUBPROTOCOL, Refused, subprotocols
from voicegw.http.endpoint import refusal
from voicegw.http.gateway import Gateway
from voicegw.protocol.beta import BETA
from voicegw.protocol.dialect import GA, Dialect
from voicegw.protocol.timings import TIMINGS
from voicegw.sessions.ephemeral import EphemeralKey
from voicegw.sessions.session import Session
from voicegw.sessions.table import NoSuchCall
from voicegw.transports import websocket as transport

log = logging.getLogger(__name__)

SILENT_S = 60.0
"""A client that has sent no frame at all for so long holds a place for nothing."""
BETA_SUBPROTOCOL = "openai-beta.realtime-v1"


async def realtime(websocket: WebSocket) -> None:
    gateway: Gateway = websocket.app.state.gateway
    call_id, key = websocket.query_params.get("call_id"), None
    try:
        if call_id is None:
            key, session = _begin(gateway, websocket)
        else:
            gateway.doorkeeper.check(websocket)
            session = _find(gateway, call_id)
    except Refused as refused:
        await websocket.send_denial_response(refusal(refused))
        return
    if call_id is None:
        with gateway.ephemeral.held(key):
            await _carry(gateway, websocket, session)
    else:
        await _attend(websocket, session)


async def _carry(gateway: Gateway, websocket: WebSocket, session: Session) -> None:
    gateway.make_room()
    async with gateway.table.seat(session, gateway.longest_s):  # before the upgrade, so that nobody slips in between
        await _accept(websocket)
        log.info("call begins", extra={"call": session.id, "calls": len(gateway.table)})
        await transport.carry(websocket, session, silent_s=SILENT_S)
    log.info("call ends", extra={"call": session.id, "calls": len(gateway.table)})


async def _accept(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in subprotocols(websocket) else None)


async def _attend(websocket: WebSocket, session: Session) -> None:
    await _accept(websocket)
    try:
        with session.attended() as sideband:
            log.info("call attended", extra={"call": session.id})
            await transport.carry(websocket, sideband)
    except CallerError as error:
        await websocket.close(1013, str(error))


def _begin(gateway: Gateway, websocket: WebSocket) -> tuple[EphemeralKey | None, Session]:
    """Raises Refused, before the upgrade."""
    key = gateway.admit(websocket)
    try:
        return key, _session(gateway, websocket, key)
    except CallerError as error:
        raise Refused(str(error), 400, error.code, error.param) from None


def _session(gateway: Gateway, websocket: WebSocket, key: EphemeralKey | None) -> Session:
    """`intent` goes before `model`: clients send both. What an ephemeral key is bound to goes before either."""
    dialect, timings = _dialect(websocket), websocket.query_params.get(TIMINGS) == "1"
    if key is not None:
        return gateway.new_session(key.kind, key.wishes, dialect, timings=timings)
    transcription = websocket.query_params.get("intent") == "transcription"
    return gateway.new_session("transcription" if transcription else "realtime", dialect=dialect, timings=timings)


def _find(gateway: Gateway, call_id: str) -> Session:
    try:
        return gateway.table.call(call_id)
    except NoSuchCall as error:
        raise Refused(str(error), 404, "call_not_found", "call_id") from None


def _dialect(websocket: WebSocket) -> Dialect:
    asked = websocket.headers.get("openai-beta", "") == "realtime=v1" or BETA_SUBPROTOCOL in subprotocols(websocket)
    return BETA if asked else GA
