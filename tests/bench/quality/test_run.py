from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.quality import evidence, options, plot, run, sweep
from bench.quality.labels import Item
from bench.quality.memory import Memory
from bench.quality.metered import Prices
from bench.quality.report import rendered
from bench.quality.telling import Tell
from pipeline.errors import OperatorError
from pipeline.settings import Detection, TurnPolicy
from tests.bench.quality.recordings import interruption, paused, recording, scripted, whole

FIXED = Prices({"asr": 0.2, "turn": 0.05, "tts": 0.1})


def items(folder: Path) -> list[Item]:
    return [
        paused(folder, 0.6),
        paused(folder, 1.8, name="long"),
        whole(folder),
        interruption(folder),
        recording(folder, "idle", "noise", []),
    ]


def measured(folder: Path, tell: Tell = lambda *_: None) -> dict[str, Any]:
    return run.measure(
        items(folder),
        scripted(),
        TurnPolicy(),
        prices=FIXED,
        memory=Memory(),
        quick=True,
        tell=tell,
    )


def test_the_whole_report(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    found = measured(tmp_path, lambda *done: told.append(done))
    assert told[4] == ("recordings", 5, 5)
    assert told[-1][1:] == (len(found["curve"]), len(found["curve"]))
    assert [row["item"] for row in found["recordings"]] == ["paused", "long", "whole", "interruption", "idle"]
    assert found["policy"]["detection"] == "adaptive"
    assert found["prices"]["fixed"] == FIXED.fixed
    assert {engine["engine"] for engine in found["engines"]} == {"scripted"}
    by_setting = {point["setting"]: point for point in found["curve"]}
    assert by_setting["silence 200 ms"]["cut_mid_clause"] == 1.0
    assert by_setting["silence 1200 ms"]["cut_mid_clause"] == 0.5, "one pause is longer than that"
    assert 200 <= by_setting["silence 200 ms"]["wait_ms"]["p50"] < 300
    assert [target["reached"] for target in found["targets"]][3:] == [None] * 4, "no coughs, no echo, no letters"


def test_the_same_report_again(tmp_path: Path) -> None:
    kept = ("targets", "rule_alone", "summary", "curve", "recordings", "policy")
    first, again = measured(tmp_path), measured(tmp_path)
    assert {name: first[name] for name in kept} == {name: again[name] for name in kept}


def test_the_report_for_a_terminal_and_the_plot(tmp_path: Path) -> None:
    found = measured(tmp_path)
    out = StringIO()
    Console(file=out, width=160).print(rendered(found))
    text = out.getvalue()
    for expected in (
        "median wait on complete sentences",
        "not in this corpus",
        "silence 1200 ms",
        "interruptions, no echo",
    ):
        assert expected in text
    assert plot.drawn(found) == plot.drawn(found)
    assert b"</svg>" in plot.drawn(found)


@pytest.mark.parametrize("heard", [1, 5])
def test_what_was_heard_until_an_interruption_is_reported(tmp_path: Path, heard: int) -> None:
    """After the first recording, or in the middle of the curve."""
    steps = 0

    def tell(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == heard:
            raise KeyboardInterrupt

    found = measured(tmp_path, tell)
    assert found["partial"] == "it was stopped before its end"
    assert len(found["recordings"]) == min(heard, len(found["recordings"]))
    out = StringIO()
    Console(file=out, width=160).print(rendered(found))
    assert "PARTIAL: it was stopped" in out.getvalue()


def test_the_first_point_is_the_policy_as_it_is() -> None:
    base = TurnPolicy(shortest=700, onset=64)
    (series, _, first), *rest = sweep.policies(base, quick=False)
    assert (series, first) == (sweep.AS_GIVEN, base)
    assert all(policy.onset == 64 and policy.shortest <= policy.patience for _, _, policy in rest)
    assert {series for series, _, _ in rest} == {sweep.ADAPTIVE, sweep.FIXED}


async def test_evidence_has_a_row_for_every_place(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    engines = scripted("I would like to", complete=0.25)
    rows = await evidence.collected(items(tmp_path), engines, lambda *done: told.append(done))
    assert [(row["item"], row["place"], row["pause_s"]) for row in rows] == [
        ("paused", "mid-clause", 0.6),
        ("paused", "end", None),
        ("long", "mid-clause", 1.8),
        ("long", "end", None),
        ("whole", "end", None),
    ]
    assert told[-1][1:] == (5, 5)
    assert rows[0]["complete"] == {"100": 0.25, "200": 0.25, "300": 0.25, "400": 0.25}
    assert (rows[0]["heard"], rows[0]["ending"]) == ("I would like to", "open")


def test_options_become_facts() -> None:
    policy = options.policy(["patience=1500", "detection=silence", "create_response=false", "threshold=0.6"])
    assert policy == TurnPolicy(
        patience=1500, detection=Detection.SILENCE, create_response=False, threshold=0.6
    )  # fmt: skip
    assert options.policy([]) == TurnPolicy()
    assert options.latencies("asr=0.3,turn=0") == {"asr": 0.3, "turn": 0.0}


@pytest.mark.parametrize("text", ["patience", "patiense=3", "patience=soon", "detection=psychic"])
def test_a_rule_that_does_not_exist_is_named(text: str) -> None:
    with pytest.raises(OperatorError, match=r"--policy .*not usable"):
        options.policy([text])


@pytest.mark.parametrize("text", ["asr", "llm=1", "asr=quick", "asr=-1"])
def test_a_latency_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="--latency"):
        options.latencies(text)
