"""GET /v1/voicegw/lobby: what a page can offer before a call, and whether there is a place."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.voicing import default_voices
from voicegw.http.access import Refused
from voicegw.http.endpoint import refusal
from voicegw.http.gateway import Gateway

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
"""Of the Common European Framework of Reference for Languages. The caller's client puts the level into words."""

CALLS = "/v1/realtime/calls"


async def lobby(request: Request) -> Response:
    """Only languages that are both understood and spoken are on offer: half a language is no conversation.

    While the engines start, `languages` is empty: what a recognizer knows is known when it is loaded.
    """
    gateway: Gateway = request.app.state.gateway
    try:
        gateway.doorkeeper.check(request)
    except Refused as refused:
        return refusal(refused)
    voices = gateway.engines.synthesizer.voices
    understood = gateway.engines.recognizer.languages if gateway.state == "ready" else frozenset()
    # Languages with a human voice first: what the page proposes by itself is among them.
    spoken = default_voices(voices)
    natural = {language for voice in voices if voice.natural for language in voice.languages}
    answer = {
        "state": gateway.state,
        "places": {"taken": len(gateway.table), "all": gateway.table.limit},
        "longest_s": gateway.longest_s,
        "transports": ["webrtc", "websocket"] if _takes_sdp(request) else ["websocket"],
        "languages": [language for language in spoken if language in understood],
        "natural_languages": [language for language in spoken if language in understood & natural],
        "default_voices": dict(spoken),
        "voices": [
            {"name": voice.name, "languages": list(voice.languages), "natural": voice.natural} for voice in voices
        ],
        "levels": list(LEVELS),
        "scenarios": [],
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _takes_sdp(request: Request) -> bool:
    return any(getattr(route, "path", None) == CALLS for route in request.app.routes)
