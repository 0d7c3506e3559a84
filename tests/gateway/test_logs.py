"""Logs are JSON, name the call, and never hold what was said."""

import io
import json
import logging

import pytest

from models.scripted import ScriptedChat, ScriptedRecognizer
from tests.support.gateway import gateway, scripted
from tests.support.wire import dial
from voicegw import logs


def captured(level: str) -> io.StringIO:
    logs.configure(level)
    stream = io.StringIO()
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
