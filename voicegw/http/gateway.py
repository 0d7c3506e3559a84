"""What every endpoint needs to know of the running gateway."""

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import HTTPConnection

from pipeline.engines import Engines
from pipeline.settings import CallSettings
from voicegw.http.access import Doorkeeper, Refused
from voicegw.protocol.call_settings import Offer
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.protocol.reply import EncoderFactory
from voicegw.sessions.encoding import encoder
from voicegw.sessions.phone import NoSound, PhoneSession
from voicegw.sessions.session import Session, new_id
from voicegw.sessions.switchboard import Switchboard
from voicegw.sessions.table import SessionTable, TableFull
from voicegw.transports.ice import IceServers
from voicegw.transports.spool import Spool
from voicegw.transports.webrtc import Peer

LEAD_S = 3.0
"""WebSocket clients keep a buffer of their own: this much sound may be there before it is heard."""

DRAIN_S = 5.0
"""Patience with callers when the gateway stops."""


@dataclass(slots=True)
class Gateway:
    """The engines, the calls on them, and who may make one.

    public: settings that anyone who may call may see. longest_s: seconds a call may last. grace_s: seconds that a call
    over WebRTC waits for a caller whose line broke.
    """

    engines: Engines
    defaults: CallSettings
    doorkeeper: Doorkeeper
    table: SessionTable
    longest_s: float
    ice_servers: IceServers = field(default_factory=IceServers)
    grace_s: float = 20.0
    public: dict[str, object] = field(default_factory=dict)
    state: Literal["starting", "ready", "stopping"] = "starting"
    switchboard: Switchboard = field(init=False)

    def __post_init__(self) -> None:
        self.switchboard = Switchboard(self.table, self.new_peer, longest_s=self.longest_s, grace_s=self.grace_s)

    def admit(self, connection: HTTPConnection) -> None:
        """Raises Refused when this caller cannot have a call just now."""
        self.doorkeeper.check(connection)
        if self.state != "ready":
            raise Refused(f"The gateway is {self.state}; try again in a moment.", 503, "not_ready")
        try:
            self.table.check()
        except TableFull as full:
            raise Refused(str(full), 503, "server_full") from None

    def new_session(self) -> Session:
        """A session with the gateway's defaults; the caller puts it in the table."""
        session_id = new_id("sess")
        return Session(session_id, self.engines, self.defaults, self._protocol(session_id, encoder), lead=LEAD_S)

    def new_phone_session(self, wanted: dict[str, Any] | None = None) -> PhoneSession:
        """The same for a call over WebRTC. wanted: how it is to differ from the defaults. Raises CallerError."""
        session_id = new_id("sess")
        protocol = self._protocol(session_id, lambda *_: NoSound())
        settings = self.defaults if wanted is None else protocol.begin(wanted)
        return PhoneSession(session_id, self.engines, settings, protocol)

    def new_peer(self, spool: Spool) -> Peer:
        """A WebRTC connection, which asks STUN and TURN servers only where the settings say so."""
        return Peer(spool, self.ice_servers.told("gateway", time.time()) if self.ice_servers.own else ())

    def _protocol(self, session_id: str, encoder: EncoderFactory) -> RealtimeProtocol:
        voices = tuple(voice.name for voice in self.engines.synthesizer.voices)
        return RealtimeProtocol(
            Offer(self.engines.chat.info.model, voices, self.defaults),
            session_id=session_id,
            conversation_id=new_id("conv"),
            expires_at=int(time.time() + self.longest_s),
            new_id=new_id,
            encoder=encoder,
        )

    async def drain(self) -> None:
        """Take no more calls, and say goodbye to those in progress."""
        self.state = "stopping"
        await self.table.drain(DRAIN_S)
