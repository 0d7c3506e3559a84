"""Who is let in, and what the gateway says of itself."""

import httpx2
import pytest
from pydantic import ValidationError
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from models.scripted import ScriptedChat, ScriptedRecognizer
from pipeline.errors import OperatorError
from tests.support.gateway import gateway, scripted
from tests.support.wire import dial
from voicegw.settings import Settings

KEY = "sk-secret"


@pytest.mark.parametrize(
    "options",
    [
        {"additional_headers": {"Authorization": f"Bearer {KEY}"}},
        {"additional_headers": {"api-key": KEY}},
        {"subprotocols": [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{KEY}")]},
    ],
)
async def test_the_key_opens_in_every_form_that_clients_use(options):
    async with gateway(api_key=KEY) as running, dial(running.url, **options) as wire:
        await wire.event("session.created")
        assert wire.socket.subprotocol in (None, "realtime")


@pytest.mark.parametrize("options", [{}, {"additional_headers": {"Authorization": "Bearer wrong"}}])
async def test_without_the_key_there_is_a_401_before_the_upgrade(options):
    async with gateway(api_key=KEY) as running:
        with pytest.raises(InvalidStatus) as refused:
            async with dial(running.url, **options):
                pass
        assert refused.value.response.status_code == 401
        assert b"invalid_api_key" in refused.value.response.body
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"{running.http}/v1/info")).status_code == 401


async def test_a_web_page_of_another_origin_may_not_use_a_gateway_without_a_key():
    async with gateway() as running:
        with pytest.raises(InvalidStatus) as refused:
            async with dial(running.url, origin=Origin("http://evil.example")):
                pass
        assert refused.value.response.status_code == 403
        async with dial(running.url, origin=Origin(running.http)) as wire:
            await wire.event("session.created")


APP = "https://school.example"
ASKING = {
    "Origin": APP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, x-openai-agents-sdk",
}
OFFER = {"Origin": APP, "Content-Type": "application/sdp"}


async def test_a_page_of_a_named_origin_may_call_from_its_browser():
    async with gateway(origins=f"http://localhost:3000 {APP}") as running:
        async with httpx2.AsyncClient(base_url=f"{running.http}/v1/realtime") as browser:
            for path in ("/calls", "/client_secrets"):
                asked = await browser.options(path, headers=ASKING)
                assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, APP)
                assert asked.headers["access-control-allow-headers"] == ASKING["Access-Control-Request-Headers"]
                assert "POST" in asked.headers["access-control-allow-methods"]
            refused = await browser.post("/calls", headers=OFFER, content="hello")
            assert refused.json()["error"]["param"] == "sdp"  # heard, and read by the page although it was refused
            assert refused.headers["access-control-allow-origin"] == APP
            assert "Location" in refused.headers["access-control-expose-headers"]
            stranger = await browser.options("/calls", headers=ASKING | {"Origin": "http://evil.example"})
            assert (stranger.status_code, "access-control-allow-origin" in stranger.headers) == (400, False)
        async with dial(running.url, origin=Origin(APP)) as wire:
            await wire.event("session.created")


async def test_where_any_page_may_call_it_needs_a_key():
    async with gateway(origins="*") as running, httpx2.AsyncClient(base_url=running.http) as browser:
        answer = await browser.post("/v1/realtime/calls", headers=OFFER, content="hello")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert answer.headers["access-control-allow-origin"] == "*"
    async with gateway(origins="*", api_key=KEY) as running, httpx2.AsyncClient(base_url=running.http) as browser:
        answer = await browser.post("/v1/realtime/calls", headers=OFFER | {"api-key": KEY}, content="hello")
        assert answer.json()["error"]["param"] == "sdp"


async def test_no_page_of_another_origin_may_call_by_default():
    async with gateway(api_key=KEY) as running, httpx2.AsyncClient(base_url=running.http) as browser:
        asked = await browser.options("/v1/realtime/calls", headers=ASKING)
        assert (asked.status_code, "access-control-allow-origin" in asked.headers) == (405, False)


@pytest.mark.parametrize("origins", ["school.example", "https://school.example/", "https://*.example", "* http://a"])
def test_what_is_no_origin_is_refused(origins):
    with pytest.raises(ValidationError, match="origins"):
        Settings(origins=origins)


async def test_a_name_that_was_bent_to_this_machine_is_refused_without_a_key():
    rebound = {"Host": "evil.example:8080"}
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        assert (await client.get("/v1/info", headers=rebound)).status_code == 403
        with pytest.raises(InvalidStatus) as refused:
            async with dial("ws://evil.example:8080/v1/realtime", host="127.0.0.1", port=running.port):
                pass
        assert refused.value.response.status_code == 403


async def test_health_readiness_and_what_it_is_made_of():
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        assert "<title>voicegw</title>" in (await client.get("/")).text
        info = (await client.get("/v1/info")).json()
        assert {engine["engine"] for engine in info["engines"]} == {"scripted"}
        assert "api_key" not in str(info)


async def test_while_an_engine_hangs_the_gateway_is_not_ready_and_names_it():
    class Hanging(ScriptedRecognizer):
        stuck = False

    recognizer = Hanging([])
    async with gateway(scripted(recognizer=recognizer)) as running, httpx2.AsyncClient() as client:
        assert (await client.get(f"{running.http}/readyz")).status_code == 200
        recognizer.stuck = True
        answer = await client.get(f"{running.http}/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "stuck", "stuck": ["asr"]})
        recognizer.stuck = False
        assert (await client.get(f"{running.http}/readyz")).status_code == 200


async def test_an_engine_that_cannot_start_is_not_ready_and_says_why():
    class Broken(ScriptedChat):
        async def start(self) -> None:
            raise OperatorError("The model file is broken.")

    async with gateway(scripted(chat=Broken([])), wait=False) as running, httpx2.AsyncClient() as client:
        answer = await client.get(f"{running.http}/readyz")
        assert answer.status_code == 503
        with pytest.raises(InvalidStatus) as refused:
            async with dial(running.url):
                pass
        assert refused.value.response.status_code == 503
        assert [str(error) for error in running.failures] == ["The model file is broken."]
