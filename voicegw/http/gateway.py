"""What every endpoint needs to know of the running gateway."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import HTTPConnection

from pipeline.engines import Engines
from pipeline.settings import CallSettings
from pipeline.voicing import default_voices
from voicegw.connections import Connections
from voicegw.http.access import Doorkeeper, Refused
from voicegw.http.readiness import Readiness
from voicegw.lag import LagWatch
from voicegw.media.batch import WAITING, BatchDesk
from voicegw.protocol.alone import Refusals
from voicegw.protocol.dialect import GA, Dialect
from voicegw.protocol.offer import Offer
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.protocol.session import AnySession, SessionType
from voicegw.protocol.sound import EncoderFactory
from voicegw.sessions.encoding import encoder
from voicegw.sessions.ephemeral import EphemeralKey, EphemeralKeys, KeyBusy
from voicegw.sessions.phone import NoSound, PhoneSession
from voicegw.sessions.session import Session, new_id
from voicegw.sessions.switchboard import Switchboard
from voicegw.sessions.table import SessionTable, TableFull
from voicegw.transports.ice import IceServers
from voicegw.transports.spool import Spool
from voicegw.transports.webrtc import Peer

LEAD_S = 3.0
"""WebSocket clients keep a buffer of their own: this much sound may be there before it is heard."""


@dataclass(slots=True)
class Gateway:
    """The engines, the calls on them, and who may make one.

    public: settings that anyone who may call may see. longest_s: seconds a call may last. since: when it came up.
    batch_jobs: recordings transcribed over HTTP at the same time, and texts read out.
    grace_s: seconds that a call over WebRTC waits for a caller whose line broke. drain_s: seconds that calls have to
    end when the gateway stops.
    """

    engines: Engines
    defaults: CallSettings
    doorkeeper: Doorkeeper
    table: SessionTable
    longest_s: float
    connections: Connections = field(default_factory=Connections)
    ephemeral: EphemeralKeys = field(default_factory=EphemeralKeys)
    since: int = field(default_factory=lambda: int(time.time()))
    ice_servers: IceServers = field(default_factory=IceServers)
    grace_s: float = 20.0
    drain_s: float = 8.0
    public: dict[str, object] = field(default_factory=dict)
    state: Literal["starting", "ready", "stopping"] = "starting"
    batch_jobs: int = 4
    lag: LagWatch = field(default_factory=LagWatch)
    switchboard: Switchboard = field(init=False)
    readiness: Readiness = field(init=False)
    transcribing: BatchDesk = field(init=False)
    reading: BatchDesk = field(init=False)

    def __post_init__(self) -> None:
        self.readiness = Readiness(self.engines)
        self.switchboard = Switchboard(self.table, self.new_peer, longest_s=self.longest_s, grace_s=self.grace_s)
        self.transcribing = BatchDesk(self.batch_jobs, lambda: self.table.waits, waiting=WAITING)
        self.reading = BatchDesk(self.batch_jobs, lambda: self.table.waits, waiting=WAITING)

    def admit(self, connection: HTTPConnection) -> EphemeralKey | None:
        """The ephemeral key that a caller brings, if any. Raises Refused when there is no call to be had."""
        key = self.doorkeeper.check_session(connection)
        self.check_ready()
        try:
            if key is not None:
                self.ephemeral.check(key)
            if not self.switchboard.yielding:
                self.table.check()
        except TableFull as full:
            raise Refused(str(full), 503, "server_full") from None
        except KeyBusy as busy:
            raise Refused(str(busy), 429, "rate_limit_exceeded") from None
        return key

    @property
    def full(self) -> bool:
        """Whether one more caller would be refused."""
        return self.table.full and not self.switchboard.yielding

    def make_room(self) -> None:
        """To be called when a call begins that was admitted: one that nobody came to gives way where all are taken."""
        if self.table.full:
            self.switchboard.give_way()

    def check_ready(self) -> None:
        """Raises Refused while the engines are not warm."""
        if self.state != "ready":
            raise Refused(f"The gateway is {self.state}; try again in a moment.", 503, "not_ready")

    @property
    def offer(self) -> Offer:
        """What a client can have. Known when the engines are warm."""
        engines = self.engines
        return Offer(
            engines.chat.info.model,
            tuple(voice.name for voice in engines.synthesizer.voices),
            self.defaults,
            engines.recognizer.languages,
            engines.recognizer.info.model,
            default_voices(engines.synthesizer.voices),
        )

    def new_session(
        self,
        kind: SessionType = "realtime",
        wishes: Mapping[str, Any] | None = None,
        dialect: Dialect = GA,
        *,
        timings: bool = False,
    ) -> Session:
        """A session with the gateway's defaults but for the client's wishes; the caller puts it in the table.

        timings: the client asked for `voicegw.turn.timings` events. Raises CallerError for a wish that is refused.
        """
        session_id = new_id("sess")
        refusals = Refusals()
        begun, settings = self._begun(kind, session_id, wishes, refusals)
        protocol = self._protocol(begun, encoder, refusals, timings=timings)
        return Session(session_id, self.engines, settings, protocol, lead=LEAD_S, dialect=dialect)

    def new_phone_session(self, wishes: Mapping[str, Any] | None = None, *, timings: bool = False) -> PhoneSession:
        """The same for a call over WebRTC."""
        session_id = new_id("sess")
        refusals = Refusals()
        begun, settings = self._begun("realtime", session_id, wishes, refusals)
        protocol = self._protocol(begun, lambda *_: NoSound(), refusals, timings=timings)
        return PhoneSession(session_id, self.engines, settings, protocol)

    def new_peer(self, spool: Spool) -> Peer:
        """A WebRTC connection, which asks STUN and TURN servers only where the settings say so."""
        return Peer(spool, self.ice_servers.told("gateway", time.time()) if self.ice_servers.own else ())

    def _begun(
        self, kind: SessionType, session_id: str, wishes: Mapping[str, Any] | None, refusals: Refusals
    ) -> tuple[AnySession, CallSettings]:
        offer = self.offer
        begun = offer.session(kind, session_id, int(time.time() + self.longest_s), wishes, refusals)
        return begun, offer.settings(begun)

    def _protocol(
        self, begun: AnySession, encoder: EncoderFactory, refusals: Refusals, *, timings: bool
    ) -> RealtimeProtocol:
        return RealtimeProtocol(
            self.offer,
            begun,
            conversation_id=new_id("conv"),
            new_id=new_id,
            encoder=encoder,
            timings=timings,
            refusals=refusals,
        )

    async def drain(self) -> None:
        """Take no more calls, and say goodbye to those in progress."""
        self.state = "stopping"
        await self.table.drain(self.drain_s)
