"""A session whose sound goes over a line of its own, and which outlives one broken line."""

from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import Engines
from pipeline.errors import CallerError, EngineError
from pipeline.notices import Notice, ReplyAudio, ReplyEnded
from pipeline.settings import CallSettings
from voicegw.protocol.codec import encode
from voicegw.protocol.commands import AppendAudio, Command
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.sessions.session import Session
from voicegw.transports.opus import CLOCK_RATE
from voicegw.transports.spool import Sounding, Spool

LEAD_S = 0.04
"""Sound that waits in the spool: two packets, so that a late timer is not heard."""


class NoSound:
    """The audio encoder of a protocol whose audio goes elsewhere."""

    def encode(self, _: object) -> bytes:
        return b""

    def flush(self) -> bytes:
        return b""


class PhoneSession(Session):
    """Adds to a Session: `hear` for the caller's sound, `spool` for the tutor's, and word of when it sounds."""

    def __init__(self, session_id: str, engines: Engines, settings: CallSettings, protocol: RealtimeProtocol) -> None:
        self.spool = Spool(CLOCK_RATE, self._sounding)
        self._deaf = False
        super().__init__(session_id, engines, settings, protocol, lead=LEAD_S, backlog=lambda: self.spool.seconds)
        self.call.hold()

    async def hear(self, samples: bytes) -> None:
        """Take 16-bit mono samples at HEARING_RATE. What goes wrong is told to the caller, once."""
        try:
            await self._hear(Pcm(samples, HEARING_RATE))
            self._deaf = False
        except (CallerError, EngineError) as error:
            if not self._deaf:
                self._deaf = True
                self._refuse(error, None)
                self._flush()

    def hold(self) -> None:
        self.call.hold()

    def go_on(self) -> None:
        self.call.go_on()

    def greeting(self) -> list[str]:
        """What a caller must be told first on a new line."""
        self._protocol.open()
        return [encode(event) for event in self._protocol.events()]

    async def _run(self, command: Command) -> None:
        if isinstance(command, AppendAudio):
            raise CallerError("This call's audio comes over its media track; do not append it.", param="type")
        await super()._run(command)

    def _clear_output(self) -> None:
        """Silence, and the end of an answer that is being heard."""
        try:
            self.call.cancel()
        except CallerError:
            self.spool.clear()  # nothing is being said; the last words may still be on their way
        self._flush()

    def _notified(self, notice: Notice) -> None:
        if isinstance(notice, ReplyAudio):
            self.spool.play(notice.reply, notice.pcm)
        super()._notified(notice)
        if isinstance(notice, ReplyEnded):
            self._reply_ended(notice)

    def _reply_ended(self, notice: ReplyEnded) -> None:
        if notice.status != "cancelled":
            self.spool.finish(notice.reply)
            return
        waiting = self.spool.seconds
        self.spool.clear()
        item = notice.item
        if item and item.audio and self.call.history.get(item.id):
            # This side knows how much was heard; a client that has its sound played for it cannot.
            self.call.truncate_item(item.id, round(max(0.0, item.seconds - waiting) * 1000))

    def _sounding(self, what: Sounding, reply: str) -> None:
        self._protocol.sounding(what, reply)
        self._flush()
