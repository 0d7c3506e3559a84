"""What the turn-taking is held to, and whether it holds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.quality import measures, sweep
from bench.quality.facts import Facts


@dataclass(frozen=True, slots=True)
class Target:
    """at_most, at_least: one of them is the bound. value: None when nothing in the corpus shows it."""

    name: str
    value: float | None
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def reached(self) -> bool | None:
        if self.value is None:
            return None
        over = self.at_most is None or self.value <= self.at_most
        return over and (self.at_least is None or self.value >= self.at_least)


def targets(turns: Sequence[Facts], rows: Sequence[Facts]) -> list[dict[str, Any]]:
    """turns: facts of the turns with a tutor who has every answer at once. rows: facts of all recordings."""
    curve = sweep.point(turns)
    waits = curve["wait_ms"]
    spoken = [row for row in rows if row["kind"] == "turn"]
    during = [row for row in rows if "heard_whole" in row]
    cuts_in = [row for row in during if row["kind"] == "interruption" and row["echo_db"] is None]
    nothing = [row for row in during if row["kind"] == "backchannel" or row["noise"] == "cough"]
    echoes = [row for row in during if row["kind"] == "echo" and row["echo_db"] == -20]
    in_time = [row["stop_ms"] is not None and row["stop_ms"] <= measures.STOP_MS for row in cuts_in]
    found = [
        Target("mid-clause pauses up to 1.2 s that were cut off", _percent(curve["cut_short"]), "%", at_most=5),
        Target("median wait on complete sentences", waits and waits["p50"], "ms", at_most=450),
        Target("interruptions that silence the tutor within 250 ms", _percent(_share(in_time)), "%", at_least=95),
        Target(
            "coughs and backchannels that do not end the answer",
            _percent(_share([row["heard_whole"] for row in nothing])),
            "%",
            at_least=90,
        ),
        Target(
            "answers that end themselves by their echo at -20 dB",
            _percent(_share([not row["heard_whole"] for row in echoes])),
            "%",
            at_most=0,
        ),
        Target(
            "names and numbers dictated in one turn",
            _percent(measures.dictated(turns)["in_one_turn"]["share"]),
            "%",
            at_least=95,
        ),
        Target(
            "names and numbers of which no word was found",
            _percent(measures.dictated(spoken)["lost"]["share"]),
            "%",
            at_most=0,
        ),
    ]
    return [asdict(target) | {"reached": target.reached} for target in found]


def _share(outcomes: Sequence[bool]) -> float | None:
    share = measures.share(outcomes)["share"]
    return None if share is None else float(share)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)
