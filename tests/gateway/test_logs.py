"""Logs are JSON, name the call, and never hold what was said."""

import asyncio
import io
import json
import logging

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from models.scripted import ScriptedChat, ScriptedRecognizer
from tests.support.gateway import gateway, scripted
from tests.support.wire import dial
from voicegw import logs


class Log(io.StringIO):
    """What was logged, when all of it is written."""

    def getvalue(self) -> str:
        for handler in logging.getLogger().handlers:
            handler.flush()
        return super().getvalue()


def captured(level: str) -> Log:
    logs.configure(level)
    stream = Log()
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, logs.JsonFormatter) and isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)
    return stream


async def test_a_call_is_logged_without_its_words():
    stream = captured("info")
    engines = scripted(recognizer=ScriptedRecognizer(["my secret is xyzzy"]), chat=ScriptedChat(["Plugh ", "indeed."]))
    async with gateway(engines) as running, dial(running.url) as wire:
        session = (await wire.event("session.created"))["session"]["id"]
        await wire.speak(800)
        await wire.hush(2000)
        await wire.event("response.done")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {"time", "level", "logger", "message"} <= set(lines[0])
    about = [line for line in lines if line.get("call") == session]
    assert [line["message"] for line in about] == ["call begins", "turn answered", "call ends"]
    timings = about[1]["stages_ms"]
    assert sum(timings.values()) == pytest.approx(about[1]["latency_ms"], abs=1)
    assert "xyzzy" not in stream.getvalue()
    assert "Plugh" not in stream.getvalue()


def test_an_exception_is_one_line():
    stream = captured("info")
    try:
        int("broken\nin two")
    except ValueError:
        logging.getLogger("voicegw.test").exception("it failed", extra={"call": "c1"})
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["call"] == "c1"
    assert "ValueError" in json.loads(line)["exception"]


SDP = {"Content-Type": "application/sdp"}
HIDDEN = "hidden-hidden-hidden"


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_no_key_reaches_the_log_wherever_a_client_puts_it(level, capsys):
    """In a query, a header, a subprotocol or a body; let in or refused; over HTTP and over WebSocket."""
    stream = captured(level)
    query = f"api_key={HIDDEN}&token={HIDDEN}&{HIDDEN}"
    headers = {"Authorization": f"Bearer {HIDDEN}", "api-key": HIDDEN}
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        async with dial(f"{running.url}&{query}", additional_headers=headers) as wire:
            await wire.send({"type": "session.update", "session": {"type": "realtime", "instructions": HIDDEN}})
            await wire.send(f'{{"type": "{HIDDEN}"}}')
            await wire.error()
        refused = [f"{running.http.replace('http', 'ws')}/v1/nowhere?{query}", f"{running.url}&{query}&call_id=no"]
        for url in refused:
            with pytest.raises(InvalidStatus):
                async with dial(url, additional_headers=headers):
                    pass
        for path in ("/v1/info", "/v1/nowhere", "/v1/models/x", "/healthz", "/"):
            await client.get(f"{path}?{query}", headers=headers)
        await client.post(f"/v1/audio/speech?{query}", headers=headers, content=b"{")
        await client.post(f"/v1/realtime/calls?{query}", headers=headers | SDP, content=b"v=0")
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(f"GET /?{query} HTTP/9.9\r\nHost: x\r\nAuthorization: {HIDDEN}\r\n\r\n".encode())
        await reader.read()
        writer.close()
    seen = stream.getvalue() + "".join(capsys.readouterr())
    assert "/v1/realtime" in seen
    assert HIDDEN not in seen


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ('"WebSocket /v1/realtime?model=x&key=abc" [accepted]', '"WebSocket /v1/realtime?***" [accepted]'),
        ("GET http://host/v1?sk=1#x failed", "GET http://host/v1?*** failed"),
        ("/v1/realtime?abcdef", "/v1/realtime?***"),
        ("is it running, and is VOICEGW_LLM_URL right? Yes.", "is it running, and is VOICEGW_LLM_URL right? Yes."),
        ("does /v1/info answer? no", "does /v1/info answer? no"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("protocols realtime, openai-insecure-api-key.ABC, x", "protocols realtime, openai-insecure-api-key.***, x"),
        ("the key ek_0123456789abcdef has run out", "the key ek_*** has run out"),
    ],
)  # fmt: skip
def test_what_is_a_secret_is_told_by_its_form(line, logged):
    assert logs.without_secrets(line) == logged


def test_an_exception_hides_its_secrets_too():
    stream = captured("info")
    try:
        int(f"http://host/path?key={HIDDEN}")
    except ValueError:
        logging.getLogger("voicegw.test").exception("GET /x?a=%s failed", HIDDEN, extra={"url": f"/y?b={HIDDEN}"})
    assert HIDDEN not in stream.getvalue()
    assert len(json.loads(stream.getvalue())) == 6


async def test_what_strangers_send_does_not_fill_the_log():
    stream = captured("info")
    async with gateway() as running:
        for _ in range(50):
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(b"no HTTP at all\r\n\r\n")
            await reader.read()
            writer.close()
    told = [line for line in stream.getvalue().splitlines() if "Invalid HTTP request" in line]
    assert 1 <= len(told) <= 25  # one a second, on however slow a machine
