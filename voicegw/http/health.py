"""Is it alive, can it take a call, what is it made of."""

import asyncio
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
    """200 when a call would be taken and answered, else 503 with the reason, for anybody to read.

    starting, stopping. stuck: the roles of engines that hang. down: what is wrong with an engine, by its role.
    full: all places are taken; with `?full=ok` that is no reason, for those who would start the gateway anew.
    notes, with 200: what callers may notice all the same.
    """
    gateway: Gateway = request.app.state.gateway
    if gateway.state != "ready":
        return JSONResponse({"status": gateway.state}, 503)
    stuck = [engine.info.role for engine in gateway.engines.all if isinstance(engine, Watched) and engine.stuck]
    if stuck:
        return JSONResponse({"status": "stuck", "stuck": stuck}, 503)
    troubles = await gateway.readiness.troubles()
    spared = {role: why for role, why in troubles.items() if role in gateway.readiness.without}
    if down := {role: why for role, why in troubles.items() if role not in spared}:
        return JSONResponse({"status": "down", "down": down}, 503)
    if gateway.full and request.query_params.get("full") != "ok":
        places = {"taken": len(gateway.table), "all": gateway.table.limit}
        return JSONResponse({"status": "full", "places": places}, 503)
    notes = [f"{role} {why}" for role, why in spared.items()]
    if gateway.connections.short(asyncio.get_running_loop().time()):
        notes.append("file descriptors are running out")
    return JSONResponse({"status": "ready", "notes": notes} if notes else {"status": "ready"})


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
