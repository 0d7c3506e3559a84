"""What one client can do to a gateway, as fast as it can: `python -m bench.attacks NAME HOST PORT SECONDS`.

Everything is sent without waiting for answers, which are read and thrown away; a connection that the gateway ends is
opened again. In a process of its own, so that the caller who is timed beside it has an event loop of its own.
"""

import base64
import contextlib
import http.client
import io
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import av
import numpy as np
from websockets.frames import Frame, Opcode

Attack: TypeAlias = Callable[[str, int, float], None]
"""Called with the host, the port, and for how many seconds; says `sending` when it begins."""

ANSWER_S = 10.0
TOGETHER = 200
"""Small frames handed to the network at once."""
MINUTES = 5


def flood(host: str, port: int, seconds: float, *, first: list[bytes], then: Callable[[], bytes]) -> None:
    """One WebSocket. first: frames of its beginning. then: makes what is sent over and over."""
    payload = then()
    until = _begin(seconds)
    while time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException), _upgraded(host, port) as wire:
            threading.Thread(target=_drain, args=(wire,), daemon=True).start()
            for frame in first:
                wire.sendall(frame)
            while time.monotonic() < until:
                wire.sendall(payload)


def post(host: str, port: int, seconds: float, *, path: str, kind: str, body: Callable[[], bytes]) -> None:
    """One HTTP request after the other."""
    data = body()
    until = _begin(seconds)
    while time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(host, port, timeout=ANSWER_S)
            connection.request("POST", path, data, {"Content-Type": kind})
            connection.getresponse().read()
            connection.close()


def nothing(host: str, port: int, seconds: float) -> None:
    """To compare with."""
    _begin(seconds)


def _begin(seconds: float) -> float:
    """When to stop."""
    print("sending", flush=True)  # noqa: T201 - who started it waits for this
    return time.monotonic() + seconds


def _upgraded(host: str, port: int) -> socket.socket:
    wire = socket.create_connection((host, port), timeout=ANSWER_S)
    key = base64.b64encode(os.urandom(16)).decode()
    wire.sendall(
        f"GET /v1/realtime HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        more = wire.recv(65_536)
        if not more:
            raise ConnectionError("no upgrade")
        head += more
    if not head.startswith(b"HTTP/1.1 101"):
        time.sleep(0.1)
        raise ConnectionError("refused")
    return wire


def _drain(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while wire.recv(1 << 20):
            pass


def _frame(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


def event(kind: str, **fields: Any) -> bytes:
    return _frame(json.dumps({"type": kind, **fields}).encode())


def audio(seconds: float, rate: int = 24_000) -> str:
    """Noise, and a voice-like tone in every other second, as base64."""
    t = np.arange(round(seconds * rate)) / rate
    sound = np.random.default_rng(1).normal(0, 300, len(t)) + 6000 * np.sin(2 * np.pi * 300 * t) * (t.astype(int) % 2)
    return base64.b64encode(sound.astype("<i2").tobytes()).decode()


def _input(**fields: Any) -> bytes:
    return event("session.update", session={"type": "realtime", "audio": {"input": fields}})


def _session(**fields: Any) -> bytes:
    return event("session.update", session={"type": "realtime", **fields})


def _message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def _tools() -> list[dict[str, Any]]:
    wide = {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "x" * 80} for n in range(8)}}
    return [{"type": "function", "name": f"f{n}", "parameters": wide} for n in range(100)]


def _speech(text: str) -> bytes:
    return json.dumps({"model": "tts-1", "voice": "alloy", "input": text, "response_format": "mp3"}).encode()


def _form(name: str, data: bytes, parts: int = 0) -> bytes:
    boundary = "----bench"
    heads = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\nx\r\n'.encode() for n in range(parts)
    ] + [f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()]
    return b"".join(heads) + data + f"\r\n--{boundary}--\r\n".encode()


def _silence() -> bytes:
    """A small FLAC file of MINUTES."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=16_000)
        assert isinstance(stream, av.AudioStream)
        stream.layout, stream.format = "mono", "s16"
        second = av.AudioFrame(format="s16", layout="mono", samples=16_000)
        second.sample_rate = 16_000
        second.planes[0].update(bytes(32_000))
        for _ in range(MINUTES * 60):
            container.mux(stream.encode(second))
        container.mux(stream.encode(None))
    return out.getvalue()


def _offer() -> bytes:
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0"]
    return "\r\n".join([*lines, *(f"a=candidate:{n} 1 udp 1 10.0.0.1 {n} typ host" for n in range(1, 1500))]).encode()


MULTIPART = "multipart/form-data; boundary=----bench"
JSON = "application/json"
LONG = MINUTES * 60
_speak = partial(post, path="/v1/audio/speech", kind=JSON)
_transcribe = partial(post, path="/v1/audio/transcriptions", kind=MULTIPART)

ATTACKS: Mapping[str, Attack] = {
    "nothing": nothing,
    "pings": partial(flood, first=[], then=lambda: _frame(b"", Opcode.PING) * 10_000),
    "large pings": partial(flood, first=[], then=lambda: _frame(bytes(125), Opcode.PING) * TOGETHER),
    "parts of no message": partial(
        flood, first=[_frame(b"", fin=False)], then=lambda: _frame(b"", Opcode.CONT, fin=False) * 10_000
    ),
    "bad frames": partial(flood, first=[], then=lambda: _frame(b"{") * TOGETHER),
    "appends of one sample": partial(
        flood, first=[], then=lambda: event("input_audio_buffer.append", audio="AAA=") * TOGETHER
    ),
    "appends of five minutes": partial(
        flood, first=[], then=lambda: event("input_audio_buffer.append", audio=audio(LONG))
    ),
    "the same with noise reduction": partial(
        flood,
        first=[_input(noise_reduction={"type": "far_field"})],
        then=lambda: event("input_audio_buffer.append", audio=audio(LONG)),
    ),
    "the same as telephone sound": partial(
        flood,
        first=[_input(format={"type": "audio/pcmu"}, turn_detection=None)],
        then=lambda: (
            event("input_audio_buffer.append", audio=audio(LONG / 2, 8000)) + event("input_audio_buffer.clear")
        ),
    ),
    "large frames of no event": partial(flood, first=[], then=lambda: _frame(b"[" * (20 << 20))),
    "many small objects": partial(
        flood, first=[], then=lambda: _frame(b'{"type":"response.create","x":[' + b"{}," * 340_000 + b"{}]}")
    ),
    "sessions with many tools": partial(flood, first=[], then=lambda: _session(tools=_tools())),
    "sessions with long instructions": partial(flood, first=[], then=lambda: _session(instructions="word " * 13_000)),
    "long messages": partial(
        flood, first=[], then=lambda: event("conversation.item.create", item=_message("word " * 13_000))
    ),
    "answers to long inputs": partial(
        flood,
        first=[],
        then=lambda: event(
            "response.create",
            response={"conversation": "none", "output_modalities": ["text"], "input": [_message("word " * 700)] * 256},
        ),
    ),
    "speech of brackets": partial(_speak, body=lambda: _speech(("[" * 1000 + "] " * 600)[:4096])),
    "speech without a space": partial(_speak, body=lambda: _speech("a" * 4096)),
    "speech of emoji": partial(_speak, body=lambda: _speech("\U0001f600" * 4095 + "a")),
    "speech of marks": partial(_speak, body=lambda: _speech("*_`[(" * 819)),
    "recordings of silence": partial(_transcribe, body=lambda: _form("silence.flac", _silence())),
    "forms of many parts": partial(_transcribe, body=lambda: _form("x", b"x", parts=100_000)),
    "offers in forms of many parts": partial(
        post, path="/v1/realtime/calls", kind=MULTIPART, body=lambda: b"------bench\r\n\r\n\r\n" * 15_000
    ),
    "offers of many candidates": partial(post, path="/v1/realtime/calls", kind="application/sdp", body=_offer),
}


if __name__ == "__main__":
    name, host, port, seconds = sys.argv[1:]
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is for the bench, which has its own last words
        ATTACKS[name](host, int(port), float(seconds))
