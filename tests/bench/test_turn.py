import asyncio
import os
from typing import Any

import pytest

from bench.gateway import Reached
from bench.speech import Prompt
from bench.turn import measure
from tests.bench.test_caller import Calls
from tests.support.scripted_gateway import Line, scripted_gateway, tone
from voicegw.client import realtime
from voicegw.client.events import CallFailed

PROMPTS = [Prompt("a", "call zero question one", tone(60)), Prompt("b", None, tone(60))]


async def test_the_whole_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    told: list[tuple[int, Any]] = []
    async with scripted_gateway(Calls()) as url:
        reached = Reached(url, pid=os.getpid())
        found = await measure(reached, PROMPTS, 3, seed=7, tell=lambda number, facts: told.append((number, facts)))
    assert [turn["prompt"] for turn in found["turns"]] == ["a", "b", "a"]
    assert [turn["heard"] for turn in found["turns"]] == [f"call 0, question {n}" for n in (1, 2, 3)], (
        "0 was the warm-up"
    )
    assert told == list(enumerate(found["turns"], start=1))
    assert found["summary"]["counted"] == 3
    assert found["summary"]["latency_ms"]["n"] == 3
    assert found["gateway"]["url"] == url
    assert set(found["gateway"]["info"]) == {"unknown"}, "a scripted gateway says nothing about itself"
    assert (found["seed"], found["calls"], found["partial"]) == (7, 1, None)
    assert found["gateway"]["memory"]["turns"] == 4
    assert found["turns"][0]["stages_ms"] == {}, "a scripted gateway does not say where its time goes"
    assert {"started", "command", "git", "machine", "method"} < set(found)


async def test_callers_call_at_the_same_time_and_begin_with_different_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    calls = Calls()
    async with scripted_gateway(calls) as url:
        found = await measure(Reached(url), PROMPTS, 2, seed=7, tell=lambda *_: None, calls=2)
    assert sorted((turn["caller"], turn["prompt"]) for turn in found["turns"]) == [
        (0, "a"), (0, "b"), (1, "a"), (1, "b"),
    ]  # fmt: skip
    assert {turn["heard"].split(",")[0] for turn in found["turns"]} == {"call 0", "call 1"}
    assert "memory" not in found["gateway"], "nobody knows its process"


async def test_one_broken_caller_ends_the_measuring_with_its_reason() -> None:
    async def second_is_refused(line: Line) -> None:
        lines.append(line)
        if len(lines) == 2:
            await line.socket.close(1011, "full")
        await asyncio.sleep(60)

    lines: list[Line] = []
    async with scripted_gateway(second_is_refused) as url:
        with pytest.raises(CallFailed, match="full"):
            await measure(Reached(url), PROMPTS, 2, seed=7, tell=lambda *_: None, calls=2)


async def test_what_was_measured_before_the_gateway_went_away_is_reported() -> None:
    lines: list[Line] = []

    async def dies_after_two(line: Line) -> None:
        lines.append(line)
        if len(lines) > 1:
            await line.socket.close(1011, "gone")
            return
        await line.greet()
        for question in range(2):
            await line.hear(f"u{question}", f"question {question}")
            await line.answer(f"r{question}", "Yes.", tone(20))
        await line.speech()
        await line.socket.close(1011, "dying")

    async with scripted_gateway(dies_after_two) as url:
        found = await measure(Reached(url), PROMPTS, 9, seed=7, tell=lambda *_: None)
    assert "gone" in found["partial"]
    assert found["turns"][0]["failure"] is None, "the one that was answered, behind the warm-up"
    assert found["summary"]["failed"] == len(found["turns"]) - 1


async def test_what_was_measured_before_it_is_stopped_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    async with scripted_gateway(Calls()) as url:

        def stop(*_: object) -> None:
            measuring.cancel()

        measuring = asyncio.create_task(measure(Reached(url), PROMPTS, 9, seed=7, tell=stop))
        found = await measuring
    assert found["partial"] == "it was stopped before its end"
    assert found["summary"]["counted"] == 1


async def test_who_is_stopped_before_anything_was_measured_reports_nothing() -> None:
    async with scripted_gateway(Calls()) as url:
        measuring = asyncio.create_task(measure(Reached(url), PROMPTS, 9, seed=7, tell=lambda *_: None))
        await asyncio.sleep(0)
        measuring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await measuring
