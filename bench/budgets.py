"""What a turn may cost: budgets.toml, and the judgement of a report by it."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from pipeline.errors import OperatorError

BUDGETS: Final = Path(__file__).with_name("budgets.toml")
ENOUGH_FOR_P95: Final = 20
"""Turns; the 95th percentile of fewer is little else than the slowest one."""
ENOUGH_FOR_GROWTH: Final = 200

Stage = Literal["pause", "asr", "first_token", "first_chunk", "tts", "release", "delivery", "lead_in"]
_Positive = Annotated[float, Meta(gt=0)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A misspelt key is refused."""


class Allowed(_Strict, frozen=True):
    """The most that percentiles over the turns may be; None: they may be anything."""

    p50: _Positive | None = None
    p95: _Positive | None = None


class Memory(_Strict, frozen=True):
    """Of the gateway's process, in MiB. growth: over at least ENOUGH_FOR_GROWTH turns."""

    peak_mib: _Positive
    growth_mib: _Positive


class Budget(_Strict, frozen=True):
    """For the gateway of one profile with so many calls at once.

    unit: `ms`, or `chain`: multiples of what a chain of the same models costs in the same run (see `bench.chain`).
    answered: the least share of the turns with a complete answer that could be heard.
    """

    profile: str
    unit: Literal["ms", "chain"]
    turn: Allowed
    answered: Annotated[float, Meta(gt=0, le=1)]
    calls: Annotated[int, Meta(ge=1)] = 1
    stages: dict[Stage, Allowed] = {}
    memory: Memory | None = None


class Budgets(_Strict, frozen=True):
    budget: tuple[Budget, ...]

    def of(self, profile: str, calls: int) -> Budget:
        """Raises OperatorError when there is none."""
        for budget in self.budget:
            if (budget.profile, budget.calls) == (profile, calls):
                return budget
        raise OperatorError(
            f"There is no budget for the profile '{profile}' with {calls} call(s) at once: "
            "leave out --enforce, or write one into bench/budgets.toml."
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """subject: what was judged. measured, allowed: in `unit`. kept: None when it could not be judged, and `why`."""

    subject: str
    unit: str
    allowed: float
    measured: float | None
    kept: bool | None
    why: str = ""

    def facts(self) -> dict[str, Any]:
        """For the report."""
        return asdict(self)

    def __str__(self) -> str:
        measured = "nothing" if self.measured is None else f"{self.measured:.4g}"
        return f"{self.subject}: measured {measured}, allowed {self.allowed:.4g} {self.unit}"


def load(path: Path = BUDGETS) -> Budgets:
    """Raises OperatorError that names the file and the key."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Budgets)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise OperatorError(f"The budgets in {path} cannot be used: {error}.") from error


def judge(budget: Budget, report: Mapping[str, Any]) -> list[Verdict]:
    """Hold a report of `bench turn` against its budget. It must hold a `chain` when that is the budget's unit."""
    found = report["summary"]
    turns, unit = found["counted"], 1.0 if budget.unit == "ms" else report["chain"]["total_ms"]
    share = turns / found["turns"]
    verdicts = [Verdict("turns answered", "of all", budget.answered, share, share >= budget.answered)]
    verdicts += _percentiles("turn", budget.turn, found["latency_ms"], turns, budget.unit, unit)
    for stage, allowed in budget.stages.items():
        verdicts += _percentiles(stage, allowed, found["stages_ms"][stage], turns, budget.unit, unit)
    if budget.memory:
        verdicts += _memory(budget.memory, report["gateway"].get("memory"))
    return verdicts


def broken(verdicts: list[Verdict]) -> None:
    """Raises OperatorError that names every broken budget, if there is one."""
    if bad := [str(verdict) for verdict in verdicts if verdict.kept is False]:
        raise OperatorError(f"A budget is broken. {'; '.join(bad)}.")


def _percentiles(
    subject: str, allowed: Allowed, found: Mapping[str, float] | None, turns: int, name: str, unit: float
) -> Iterator[Verdict]:
    for percentile, limit in (("p50", allowed.p50), ("p95", allowed.p95)):
        if limit is None:
            continue
        what = f"{subject} {percentile}"
        if percentile == "p95" and turns < ENOUGH_FOR_P95:
            yield Verdict(what, name, limit, None, None, f"{turns} of {ENOUGH_FOR_P95} turns")
        elif found is None:
            yield Verdict(what, name, limit, None, False)
        else:
            measured = found[percentile] / unit
            yield Verdict(what, name, limit, measured, measured <= limit)


def _memory(allowed: Memory, found: Mapping[str, Any] | None) -> Iterator[Verdict]:
    peak, growth = "memory peak", "memory growth"
    if found is None:
        yield Verdict(peak, "MiB", allowed.peak_mib, None, None, "not our own gateway")
        return
    yield Verdict(peak, "MiB", allowed.peak_mib, found["peak_mib"], found["peak_mib"] <= allowed.peak_mib)
    if found["turns"] < ENOUGH_FOR_GROWTH:
        few = f"{found['turns']} of {ENOUGH_FOR_GROWTH} turns"
        yield Verdict(growth, "MiB", allowed.growth_mib, None, None, few)
    else:
        yield Verdict(growth, "MiB", allowed.growth_mib, found["growth_mib"], found["growth_mib"] <= allowed.growth_mib)
