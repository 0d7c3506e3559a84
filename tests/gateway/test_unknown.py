"""Wrong paths and wrong methods: a 404 or 405 that says where the calls are, never what looks like a wrong key."""

import httpx2
import pytest

from tests.support.gateway import gateway
from voicegw.client.events import CallFailed
from voicegw.client.realtime import RealtimeCaller


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/realtime", "/v1/realtimes", "/v1/audio/speech", "/nowhere"])
async def test_a_call_to_a_wrong_path_is_told_where_calls_are(path):
    async with gateway() as running:
        with pytest.raises(CallFailed) as failed:
            async with RealtimeCaller.connect(f"ws://127.0.0.1:{running.port}{path}", None):
                pass
    assert "HTTP 404" in str(failed.value)
    assert f"There are no calls at {path}; calls are at /v1/realtime." in str(failed.value)
    assert "key" not in str(failed.value)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "/%2e%2e/etc/passwd", 404, "not_found"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
        ("GET", "/v1/audio/speech", 405, "method_not_allowed"),
    ],
)
async def test_what_nobody_serves_is_refused_in_json(method, path, status, code):
    async with gateway() as running, httpx2.AsyncClient() as client:
        answer = await client.request(method, running.http + path)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
