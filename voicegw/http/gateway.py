"""What every endpoint needs to know of the running gateway."""

import time
from dataclasses import dataclass, field
from typing import Literal

from pipeline.engines import Engines
from pipeline.settings import CallSettings
from voicegw.http.access import Doorkeeper
from voicegw.protocol.call_settings import Offer
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.sessions.encoding import encoder
from voicegw.sessions.session import Session, new_id
from voicegw.sessions.table import SessionTable

LEAD_S = 3.0
"""WebSocket clients keep a buffer of their own: this much sound may be there before it is heard."""

DRAIN_S = 5.0
"""Patience with callers when the gateway stops."""


@dataclass(slots=True)
class Gateway:
    """The engines, the calls on them, and who may make one.

    public: settings that anyone who may call may see. longest_s: seconds a call may last.
    """

    engines: Engines
    defaults: CallSettings
    doorkeeper: Doorkeeper
    table: SessionTable
    longest_s: float
    public: dict[str, object] = field(default_factory=dict)
    state: Literal["starting", "ready", "stopping"] = "starting"

    def new_session(self, *, timings: bool = False) -> Session:
        """A session with the gateway's defaults; the caller puts it in the table.

        timings: the client asked for `voicegw.turn.timings` events.
        """
        session_id = new_id("sess")
        voices = tuple(voice.name for voice in self.engines.synthesizer.voices)
        protocol = RealtimeProtocol(
            Offer(self.engines.chat.info.model, voices, self.defaults),
            session_id=session_id,
            conversation_id=new_id("conv"),
            expires_at=int(time.time() + self.longest_s),
            new_id=new_id,
            encoder=encoder,
            timings=timings,
        )
        return Session(session_id, self.engines, self.defaults, protocol, lead=LEAD_S)

    async def drain(self) -> None:
        """Take no more calls, and say goodbye to those in progress."""
        self.state = "stopping"
        await self.table.drain(DRAIN_S)
