"""A caller over WebRTC: aiortc with a microphone that a test moves, and an ear that measures."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import httpx2
import numpy as np
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame, Packet

from bench.phone.lossy_link import LossyLink
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES
from voicegw.transports.ear import Ear
from voicegw.transports.tap import tap

RATE = 48_000
FRAME = 960
WITHIN = 20.0
HEARD_FRAME = HEARING_RATE // 50
LOUD = 500
"""Root mean square of what counts as sound."""


class Microphone(MediaStreamTrack):
    """A tone while `speaking`, silence otherwise, a frame every 20 ms."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.speaking = False
        self.broken = False
        self.junk = False
        self._start: float | None = None
        self._n = 0
        t = np.arange(FRAME) / RATE
        self._tone = (9000 * np.sin(2 * np.pi * 400 * t)).astype("<i2").tobytes()
        self._words = b""

    def say(self, sound: bytes) -> None:
        """Play 16-bit mono samples at RATE, then silence."""
        self._words += sound

    @property
    def sent_s(self) -> float:
        return self._n * FRAME / RATE

    async def recv(self) -> "AudioFrame | Packet[Any]":
        loop = asyncio.get_running_loop()
        if self._start is None:
            self._start = loop.time()
        await asyncio.sleep(max(0.0, self._start + self._n * FRAME / RATE - loop.time()))
        while self.broken:
            await asyncio.sleep(0.02)
        if self.junk:
            packet = Packet(b"\xff\xff\xff")
            packet.pts, packet.time_base = self._n * FRAME, Fraction(1, RATE)
            self._n += 1
            return packet
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
        words, self._words = self._words[: 2 * FRAME], self._words[2 * FRAME :]
        frame.planes[0].update(self._tone if self.speaking else words.ljust(2 * FRAME, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._n * FRAME, Fraction(1, RATE)
        self._n += 1
        return frame


class RtcCaller:
    """seen: events so far. levels: loudness of each 20 ms heard, with the moment they came. heard: 16 kHz samples."""

    def __init__(
        self, *, channel: str | None = "oai-events", empty_sctp: bool = False, relay: list[RTCIceServer] | None = None
    ) -> None:
        """empty_sctp: offer a transport for channels, and open none. relay: go through these servers only."""
        policy = RTCIceTransportPolicy.RELAY if relay else RTCIceTransportPolicy.ALL
        self.pc = RTCPeerConnection(
            RTCConfiguration(
                iceServers=relay or [],
                iceTransportPolicy=policy,
                alwaysNegotiateDataChannels=empty_sctp,
            )
        )
        self.microphone = Microphone()
        self.seen: list[dict[str, Any]] = []
        self.levels: list[tuple[float, float]] = []
        self.heard = bytearray()
        self._measured = 0
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()
        self.location = ""
        self.ticket: str | None = None
        self._changed = asyncio.Event()
        self._asked = 0
        self._channel: RTCDataChannel | None = self.pc.createDataChannel(channel) if channel else None
        if self._channel:
            self._channel.on("open", self.opened.set)
            self._channel.on("message", self._event)
            self._channel.on("close", self.closed.set)
        self.pc.addTrack(self.microphone)
        # aiortc's own ear stops for a third of a second when a packet is lost, and would be what is measured.
        self._ear = Ear(self._sound, asyncio.get_running_loop())
        tap(self.pc.getReceivers()[0], self._ear)

    @property
    def channel(self) -> RTCDataChannel:
        assert self._channel
        return self._channel

    async def offer(self, change: Callable[[str], str] = str) -> str:
        """change: what to do to the offer's text."""
        if self.pc.signalingState == "stable":
            await self.pc.setLocalDescription()
        return change(self.pc.localDescription.sdp)

    async def dial(
        self,
        http: str,
        path: str = "/v1/realtime/calls",
        *,
        ticket: str | None = None,
        link: LossyLink | None = None,
        session: dict[str, Any] | None = None,
    ) -> httpx2.Response:
        """Make the call. link: the network to go over; without it, straight. session: sent along, in a form."""
        headers = {"Voicegw-Resume": ticket} if ticket else {}
        offer = await self.offer(link.offer if link else str)
        async with httpx2.AsyncClient(trust_env=False, timeout=WITHIN) as client:
            if session is None:
                headers["Content-Type"] = "application/sdp"
                reply = await client.post(http + path, content=offer, headers=headers)
            else:
                form = {"sdp": offer, "session": json.dumps(session)}
                files = {name: (None, text) for name, text in form.items()}
                reply = await client.post(http + path, files=files, headers=headers)
        if reply.status_code == 201:
            self.location = reply.headers["location"]
            self.ticket = reply.headers.get("voicegw-resume")
            answer = await link.open(reply.text) if link else reply.text
            await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return reply

    @staticmethod
    async def ice_servers(http: str) -> list[RTCIceServer]:
        """What the gateway tells its callers to use."""
        async with httpx2.AsyncClient(trust_env=False, timeout=WITHIN) as client:
            told = (await client.get(f"{http}/v1/realtime/ice")).json()["ice_servers"]
        return [RTCIceServer(**server) for server in told]

    async def dial_only(self, http: str, change: Callable[[str], str] = str) -> httpx2.Response:
        """Make the call, and do nothing with the answer. change: what to do to the offer's text."""
        offer = await self.offer(change)
        async with httpx2.AsyncClient(trust_env=False, timeout=WITHIN) as client:
            return await client.post(
                f"{http}/v1/realtime/calls", content=offer, headers={"Content-Type": "application/sdp"}
            )

    def stop_reading(self) -> None:
        """Acknowledge nothing that comes over the data channel any more."""

        async def deaf(data: bytes) -> None:
            return

        self.channel.transport._handle_data = deaf  # type: ignore[method-assign]

    async def connected(self) -> None:
        async with asyncio.timeout(WITHIN):
            await self.opened.wait()

    def send(self, event: dict[str, Any] | str) -> None:
        self.channel.send(json.dumps(event) if isinstance(event, dict) else event)

    async def event(self, kind: str) -> dict[str, Any]:
        """The next event of this type that nobody has asked for."""
        async with asyncio.timeout(WITHIN):
            while True:
                while self._asked < len(self.seen):
                    event = self.seen[self._asked]
                    self._asked += 1
                    if event["type"] == kind:
                        return event
                self._changed.clear()
                await self._changed.wait()

    async def speak(self, seconds: float) -> None:
        self.microphone.speaking = True
        await asyncio.sleep(seconds)
        self.microphone.speaking = False

    async def sound(self, *, loud: bool = True) -> float:
        """Wait until it sounds (or does not, for a fifth of a second); the moment of the frame."""
        begun = len(self.levels)
        async with asyncio.timeout(WITHIN):
            while True:
                new = self.levels[begun:]
                if loud:
                    if found := [at for at, level in new if level > LOUD]:
                        return found[0]
                elif len(new) >= 10 and all(level < LOUD for _, level in new[-10:]):
                    return new[-10][0]
                await asyncio.sleep(0.01)

    async def hang_up(self) -> None:
        self._ear.close()
        self.microphone.broken = False
        await self.pc.close()

    @property
    def kinds(self) -> list[str]:
        kinds: list[str] = []
        for event in self.seen:
            if not (event["type"].endswith(".delta") and event["type"] in kinds[-1:]):
                kinds.append(event["type"])
        return kinds

    def _event(self, message: str) -> None:
        self.seen.append(json.loads(message))
        self._changed.set()

    def _sound(self, samples: bytes) -> None:
        self.heard += samples
        now = asyncio.get_running_loop().time()
        while len(self.heard) - self._measured >= HEARD_FRAME * SAMPLE_BYTES:
            frame = np.frombuffer(self.heard, "<i2", HEARD_FRAME, self._measured).astype(float)
            self._measured += HEARD_FRAME * SAMPLE_BYTES
            self.levels.append((now, float(np.sqrt(np.mean(frame**2)))))


@asynccontextmanager
async def calling(http: str, **options: Any) -> AsyncIterator[RtcCaller]:
    """A caller whose call is up, and who hangs up in the end."""
    caller = RtcCaller()
    try:
        reply = await caller.dial(http, **options)
        assert reply.status_code == 201, reply.text
        await caller.connected()
        await caller.event("session.created")
        yield caller
    finally:
        await caller.hang_up()
