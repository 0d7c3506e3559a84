"""One caller's session: the protocol on one side, the call on the other, and a bounded way out between them."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from typing import assert_never

from pipeline.audio import HEARING_RATE, Pcm
from pipeline.call import Call
from pipeline.engines import Engines
from pipeline.errors import CallerError, EngineError
from pipeline.notices import Notice
from pipeline.settings import CallSettings
from voicegw.protocol.codec import encode
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
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.transports.goodbye import GOING_AWAY, TOO_SLOW, Goodbye
from voicegw.transports.resample import Resampler

OUTBOX = 1024
"""Events that may wait for a client that reads slowly; at most a few seconds of sound are among them."""


def new_id(kind: str) -> str:
    """`item_3f…`: 96 random bits keep the whole within the protocol's 32 characters."""
    return f"{kind}_{secrets.token_hex(12)}"


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
        backlog: Callable[[], float] | None = None,
    ) -> None:
        """lead: seconds of sound that may be sent ahead of the ear.

        backlog: where this side plays the sound, the seconds that its player still has; None when the client does.
        """
        self.id = session_id
        self.goodbye: Goodbye | None = None
        self._log = logging.LoggerAdapter(logging.getLogger(__name__), {"call": session_id})
        self._protocol = protocol
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue(OUTBOX)
        self._ended = asyncio.Event()
        self._resampler: Resampler | None = None
        self._rate_in = 0
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

    async def receive(self, frame: str | bytes) -> None:
        """Handle one frame of the client. Whatever is wrong with it becomes an `error` event."""
        for command in self._protocol.receive(frame):
            self._flush()
            try:
                await self._run(command)
            except (CallerError, EngineError) as error:
                self._protocol.refuse(error, command.event_id)
        self._flush()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (frame := await self._outbox.get()) is not None:
            yield frame

    def end(self, code: int, reason: str) -> None:
        """End the session from this side; what is already waiting to be sent still is, as far as there is room."""
        if self.goodbye is None:
            self.goodbye = Goodbye(code, reason)
            self._ended.set()
            self._hang_up()

    async def ended(self) -> None:
        """Returns when `end` was called."""
        await self._ended.wait()

    def expire(self) -> None:
        """The longest time a session may last is over."""
        self._protocol.refuse(CallerError("Your session hit its maximum duration.", code="session_expired"), None)
        self._flush()
        self.end(GOING_AWAY, "session expired")

    async def close(self) -> None:
        """Free everything. Safe to call twice."""
        await self.call.close()
        self._hang_up()

    async def _run(self, command: Command) -> None:
        match command:
            case AppendAudio():
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
                self.call.add_item(command.item, command.after)
            case DeleteItem():
                self.call.delete_item(command.item_id)
            case RetrieveItem():
                self._retrieve(command.item_id)
            case TruncateItem():
                self.call.truncate_item(command.item_id, command.audio_end_ms)
            case CreateResponse():
                self.call.respond(command.options)
            case CancelResponse():
                self.call.cancel(command.response_id)
            case _:
                assert_never(command)

    async def _hear(self, pcm: Pcm) -> None:
        if self._resampler is None or self._rate_in != pcm.rate:
            self._resampler, self._rate_in = Resampler(pcm.rate, HEARING_RATE), pcm.rate
        await self.call.hear(self._resampler.push(pcm.data))

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
        self._protocol.notify(notice)
        self._flush()

    def _flush(self) -> None:
        for event in self._protocol.events():
            try:
                self._outbox.put_nowait(encode(event))
            except asyncio.QueueFull:
                self._log.warning("the client does not read; ending the call", extra={"waiting": OUTBOX})
                self.end(TOO_SLOW, "the client reads too slowly")
                return

    def _hang_up(self) -> None:
        if self._outbox.full():
            self._outbox.get_nowait()
        self._outbox.put_nowait(None)
