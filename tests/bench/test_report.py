import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import report
from bench.caller import Asked
from bench.speech import Prompt
from bench.stages import STAGES
from tests.support.scripted_gateway import tone
from voicegw.client.conversation import Turn
from voicegw.client.events import TurnTimings
from voicegw.client.output import opened
from voicegw.client.timing import Moments

PROMPT = Prompt("en.txt:1", "What time is it?", tone(500))


def turn(audible: float | None = 11.0, status: str = "completed", heard: str = "What time is it?") -> Turn:
    moments = Moments(speech_end=10.0, speech_stopped=10.5, first_audible=audible, done=12.0)
    return Turn(status, heard, "Late.", tone(200), moments, 0.05, ())


def facts(*latencies: float) -> list[dict[str, Any]]:
    return [report.turn_facts(Asked(PROMPT, (turn(10 + latency / 1000),))) for latency in latencies]


def test_percentiles_are_interpolated_linearly() -> None:
    assert report.statistics(float(ms) for ms in range(100, 2100, 100)) == {
        "n": 20, "p50": 1050.0, "p95": 1905.0, "min": 100.0, "max": 2000.0,
    }  # fmt: skip
    assert report.statistics([]) is None


def test_a_counted_turn() -> None:
    found = report.turn_facts(Asked(PROMPT, (turn(),)))
    assert found["failure"] is None
    assert found["latency_ms"] == 1000
    assert found["since_speech_end_ms"] == {"speech_stopped": 500, "first_audible": 1000, "done": 2000}
    assert found["waited_ms"] == {"speech_stopped": 500, "first_audible": 500, "done": 1000}
    assert (found["speech_s"], found["reply_s"], found["starved_ms"], found["split"]) == (0.5, 0.2, 50.0, False)


def test_a_split_turn_is_measured_by_its_last_answer() -> None:
    found = report.turn_facts(Asked(PROMPT, (turn(10.1, "cancelled", "What time"), turn(10.7, heard="is it?"))))
    assert (found["split"], found["heard"]) == (True, "What time is it?")
    assert (found["latency_ms"], found["failure"]) == (700, None)


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        (Asked(PROMPT, ()), "not heard"),
        (Asked(PROMPT, (), lost="The line broke."), "The line broke."),
        (Asked(PROMPT, (turn(status="unanswered"),)), "unanswered"),
        (Asked(PROMPT, (turn(status="failed"),)), "failed"),
        (Asked(PROMPT, (turn(audible=None),)), "no audible answer"),
    ],
)
def test_a_failed_turn_has_no_latency(asked: Asked, failure: str) -> None:
    found = report.turn_facts(asked)
    assert found["failure"] == failure
    assert found["latency_ms"] is None
    assert report.summary([found, *facts(900)])["latency_ms"]["n"] == 1


def test_the_summary_counts_everything() -> None:
    lost = report.turn_facts(Asked(PROMPT, ()))
    split = report.turn_facts(Asked(PROMPT, (turn(heard="what"), turn(heard="time is it"))))
    found = report.summary([*facts(800, 1200), lost, split])
    assert (found["turns"], found["counted"], found["failed"], found["split"], found["starved_turns"]) == (
        4,
        3,
        1,
        1,
        3,
    )
    assert found["latency_ms"] == {"n": 3, "p50": 1000.0, "p95": 1180.0, "min": 800.0, "max": 1200.0}
    assert found["waited_ms"]["speech_stopped"]["p50"] == 500
    assert found["waited_ms"]["transcript"] is None
    assert found["wer"] == pytest.approx(4 / 16), "what was not heard counts as wrong"


def whole(turns: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "calls": 1,
        "partial": None,
        "summary": report.summary(turns),
        "machine": {"cpu": "A CPU", "cores": 4, "usable_cores": 2, "ram_gib": 8.0, "gpus": ["A GPU"]},
        "gateway": {"info": {"engines": [{"role": "asr", "model": "base", "device": "cpu"}]}},
        "turns": turns,
    }


def printed(turns: list[dict[str, Any]]) -> str:
    out = StringIO()
    Console(file=out, width=120).print(report.rendered(whole(turns)))
    return out.getvalue()


def test_the_table_says_what_was_measured_and_on_what() -> None:
    text = printed(facts(800, 1200))
    assert "first audible sample" in text
    assert "1000" in text
    assert "2 of 2 turns counted, 0 failed, 0 split" in text
    assert "word error rate 0.0%" in text
    assert "A CPU, 2 of 4 cores, 8.0 GiB, A GPU" in text
    assert "asr base (cpu)" in text


def test_what_else_was_measured_is_said_too() -> None:
    timed = TurnTimings("r", 700.0, dict.fromkeys(list(STAGES)[:6], 100.0), 190.0)
    moments = Moments(speech_end=10.0, first_audio=10.75, first_audible=10.8)
    told = report.turn_facts(Asked(PROMPT, (Turn("completed", "Hi.", "Hi.", tone(20), moments, 0.0, (), timed),)), 1)
    assert told["caller"] == 1
    found = whole([told])
    assert found["summary"]["stages_ms"]["delivery"]["p50"] == pytest.approx(50)
    found["calls"] = 2
    found["gateway"]["memory"] = {"peak_mib": 812.4, "growth_mib": 1.5, "children_mib": 1300.0}
    found["chain"] = {"total_ms": 2000.0, "asr_ms": 900.0, "llm_ms": 900.0, "tts_ms": 200.0}
    out = StringIO()
    Console(file=out, width=120).print(report.rendered(found))
    text = out.getvalue()
    assert "2 callers at once" in text
    assert "enough to begin to speak" in text
    assert "beside: smart turn" in text
    assert "at most 812 MiB, grown by 1.5 over the turns; its children hold 1300" in text
    assert "a chain of the same models: 2000 ms (asr 900, llm 900, tts 200)" in text


def test_a_table_of_failures_only_is_still_a_table() -> None:
    assert "0 of 1 turns counted, 1 failed" in printed([report.turn_facts(Asked(PROMPT, ()))])


def test_the_report_is_written_as_json(tmp_path: Path) -> None:
    found = whole(facts(800))
    with opened(tmp_path / "new" / "turn.json") as out:
        report.write(found, out)
    assert json.loads((tmp_path / "new" / "turn.json").read_text(encoding="utf-8")) == found


def test_a_partial_report_says_so_first() -> None:
    found = whole(facts(800)) | {"partial": "the gateway went away"}
    out = StringIO()
    Console(file=out, width=120).print(report.rendered(found))
    assert "PARTIAL: the gateway went away" in out.getvalue()
