"""A client that does not read: its session ends, and the log hears of it once."""

import logging

import pytest

from tests.support.gateway import scripted
from voicegw.app import build
from voicegw.sessions.outbox import LIMIT
from voicegw.settings import Settings
from voicegw.transports.goodbye import TOO_SLOW


async def test_whatever_else_would_be_told_the_log_hears_of_it_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    gateway = build(Settings(), scripted()).state.gateway
    session = gateway.new_session()
    try:
        for _ in range(LIMIT + 50):
            await session.receive('{"type": "input_audio_buffer.clear"}')
        assert session.goodbye.code == TOO_SLOW
        said = [record.message for record in caplog.records if "does not read" in record.message]
        assert len(said) == 1
    finally:
        await session.close()
