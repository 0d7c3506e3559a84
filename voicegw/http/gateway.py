"""What every endpoint needs to know of the running gateway."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.engines import Engines
from pipeline.settings import CallSettings
from voicegw.http.access import Doorkeeper, Refused
from voicegw.protocol.dialect import GA, Dialect
from voicegw.protocol.offer import Offer
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.protocol.session import SessionType
from voicegw.sessions.encoding import encoder
from voicegw.sessions.ephemeral import EphemeralKeys
from voicegw.sessions.session import Session, new_id
from voicegw.sessions.table import SessionTable

LEAD_S = 3.0
"""WebSocket clients keep a buffer of their own: this much sound may be there before it is heard."""

DRAIN_S = 5.0
"""Patience with callers when the gateway stops."""


@dataclass(slots=True)
class Gateway:
    """The engines, the calls on them, and who may make one.

    public: settings that anyone who may call may see. longest_s: seconds a call may last. since: when it came up.
    """

    engines: Engines
    defaults: CallSettings
    doorkeeper: Doorkeeper
    table: SessionTable
    longest_s: float
    ephemeral: EphemeralKeys = field(default_factory=EphemeralKeys)
    since: int = field(default_factory=lambda: int(time.time()))
    public: dict[str, object] = field(default_factory=dict)
    state: Literal["starting", "ready", "stopping"] = "starting"

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
        session_id, offer = new_id("sess"), self.offer
        begun = offer.session(kind, session_id, int(time.time() + self.longest_s), wishes)
        protocol = RealtimeProtocol(
            offer, begun, conversation_id=new_id("conv"), new_id=new_id, encoder=encoder, timings=timings
        )
        return Session(session_id, self.engines, offer.settings(begun), protocol, lead=LEAD_S, dialect=dialect)

    def check_ready(self) -> None:
        """Raises Refused while the engines are not warm."""
        if self.state != "ready":
            raise Refused(f"The gateway is {self.state}; try again in a moment.", 503, "not_ready")

    async def drain(self) -> None:
        """Take no more calls, and say goodbye to those in progress."""
        self.state = "stopping"
        await self.table.drain(DRAIN_S)
