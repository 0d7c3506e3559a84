"""How many calls over WebRTC one core carries: many callers at once, each packet's lateness taken where it arrives.

A packet says in its timestamp when it should leave, counted from the call's first. So the lateness of packet i of a
call is

    late(i) = (arrival(i) - timestamp(i) / 48000) - the least of that in this call                        (seconds)

which counts the gateway's ticks, the loopback, and the callers' own process: it is an upper bound of the gateway's. A
jump of the timestamp is a tick that the gateway left out. The callers send sound that was encoded beforehand and decode
nothing, so that a second core is enough for them. On a machine that others use too, the figure means little without
`floor`, taken on the gateway's core right before.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import httpx2
import numpy as np
import psutil
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtp import RtpPacket
from av import AudioFrame, CodecContext, Packet

from pipeline.errors import OperatorError

RATE: Final = 48_000
FRAME: Final = 960
SPEAKS_S: Final = 2.0
LISTENS_S: Final = 4.0
"""A caller speaks so long, then hears the answer, again and again."""
SETTLE_S: Final = 3.0
"""From the last call's beginning to the first packet that counts: the language and the ear of a call warm up."""
CONNECT_S: Final = 20.0


class _Voice(MediaStreamTrack):
    """Packets made beforehand, one every 20 ms."""

    kind = "audio"

    def __init__(self, speech: list[bytes], silence: bytes, offset: int) -> None:
        super().__init__()
        self._speech = speech
        self._silence = silence
        self._offset = offset
        self._start: float | None = None
        self._n = 0

    async def recv(self) -> "Packet[Any]":
        loop = asyncio.get_running_loop()
        if self._start is None:
            self._start = loop.time()
        await asyncio.sleep(max(0.0, self._start + self._n * FRAME / RATE - loop.time()))
        at = (self._n + self._offset) % round((SPEAKS_S + LISTENS_S) * RATE / FRAME)
        packet = Packet(self._speech[at] if at < len(self._speech) else self._silence)
        packet.pts, packet.time_base = self._n * FRAME, Fraction(1, RATE)
        self._n += 1
        return packet


class _Stopwatch(JitterBuffer):
    """In the place of aiortc's buffer: notes when each packet came, and hands none on."""

    def __init__(self) -> None:
        super().__init__(capacity=1)
        self.arrivals: list[tuple[float, int]] = []

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        self.arrivals.append((asyncio.get_running_loop().time(), packet.timestamp))
        return False, None


@dataclass
class _Call:
    connection: RTCPeerConnection
    stopwatch: _Stopwatch = field(default_factory=_Stopwatch)
    answers: int = 0
    answer_ms: float = 0.0
    """From the offer's sending to the answer's coming."""


async def measure(http: str, calls: int, seconds: float, gateway: psutil.Process) -> dict[str, Any]:
    """Hold `calls` calls for `seconds`. http: address of the gateway; gateway: its process."""
    speech, silence = _packets()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False, timeout=CONNECT_S))
        held = [
            await stack.enter_async_context(_calling(client, http, _Voice(speech, silence, offset=37 * n)))
            for n in range(calls)
        ]
        await asyncio.sleep(SETTLE_S)
        for call in held:
            call.stopwatch.arrivals.clear()
            call.answers = 0
        used = _cpu(gateway)
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        lasted = asyncio.get_running_loop().time() - begun
        return _facts(held, lasted, (_cpu(gateway) - used) / lasted)


def floor(core: int | None, seconds: float) -> dict[str, float]:
    """How late a program that does nothing but wake every 20 ms does so on this core: the machine's own part, in ms.

    Blocks; for a thread of its own, which it binds to the core.
    """
    if core is not None:
        os.sched_setaffinity(0, {core})  # of this thread only
    late: list[float] = []
    due = time.monotonic()
    for _ in range(round(seconds * RATE / FRAME)):
        due = max(due + FRAME / RATE, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
        late.append(time.monotonic() - due)
    return _shares(np.array(late))


def _shares(late: np.ndarray[Any, Any]) -> dict[str, float]:
    return {name: round(float(np.percentile(late, share)) * 1000, 1) for name, share in _SHARES.items()}


def _facts(held: list[_Call], lasted: float, core: float) -> dict[str, Any]:
    late = np.concatenate([_lateness(call.stopwatch.arrivals) for call in held])
    expected = len(held) * lasted * RATE / FRAME
    return {
        "calls": len(held),
        "seconds": round(lasted, 1),
        "packets": len(late),
        "packets_missing": round(max(0.0, expected - len(late))),
        "late_ms": _shares(late),
        "answers_heard": sum(call.answers for call in held),
        "sdp_answer_ms": {
            "p50": round(float(np.percentile([call.answer_ms for call in held], 50)), 1),
            "max": round(max(call.answer_ms for call in held), 1),
        },
        "gateway_core": round(core, 2),
    }


_SHARES: Final = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}


def _lateness(arrivals: list[tuple[float, int]]) -> np.ndarray[Any, Any]:
    at = np.array([arrival for arrival, _ in arrivals])
    sent = np.unwrap(np.array([stamp for _, stamp in arrivals], dtype=float), period=2.0**32) / RATE
    transit = at - sent
    late: np.ndarray[Any, Any] = transit - transit.min()
    return late


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@asynccontextmanager
async def _calling(client: httpx2.AsyncClient, http: str, voice: _Voice) -> AsyncIterator[_Call]:
    """A call that is up. Raises OperatorError when the gateway does not take it."""
    call = _Call(RTCPeerConnection(RTCConfiguration(iceServers=[])))
    pc = call.connection
    try:
        channel = pc.createDataChannel("oai-events")
        opened = asyncio.Event()
        channel.on("open", opened.set)

        def event(text: str) -> None:
            call.answers += '"output_audio_buffer.stopped"' in text

        channel.on("message", event)
        pc.addTrack(voice)
        receiver = pc.getReceivers()[0]
        assert hasattr(receiver, "_RTCRtpReceiver__jitter_buffer")
        setattr(receiver, "_RTCRtpReceiver__jitter_buffer", call.stopwatch)  # noqa: B010 - the name is mangled
        await pc.setLocalDescription()
        begun = asyncio.get_running_loop().time()
        reply = await client.post(
            f"{http}/v1/realtime/calls", content=pc.localDescription.sdp, headers={"Content-Type": "application/sdp"}
        )
        call.answer_ms = (asyncio.get_running_loop().time() - begun) * 1000
        if reply.status_code != httpx2.codes.CREATED:
            raise OperatorError(f"The gateway did not take a call: HTTP {reply.status_code} {reply.text}")
        await pc.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))
        async with asyncio.timeout(CONNECT_S):
            await opened.wait()
        yield call
    finally:
        await pc.close()


def _packets() -> tuple[list[bytes], bytes]:
    """Two seconds of a hum that counts as speech, and a packet of silence."""
    codec = CodecContext.create("libopus", "w")
    codec.format, codec.layout, codec.sample_rate = "s16", "mono", RATE
    codec.options = {"application": "voip"}
    codec.time_base = Fraction(1, RATE)
    count = round(SPEAKS_S * RATE / FRAME)
    t = np.arange(count * FRAME) / RATE
    hum = (9000 * np.sin(2 * np.pi * 300 * t)).astype("<i2").tobytes() + bytes(10 * FRAME * 2)
    packets: list[bytes] = []
    for n in range(count + 10):
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update(hum[n * FRAME * 2 : (n + 1) * FRAME * 2])
        frame.sample_rate, frame.pts, frame.time_base = RATE, n * FRAME, Fraction(1, RATE)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets[:count], packets[-1]
