"""GET /v1/realtime: a call over WebSocket."""

import logging

from starlette.websockets import WebSocket

from voicegw.http.access import SUBPROTOCOL, Refused, subprotocols
from voicegw.http.gateway import Gateway
from voicegw.http.health import refusal
from voicegw.transports import websocket as transport

log = logging.getLogger(__name__)


async def realtime(websocket: WebSocket) -> None:
    gateway: Gateway = websocket.app.state.gateway
    try:
        gateway.admit(websocket)
    except Refused as refused:
        await websocket.send_denial_response(refusal(refused))
        return
    await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in subprotocols(websocket) else None)
    session = gateway.new_session()
    async with gateway.table.seat(session, gateway.longest_s):
        log.info("call begins", extra={"call": session.id, "calls": len(gateway.table)})
        await transport.carry(websocket, session)
    log.info("call ends", extra={"call": session.id, "calls": len(gateway.table)})
