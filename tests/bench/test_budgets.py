from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest
from rich.console import Console

from bench import budgets, report
from bench.budgets import Allowed, Budget, Memory, judge
from bench.stages import STAGES
from models.weights.manifest import default_manifest
from pipeline.errors import OperatorError

MINIMAL = """
[[budget]]
profile = "default"
unit = "ms"
answered = 0.9
turn = { p50 = 800, p95 = 1200 }
"""


def found(turns: int = 20, counted: int = 20, **more: Any) -> dict[str, Any]:
    return {
        "summary": {
            "turns": turns,
            "counted": counted,
            "latency_ms": {"p50": 900.0, "p95": 1500.0},
            "stages_ms": dict.fromkeys(STAGES) | {"asr": {"p50": 300.0, "p95": 400.0}},
        },
        "gateway": {"memory": {"peak_mib": 800.0, "growth_mib": 5.0, "turns": turns}},
        **more,
    }


def outcomes(budget: Budget, facts: dict[str, Any]) -> dict[str, bool | None]:
    return {verdict.subject: verdict.kept for verdict in judge(budget, facts)}


def budget(**fields: Any) -> Budget:
    given: dict[str, Any] = {"profile": "default", "unit": "ms", "answered": 0.9, "turn": Allowed(p50=1000)}
    return Budget(**(given | fields))


def test_our_own_budgets_are_for_profiles_that_there_are() -> None:
    ours = budgets.load()
    for each in ours.budget:
        assert each.profile in default_manifest().profiles
        assert ours.of(each.profile, each.calls) is each, "one budget for each profile and number of calls"


def test_every_stage_can_have_a_budget() -> None:
    assert get_args(budgets.Stage) == tuple(STAGES)


def test_milliseconds_are_compared_as_they_are() -> None:
    limits = budget(turn=Allowed(p50=900, p95=1499), stages={"asr": Allowed(p50=299.9)})
    assert outcomes(limits, found()) == {"turns answered": True, "turn p50": True, "turn p95": False, "asr p50": False}


def test_on_a_shared_machine_the_chain_is_the_measure() -> None:
    limits = budget(unit="chain", turn=Allowed(p50=0.5), stages={"asr": Allowed(p50=0.14)})
    verdicts = judge(limits, found(chain={"total_ms": 2000.0}))
    assert [(v.subject, v.measured, v.kept) for v in verdicts[1:]] == [
        ("turn p50", 0.45, True), ("asr p50", 0.15, False),
    ]  # fmt: skip


def test_a_broken_budget_is_named_with_what_was_measured_and_what_is_allowed() -> None:
    verdicts = judge(budget(turn=Allowed(p50=800), stages={"asr": Allowed(p50=500)}), found())
    with pytest.raises(OperatorError, match=r"turn p50: measured 900, allowed 800 ms\.$"):
        budgets.broken(verdicts)
    budgets.broken(judge(budget(), found()))


def test_few_turns_have_no_95th_percentile() -> None:
    limits = budget(turn=Allowed(p50=1000, p95=1))
    assert outcomes(limits, found(19, 19))["turn p95"] is None
    budgets.broken(judge(limits, found(19, 19)))


def test_answers_that_do_not_come_break_a_budget() -> None:
    assert outcomes(budget(), found(counted=18))["turns answered"] is True
    assert outcomes(budget(), found(counted=17))["turns answered"] is False


def test_a_stage_that_was_not_measured_breaks_its_budget() -> None:
    with pytest.raises(OperatorError, match=r"tts p50: measured nothing, allowed 5 ms"):
        budgets.broken(judge(budget(stages={"tts": Allowed(p50=5)}), found()))


@pytest.mark.parametrize(
    ("limits", "turns", "expected"),
    [
        (Memory(peak_mib=900, growth_mib=10), 20, (True, None)),
        (Memory(peak_mib=900, growth_mib=10), 200, (True, True)),
        (Memory(peak_mib=700, growth_mib=1), 200, (False, False)),
    ],
)
def test_memory(limits: Memory, turns: int, expected: tuple[bool, bool | None]) -> None:
    seen = outcomes(budget(memory=limits), found(turns, turns))
    assert (seen["memory peak"], seen["memory growth"]) == expected


def test_the_memory_of_a_gateway_elsewhere_is_not_judged() -> None:
    facts = found()
    del facts["gateway"]["memory"]
    assert outcomes(budget(memory=Memory(peak_mib=1, growth_mib=1)), facts)["memory peak"] is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (MINIMAL.replace("p50", "p51"), r"unknown field `p51` - at `\$\.budget\[0\]\.turn`"),
        (MINIMAL.replace('"ms"', '"hours"'), r"at `\$\.budget\[0\]\.unit`"),
        (MINIMAL.replace("800", "-1"), r"at `\$\.budget\[0\]\.turn\.p50`"),
        (MINIMAL.replace("answered = 0.9", ""), "missing required field `answered`"),
        (
            MINIMAL + "stages = { asrr = { p50 = 1 } }",
            r"asrr.*stages|stages.*asrr|at `key` in `\$\.budget\[0\]\.stages`",
        ),
        (MINIMAL + "calls = ", "Invalid value"),
    ],
)
def test_a_budget_that_makes_no_sense_names_the_key(text: str, names: str, tmp_path: Path) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError, match=names) as caught:
        budgets.load(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="nowhere"):
        budgets.load(tmp_path / "nowhere.toml")


def test_what_has_no_budget_cannot_be_enforced(tmp_path: Path) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(OperatorError, match=r"profile 'default' with 3 call\(s\)"):
        budgets.load(file).of("default", 3)


def test_the_table_shows_every_outcome() -> None:
    limits = budget(turn=Allowed(p50=1000, p95=1), stages={"asr": Allowed(p50=1)})
    out = StringIO()
    Console(file=out, width=120).print(report.judged(judge(limits, found(5, 5))))
    text = out.getvalue()
    assert "kept" in text
    assert "broken" in text
    assert "not judged: 5 of 20 turns" in text
