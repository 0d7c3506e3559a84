"""One caller's session: the protocol on one side, the call on the other, and a bounded way out between them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import assert_never

from pipeline.audio import HEARING_RATE, Pcm
from pipeline.call import Call
from pipeline.call_log import CallLog
from pipeline.engines import Engines
from pipeline.errors import CallerError, EngineError
from pipeline.notices import CallOver, Notice, TurnTimed
from pipeline.settings import CallSettings, ReplyOptions
from voicegw.protocol.commands import (
    AddItem,
    AppendAudio,
    CancelResponse,
    ClearInput,
    ClearOutput,
    Command,
    CommitInput,
    Configure,
    CreateResponse,
    DeleteItem,
    RetrieveItem,
    TruncateItem,
)
from voicegw.protocol.dialect import GA, Dialect
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.protocol.server_events import Error, ItemRetrieved, ServerEvent, SessionCreated
from voicegw.protocol.timings import in_milliseconds
from voicegw.sessions.hearing import Hearing
from voicegw.sessions.outbox import LIMIT, Outbox
from voicegw.sessions.pace import Pace
from voicegw.sessions.sideband import Sideband
from voicegw.sessions.slices import Slices
from voicegw.transports.goodbye import GOING_AWAY, NORMAL, TOO_SLOW, Goodbye
from voicegw.transports.resample import at_rate

SIDEBANDS = 4
"""Most servers that may attend one call."""


def new_id(kind: str) -> str:
    """`item_3f…`: 96 random bits keep the whole within the protocol's 32 characters."""
    return f"{kind}_{secrets.token_hex(12)}"


async def _at_hearing_rate(sound: Pcm | None) -> Pcm | None:
    """In a thread: a minute of sound takes longer than other callers can wait."""
    return None if sound is None else await asyncio.to_thread(at_rate, sound, HEARING_RATE)


async def _heard_inputs(options: ReplyOptions) -> ReplyOptions:
    if not options.sounds:
        return options
    sounds = [(item, await asyncio.to_thread(at_rate, sound, HEARING_RATE)) for item, sound in options.sounds]
    return replace(options, sounds=tuple(sounds))


class Session:
    """Text frames in by `receive`, text frames out by iterating over it; the transport moves them.

    Iteration ends when the session does; `goodbye` then says why, if it was this side that ended it.
    """

    def __init__(
        self,
        session_id: str,
        engines: Engines,
        settings: CallSettings,
        protocol: RealtimeProtocol,
        *,
        lead: float,
        dialect: Dialect = GA,
        backlog: Callable[[], float] | None = None,
    ) -> None:
        """lead: seconds of sound that may be sent ahead of the ear. dialect: how the client speaks.

        backlog: where this side plays the sound, the seconds that its player still has; None when the client does.
        """
        self.id = session_id
        self._log = CallLog(__name__, session_id)
        self._protocol = protocol
        self._dialect = dialect
        self._outbox = Outbox()
        self._sidebands: set[Sideband] = set()
        self._hearing = Hearing()
        self._pace = Pace()
        self._over = Goodbye(NORMAL, "nobody has spoken for a long time")
        self._slices = Slices(asyncio.get_running_loop().time)
        self._ear = asyncio.Lock()
        self.call = Call(
            engines,
            settings,
            caller=session_id,
            notify=self._notified,
            new_id=new_id,
            lead=lead,
            buffered=backlog is None,
            backlog=backlog,
        )
        protocol.open()
        self._flush()

    @property
    def goodbye(self) -> Goodbye | None:
        return self._outbox.goodbye

    async def receive(self, frame: str | bytes) -> None:
        """Handle one frame of the client. Whatever is wrong with it becomes an `error` event."""
        await self._receive(self._dialect.read(frame), self._outbox)

    def __aiter__(self) -> AsyncIterator[str]:
        return aiter(self._outbox)

    @contextmanager
    def attended(self) -> Iterator[Sideband]:
        """Another client for the same call, as long as this lasts. Raises CallerError when there are too many."""
        if len(self._sidebands) >= SIDEBANDS:
            raise CallerError(
                f"{SIDEBANDS} connections attend this call already, its limit.", code="too_many_sidebands"
            )
        sideband = Sideband(self.id, self._receive)
        sideband.outbox.put(GA.write(SessionCreated(event_id=new_id("event"), session=self._protocol.session))[0])
        self._sidebands.add(sideband)
        try:
            yield sideband
        finally:
            self._sidebands.discard(sideband)

    def end(self, code: int, reason: str) -> None:
        """End the session from this side; what is already waiting to be sent still is, as far as there is room."""
        for outbox in self._outboxes:
            outbox.end(Goodbye(code, reason))

    def leave(self, code: int, reason: str, within: float) -> None:
        """End the session like a person: the tutor finishes the sentence and says goodbye, at the latest in `within` s.

        At once where the tutor does not speak by itself.
        """
        self._over = Goodbye(code, reason)
        if not self.call.leave(within):
            self.end(code, reason)

    async def ended(self) -> None:
        """Returns when `end` was called."""
        await self._outbox.ended()

    def expire(self) -> None:
        """The longest time a session may last is over."""
        self._protocol.refuse(CallerError("Your session hit its maximum duration.", code="session_expired"), None)
        self._flush()
        self.end(GOING_AWAY, "session expired")

    async def close(self) -> None:
        """Free everything. Safe to call twice."""
        await self.call.close()
        self._outbox.hang_up()
        for sideband in self._sidebands:
            sideband.end(NORMAL, "the call has ended")

    @property
    def _outboxes(self) -> list[Outbox]:
        return [self._outbox, *(sideband.outbox for sideband in self._sidebands)]

    async def _receive(self, frame: str | bytes, sender: Outbox) -> None:
        for command in self._protocol.receive(frame):
            self._flush(sender)
            try:
                await self._run(command)
            except (CallerError, EngineError) as error:
                self._refuse(error, command.event_id)
        self._flush(sender)

    def _refuse(self, error: CallerError | EngineError, event_id: str | None) -> None:
        """Tell the client; of what is ours it learns little, and the log the rest."""
        if isinstance(error, EngineError):
            self._log.warning("a request failed", extra={"code": error.code, "reason": str(error)})
        self._protocol.refuse(error, event_id)

    async def _run(self, command: Command) -> None:
        match command:
            case AppendAudio():
                self._check_pace(command)
                await self._hear(command.pcm)
            case CommitInput():
                self.call.commit_input()
            case ClearInput():
                self.call.clear_input()
            case ClearOutput():
                self._clear_output()
            case Configure():
                self.call.configure(command.settings)
            case AddItem():
                self.call.add_item(command.item, command.after, await _at_hearing_rate(command.sound))
            case DeleteItem():
                self.call.delete_item(command.item_id)
            case RetrieveItem():
                self._retrieve(command.item_id)
            case TruncateItem():
                self.call.truncate_item(command.item_id, command.audio_end_ms)
            case CreateResponse():
                self.call.respond(await _heard_inputs(command.options))
            case CancelResponse():
                self.call.cancel(command.response_id)
            case _:
                assert_never(command)

    def _check_pace(self, command: AppendAudio) -> None:
        pcm = command.pcm
        if rate := self._pace.take(pcm.seconds, pcm.rate, asyncio.get_running_loop().time()):
            self._protocol.doubt(f"sound at {rate} Hz: so fast does it come", command.event_id)

    async def _hear(self, pcm: Pcm) -> None:
        """The whole of it or nothing. Raises CallerError, or the first EngineError; what follows that is heard too."""
        noise = self._protocol.session.audio.input.noise_reduction
        failed: EngineError | None = None
        async with self._ear:  # two clients of one call may send sound
            self.call.check_room(pcm.seconds)
            async for part in self._slices.of(pcm):
                try:
                    await self.call.hear(self._hearing.push(part, noise))
                except EngineError as error:
                    failed = failed or error
        if failed:
            raise failed

    def _clear_output(self) -> None:
        raise CallerError(
            "output_audio_buffer.clear is for calls over WebRTC; here the client has the sound, and stops it itself.",
            param="type",
        )

    def _retrieve(self, item_id: str) -> None:
        item = self.call.history.get(item_id)
        if item is None:
            raise CallerError(
                f"Item with item_id '{item_id}' not found.", code="item_retrieve_invalid_item_id", param="item_id"
            )
        self._protocol.retrieved(item)

    def _notified(self, notice: Notice) -> None:
        if isinstance(notice, CallOver):
            self.end(self._over.code, self._over.reason)
            return
        if isinstance(notice, TurnTimed):
            self._log.info("turn answered", extra={"response": notice.reply, **in_milliseconds(notice.timings)})
        self._protocol.notify(notice)
        self._flush()

    def _flush(self, sender: Outbox | None = None) -> None:
        """sender: whose frame this answers; what concerns nobody else is told to nobody else."""
        for event in self._protocol.events():
            private = sender is not None and isinstance(event, Error | ItemRetrieved)
            for outbox in [sender] if private and sender else self._outboxes:
                self._put(event, outbox)

    def _put(self, event: ServerEvent, outbox: Outbox) -> None:
        if outbox.goodbye is not None:
            return  # nobody takes it any more, and one line about that is enough
        dialect = self._dialect if outbox is self._outbox else GA
        if all(outbox.put(frame) for frame in dialect.write(event)):
            return
        self._log.warning("a client does not read; ending its connection", extra={"waiting": LIMIT})
        goodbye = Goodbye(TOO_SLOW, "the client reads too slowly")
        if outbox is self._outbox:
            self.end(goodbye.code, goodbye.reason)
        else:
            outbox.end(goodbye)
