"""Is it alive, can it take a call, what is it made of."""

import platform
from dataclasses import asdict
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.engines import Watched
from voicegw import descriptors
from voicegw.http.access import Refused
from voicegw.http.endpoint import refusal
from voicegw.http.gateway import Gateway

PACKAGES = ("numpy", "onnxruntime", "ctranslate2", "faster-whisper", "piper-tts", "xllamacpp", "av", "websockets")


async def healthz(_: Request) -> Response:
    """The process is alive."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """200 when the models are warm and a call would be answered, else 503. `stuck`: the roles of engines that hang."""
    gateway: Gateway = request.app.state.gateway
    stuck = [engine.info.role for engine in gateway.engines.all if isinstance(engine, Watched) and engine.stuck]
    if stuck:
        return JSONResponse({"status": "stuck", "stuck": stuck}, 503)
    return JSONResponse({"status": gateway.state}, 200 if gateway.state == "ready" else 503)


async def info(request: Request) -> Response:
    """Engines, versions and the settings that matter for a report; never a key."""
    gateway: Gateway = request.app.state.gateway
    try:
        gateway.doorkeeper.check(request)
    except Refused as refused:
        return refusal(refused)
    return JSONResponse(
        {
            "version": version("voicegw"),
            "python": platform.python_version(),
            "engines": [asdict(engine.info) for engine in gateway.engines.all],
            "packages": {name: version(name) for name in PACKAGES},
            "settings": gateway.public,
            "calls": len(gateway.table),
            "loop_late_ms": gateway.lag.facts(),
            "connections": {
                "open": len(gateway.connections),
                "most": gateway.connections.most,
                "most_each": gateway.connections.most_each,
                **asdict(gateway.connections.counts),
            },
            "descriptors": {"open": descriptors.in_use(), "most": descriptors.limit()},
        }
    )
