"""The page as it comes over HTTP: complete, unchanged means not sent again, and nothing from anywhere else."""

import json

import httpx2
import pytest

from pipeline.errors import OperatorError
from tests.support.gateway import gateway
from tests.support.wire import dial
from voicegw.http.page import FOLDER, Page


async def test_every_file_comes_with_its_type_and_the_policy_that_keeps_others_out():
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        listing = (await client.get("/page_files.js")).text
        files = json.loads(listing.removeprefix("self.PAGE = ").rstrip(";\n"))["files"]
        assert {"/", "/main.js", "/audio/playback_worklet.js", "/messages/fr.json", "/icon.svg"} <= set(files)
        for path in [*files, "/service_worker.js"]:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
            assert policy["default-src"] == "'none'"
            assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
            assert answer.headers["x-content-type-options"] == "nosniff"
        types = {
            path: (await client.get(path)).headers["content-type"] for path in ("/", "/main.js", "/app.webmanifest")
        }
        assert types["/"].startswith("text/html")
        assert types["/main.js"].startswith("text/javascript")
        assert types["/app.webmanifest"].startswith("application/manifest+json")


async def test_what_the_browser_has_is_not_sent_again():
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        first = await client.get("/styles/call.css")
        assert first.headers["cache-control"] == "no-cache"
        for tag in (first.headers["etag"], f'"other", W/{first.headers["etag"]}'):
            again = await client.get("/styles/call.css", headers={"If-None-Match": tag})
            assert again.status_code == 304
            assert again.content == b""
        assert (await client.get("/styles/call.css", headers={"If-None-Match": '"old"'})).status_code == 200


@pytest.mark.parametrize(
    "path", ["/types.d.ts", "/voicegw/app.py", "/..%2fpyproject.toml", "/base/../../pyproject.toml", "/base"]
)
async def test_only_the_page_is_served(path):
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        assert (await client.get(path)).status_code == 404


def test_the_version_changes_with_any_file_and_only_then(tmp_path):
    (tmp_path / "index.html").write_text("one")
    (tmp_path / "main.js").write_text("one")
    first = Page(tmp_path).files["page_files.js"].content
    assert Page(tmp_path).files["page_files.js"].content == first
    (tmp_path / "main.js").write_text("two")
    assert Page(tmp_path).files["page_files.js"].content != first


def test_a_missing_page_is_named(tmp_path):
    with pytest.raises(OperatorError, match=r"index\.html"):
        Page(tmp_path)
    assert (FOLDER / "index.html").is_file()


async def test_the_lobby_offers_only_what_can_be_both_heard_and_spoken():
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        lobby = (await client.get("/v1/voicegw/lobby")).json()
        assert lobby["state"] == "ready"
        assert lobby["languages"] == ["en"]  # the recognizer knows four, the voice one
        assert lobby["natural_languages"] == ["en"]
        assert lobby["voices"] == [{"name": "scripted", "languages": ["en"], "natural": True}]
        assert lobby["places"] == {"taken": 0, "all": 4}
        assert lobby["transports"][-1] == "websocket"
        async with dial(running.url) as wire:
            await wire.event("session.created")
            assert (await client.get("/v1/voicegw/lobby")).json()["places"]["taken"] == 1


async def test_lobby_and_speech_are_behind_the_key_and_the_page_is_not():
    async with gateway(api_key="secret") as running, httpx2.AsyncClient(base_url=running.http) as client:
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/v1/voicegw/lobby")).status_code == 401
        assert (await client.post("/v1/audio/speech", json={"input": "Hi", "voice": "scripted"})).status_code == 401
        key = {"Authorization": "Bearer secret"}
        assert (await client.get("/v1/voicegw/lobby", headers=key)).status_code == 200


async def test_a_sample_is_said_aloud_as_the_page_asks_for_it():
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        wanted = {"input": "Good morning", "voice": "scripted", "speed": 0.5, "language": "en"}
        answer = await client.post("/v1/audio/speech", json=wanted | {"response_format": "wav"})
        assert answer.status_code == 200
        assert answer.content.startswith(b"RIFF")
        # 20 ms for a character, at half the speed, 16 bits at 24 kHz
        assert len(answer.content) >= len("Good morning") * 20 * 2 * 24 * 2
