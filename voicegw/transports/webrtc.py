"""The Realtime protocol over WebRTC: the voice on an audio track, events on a data channel."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, Protocol

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES
from voicegw.transports import ending, offer, pulse
from voicegw.transports.channel import LABEL, Clogged, Closed, EventsChannel, Flooded
from voicegw.transports.ear import Ear
from voicegw.transports.ending import Ending
from voicegw.transports.ice import IceServer
from voicegw.transports.line import Line
from voicegw.transports.spool import Spool
from voicegw.transports.tap import tap
from voicegw.transports.tracks import TutorTrack

log = logging.getLogger(__name__)

ANSWER_S = 10.0
"""Longest that an answer may take: with a STUN server that does not reply, gathering takes five seconds."""
REACH_S = 6.0
"""Longest from the answer to the caller's first good check of the line: an offer alone holds nothing for long."""
CONNECT_S = 15.0
"""Longest from the answer to an open data channel."""
CLOSE_S = 3.0
"""Longest that closing may take."""
UNHEARD_S = 10.0
"""Sound that may wait for the engines."""


class PhoneTalk(Protocol):
    """What this transport needs of a session."""

    id: str

    async def receive(self, frame: str | bytes) -> None: ...

    def __aiter__(self) -> AsyncIterator[str]: ...

    async def ended(self) -> None: ...

    async def hear(self, samples: bytes) -> None:
        """Take 16-bit mono samples at HEARING_RATE."""

    def hold(self) -> None:
        """Nobody may be listening: say nothing for now."""

    def go_on(self) -> None: ...


class Peer:
    """One connection. `answer` first, then `carry`, and in any case `close`."""

    def __init__(self, spool: Spool, servers: Sequence[IceServer] = ()) -> None:
        """servers: whom to ask for our own addresses; without them only those of this machine are given."""
        self._loop = asyncio.get_running_loop()
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[RTCIceServer(**server) for server in servers]))
        self.track = TutorTrack(spool)
        self.ear = Ear(self._heard, self._loop)
        self.line = Line()
        transceiver = self._pc.addTransceiver(self.track)
        capabilities = RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([codec for codec in capabilities if codec.mimeType.lower() == "audio/opus"])
        tap(transceiver.receiver, self.ear)
        self._channel: asyncio.Future[EventsChannel] = self._loop.create_future()
        self._over: asyncio.Future[Ending] = self._loop.create_future()
        self._samples = bytearray()
        self._sound = asyncio.Event()
        self._pc.on("datachannel", self._opened)
        self._pc.on("connectionstatechange", self._changed)
        self._pc.on("iceconnectionstatechange", self._checked)
        self._came = False

    @property
    def came(self) -> bool:
        """Whether the caller has ever been heard of: its checks of the line, which need the answer, were good."""
        return self._came

    @property
    def over(self) -> bool:
        return self._over.done()

    async def answer(self, sdp: str) -> str:
        """Our answer to the caller's offer. Raises BadOffer."""
        wanted = offer.checked(sdp)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._pc.setRemoteDescription(RTCSessionDescription(wanted, "offer"))
                await self._pc.setLocalDescription()
        except TimeoutError:
            raise offer.BadOffer("The STUN or TURN server of this gateway does not answer.", code="no_answer") from None
        except Exception as error:
            # The parser of another project may raise anything at all for a text that a stranger wrote.
            log.info("an offer could not be answered", extra={"reason": repr(error)})
            raise offer.BadOffer(f"The offer cannot be answered: {error or type(error).__name__}.") from None
        self.line.watch(self._pc, self._loop.time)
        return offer.with_rejected(offer.with_correction(self._pc.localDescription.sdp), sdp)

    async def carry(self, session: PhoneTalk, greeting: Sequence[str] = ()) -> Ending:
        """Move sound and events both ways until it is over. greeting: frames to send before all others."""
        work = [
            self._spawn(self._talk(session, greeting), f"events {session.id}"),
            self._spawn(self._listen(session), f"ear {session.id}"),
            self._spawn(self._watch(session), f"pulse {session.id}"),
            self._spawn(self._end(session), f"end {session.id}"),
        ]
        try:
            return await self._over
        finally:
            session.hold()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    def leave(self, how: Ending) -> None:
        """End the connection from this side."""
        if not self._over.done():
            self._over.set_result(how)

    async def close(self) -> None:
        """Free everything. Safe to call twice."""
        self.leave(ending.HUNG_UP)
        self._channel.cancel()
        self.ear.close()
        self.track.stop()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._pc.close()
        except TimeoutError:
            log.warning("closing a connection took too long", extra={"seconds": CLOSE_S})
        except AttributeError as error:
            # aiortc stumbles over what it had no time to make when it gave up on an offer; sockets are not among it.
            log.info("a connection was never whole", extra={"reason": repr(error)})

    # --- what aiortc tells -------------------------------------------------------------------------------------------

    def _opened(self, channel: RTCDataChannel) -> None:
        if channel.label == LABEL and not self._channel.done():
            self._channel.set_result(EventsChannel(channel))
        else:
            self.leave(ending.CHANNELS)

    def _checked(self) -> None:
        self._came = self._came or self._pc.iceConnectionState in ("connected", "completed")

    def _changed(self) -> None:
        if self._pc.connectionState == "closed":
            self.leave(ending.GONE)
        elif self._pc.connectionState == "failed":
            self.leave(ending.LOST)

    def _heard(self, samples: bytes) -> None:
        self._samples += samples
        self._sound.set()
        if len(self._samples) > UNHEARD_S * HEARING_RATE * SAMPLE_BYTES:
            self.leave(ending.BEHIND)

    # --- the work of a call ------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, Ending], name: str) -> asyncio.Task[None]:
        async def run() -> None:
            try:
                self.leave(await work)
            except Exception:
                log.exception("a call broke off unexpectedly", extra={"task": name})
                self.leave(Ending("an error of this gateway"))

        task = asyncio.create_task(run(), name=name)
        task.add_done_callback(lambda _: work.close())  # one that is cancelled at once has not begun it
        return task

    async def _talk(self, session: PhoneTalk, greeting: Sequence[str]) -> Ending:
        try:
            channel = await self._connected()
        except TimeoutError:
            return ending.NEVER_CAME
        session.go_on()
        reading = self._spawn(self._read(channel, session), f"read {session.id}")
        try:
            for frame in greeting:
                await channel.send(frame)
            async for frame in session:
                await channel.send(frame)
            await channel.sent(CLOSE_S)
        except Clogged:
            return ending.SLOW
        except Closed:
            return ending.GONE
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return ending.HUNG_UP

    async def _connected(self) -> EventsChannel:
        """Raises TimeoutError."""
        async with asyncio.timeout(CONNECT_S):
            await asyncio.wait({self._channel}, timeout=REACH_S)
            if not self._came:
                raise TimeoutError
            return await asyncio.shield(self._channel)

    async def _read(self, channel: EventsChannel, session: PhoneTalk) -> Ending:
        try:
            async for frame in channel:
                await session.receive(frame)
        except Flooded:
            return ending.FLOOD
        return ending.GONE

    async def _listen(self, session: PhoneTalk) -> Ending:
        while True:
            await self._sound.wait()
            self._sound.clear()
            samples, self._samples = bytes(self._samples), bytearray()
            await session.hear(samples)

    async def _watch(self, session: PhoneTalk) -> Ending:
        await asyncio.shield(self._channel)
        watch = pulse.Pulse(self._loop.time())
        while True:
            await asyncio.sleep(pulse.EVERY_S)
            match watch.beat(self._loop.time(), self.line.packets, self.line.bytes, self.ear.last_packet):
                case Ending() as over:
                    return over
                case "hold":
                    session.hold()
                case "go_on":
                    session.go_on()

    async def _end(self, session: PhoneTalk) -> Ending:
        """This side ends the session: what is on its way gets a moment to arrive."""
        await session.ended()
        await asyncio.sleep(CLOSE_S)
        return ending.HUNG_UP
