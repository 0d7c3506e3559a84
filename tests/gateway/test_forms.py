"""Bodies that are made to be slow or to break what reads them: refused as soon as that is plain."""

import httpx2
import pytest

from tests.support.gateway import gateway

FORM = "multipart/form-data; boundary=b0"
NESTED = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(3000))


@pytest.mark.parametrize(
    "form", ["--b0\r\n\r\n\r\n" * 20_000 + "--b0--", NESTED, "--b0\r\nContent-Type: message/rfc822\r\n\r\n" * 3000]
)
async def test_an_offer_in_a_form_of_many_parts_is_refused_for_its_parts(form: str) -> None:
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http, timeout=30) as client:
        told = await client.post("/v1/realtime/calls", content=form, headers={"Content-Type": FORM})
        assert (told.status_code, told.json()["error"]["code"]) == (400, "invalid_offer")
        assert "The form cannot be read" in told.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/audio/speech", "/v1/realtime/client_secrets"])
@pytest.mark.parametrize(
    "body", [b'{"input": "\xff", "voice": "alloy"}', b'{"session": {"type": "\xed\xa0\x80"}}', b"\xff\xfe"]
)
async def test_a_body_that_is_no_utf8_is_no_json(path: str, body: bytes) -> None:
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        told = await client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (told.status_code, told.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_an_offer_may_come_as_files_or_as_fields() -> None:
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        for files in (
            {"sdp": ("offer.sdp", b"hello", "application/sdp")},
            {"sdp": (None, "hello")},
            {"sdp": (None, "hello", "application/sdp"), "session": (None, '{"type": "realtime"}', "application/json")},
        ):
            told = await client.post("/v1/realtime/calls", files=files)
            assert (told.status_code, told.json()["error"]["message"]) == (
                400, "The offer is not SDP: it does not begin with v=0.",
            )  # fmt: skip
