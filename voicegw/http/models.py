"""GET /v1/models: what this gateway runs. Any other name is accepted too, and means these."""

from starlette.requests import Request
from starlette.responses import Response

from voicegw.http.access import Refused
from voicegw.http.endpoint import told
from voicegw.http.gateway import Gateway


async def models(_: Request, gateway: Gateway) -> Response:
    return told({"object": "list", "data": _models(gateway)})


async def model(request: Request, gateway: Gateway) -> Response:
    wanted = request.path_params["model"]
    for found in _models(gateway):
        if found["id"] == wanted:
            return told(found)
    raise Refused(f"The model '{wanted}' does not exist here.", 404, "model_not_found", "model")


def _models(gateway: Gateway) -> list[dict[str, object]]:
    """The language model, which is what a call is named after, the recognizer, and each voice model."""
    engines = gateway.engines
    told = [engine.info.model for engine in (engines.chat, engines.recognizer, engines.synthesizer)]
    names = dict.fromkeys(name for names in told for name in names.split(", "))
    return [{"id": name, "object": "model", "created": gateway.since, "owned_by": "voicegw"} for name in names]
