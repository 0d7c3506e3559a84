"""A rate is told by how fast sound comes."""

import asyncio
import base64
import json
import random

import pytest

from tests.support.gateway import scripted
from tests.support.virtual_clock import run
from voicegw.app import build
from voicegw.sessions.pace import RATES, Pace
from voicegw.settings import Settings


def told(times: list[tuple[float, float]], rate: int = 24000) -> list[tuple[float, int]]:
    """times: (when, seconds of sound). Returns what was told, and when."""
    pace = Pace()
    return [(when, found) for when, seconds in times if (found := pace.take(seconds, rate, when))]


def live(recorded: int, read: int = 24000, piece_s: float = 0.02, late_s: float = 0.0) -> list[tuple[float, float]]:
    """Twenty seconds of a microphone that makes `recorded` samples a second, which are read as `read`."""
    chance = random.Random(1)
    return [(n * piece_s + chance.uniform(0, late_s), piece_s * recorded / read) for n in range(round(20 / piece_s))]


@pytest.mark.parametrize("recorded", [rate for rate in RATES if rate != 24000])
@pytest.mark.parametrize(("piece_s", "late_s"), [(0.01, 0.0), (0.02, 0.05), (0.1, 0.05)])
def test_another_rate_is_told_after_ten_seconds(recorded: int, piece_s: float, late_s: float) -> None:
    when, found = told(live(recorded, piece_s=piece_s, late_s=late_s))[0]
    assert found == recorded
    assert 10 <= when < 11


def test_a_telephone_at_16_khz_is_told_too() -> None:
    assert told(live(16000, read=8000), rate=8000)[0][1] == 16000


@pytest.mark.parametrize("late_s", [0.0, 0.05, 0.3])
def test_a_microphone_at_the_right_rate_is_left_alone(late_s: float) -> None:
    assert told(live(24000, late_s=late_s)) == []
    assert told(live(24100)) == [], "nor one whose clock is off"


def test_a_file_is_left_alone() -> None:
    as_fast_as_it_goes = [(n * 0.0004, 0.02) for n in range(60_000)]
    in_bursts = [(n // 50 * 0.5 + n % 50 * 0.0001, 0.02) for n in range(2000)]
    in_large_pieces = [(float(n), 2.0) for n in range(30)]
    somewhat_faster = [(n * 0.0117, 0.02) for n in range(2000)]
    for times in (as_fast_as_it_goes, in_bursts, in_large_pieces, somewhat_faster):
        assert told(times) == []


def test_who_sends_only_speech_is_left_alone() -> None:
    times = [(when, seconds) for when, seconds in live(24000) if when % 3 < 2]
    assert told(times) == []


@pytest.mark.parametrize(("recorded", "errors"), [(24000, 0), (48000, 1)])
def test_the_client_is_told_once_and_the_session_goes_on(recorded: int, errors: int) -> None:
    async def call() -> list[dict[str, str]]:
        session = build(Settings(), scripted()).state.gateway.new_session()
        audio = base64.b64encode(bytes(2 * recorded // 20)).decode()
        for _ in range(20 * 14):
            await session.receive(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
            await asyncio.sleep(0.05)
        await session.receive('{"type": "input_audio_buffer.clear"}')
        session.end(1000, "said the test")
        told = [json.loads(frame) async for frame in session]
        await session.close()
        assert told[-1]["type"] == "input_audio_buffer.cleared"
        return [event["error"] for event in told if event["type"] == "error"]

    found = run(call())
    assert len(found) == errors
    for error in found:
        assert error["code"] == "input_audio_format_mismatch"
        assert "sound at 48000 Hz" in error["message"]
