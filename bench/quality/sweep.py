"""The curve: how often callers are cut off against how long they wait, as the rule is made more or less patient."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from bench.quality import measures
from bench.quality.facts import Facts
from pipeline.settings import Detection, TurnPolicy

AS_GIVEN: Final = "as given"
ADAPTIVE: Final = "adaptive"
FIXED: Final = "fixed silence"
SHORT_S: Final = 1.2
"""Pauses up to this length are those that a learner must not be cut off at."""
_PATIENCE_MS: Final = (600, 1000, 1500, 3000)
_SILENCE_MS: Final = (200, 300, 500, 800, 1200)


def policies(base: TurnPolicy, *, quick: bool) -> Iterator[tuple[str, str, TurnPolicy]]:
    """(series, setting, policy) of every point, the given one first. base: everything that is not swept."""
    step = 2 if quick else 1
    yield AS_GIVEN, "the policy", base
    for patience in _PATIENCE_MS[::step]:
        shortest = min(base.shortest, patience)
        policy = replace(base, detection=Detection.ADAPTIVE, patience=patience, shortest=shortest)
        yield ADAPTIVE, f"patience {patience} ms", policy
    for silence in _SILENCE_MS[::step]:
        yield FIXED, f"silence {silence} ms", replace(base, detection=Detection.SILENCE, silence=silence)


def point(turns: Sequence[Facts]) -> dict[str, Any]:
    """One point of the curve, from the facts of all turns."""
    return {
        "wait_ms": measures.waits([row for row in turns if not row["pauses"]]),
        "cut_short": measures.cut_share(turns, "mid-clause", SHORT_S)["share"],
        "cut_mid_clause": measures.cut_share(turns, "mid-clause")["share"],
        "cut_clause_end": measures.cut_share(turns, "clause-end")["share"],
    }
