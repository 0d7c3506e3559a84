from typing import Any

import pytest

from bench.speech import Prompt
from bench.turn import measure
from tests.bench.test_caller import Calls
from tests.support.scripted_gateway import scripted_gateway, tone
from voicegw.client import realtime

PROMPTS = [Prompt("a", "call zero question one", tone(60)), Prompt("b", None, tone(60))]


async def test_the_whole_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    told: list[tuple[int, Any]] = []
    async with scripted_gateway(Calls()) as url:
        found = await measure(url, None, PROMPTS, 3, seed=7, tell=lambda number, facts: told.append((number, facts)))
    assert [turn["prompt"] for turn in found["turns"]] == ["a", "b", "a"]
    assert [turn["heard"] for turn in found["turns"]] == [f"call 0, question {n}" for n in (1, 2, 3)], (
        "0 was the warm-up"
    )
    assert told == list(enumerate(found["turns"], start=1))
    assert found["summary"]["counted"] == 3
    assert found["summary"]["latency_ms"]["n"] == 3
    assert found["gateway"]["url"] == url
    assert set(found["gateway"]["info"]) == {"unknown"}, "a scripted gateway says nothing about itself"
    assert found["seed"] == 7
    assert {"started", "command", "git", "machine", "method"} < set(found)
