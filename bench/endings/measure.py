"""What the rule makes of every place, by language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import msgspec

from bench.endings.places import Place
from bench.patience import patiently
from pipeline.endings import ending
from pipeline.endpoint import Evidence, Habits
from pipeline.engines import SentenceDetector
from pipeline.settings import TurnPolicy

LONG_MS: Final = 800
"""Who is done should not wait longer, and who is not may pause so long. The voice is not asked."""
METHOD: Final = {
    "wait_ms": "the silence that ends the turn, by the rule, from the words alone: the voice is not asked",
    "auc": "share of pairs of a complete and an incomplete place of the language in which the complete one waits less; "
    "a tie counts half",
    "complete_waits": f"share of the complete ones that wait longer than {LONG_MS} ms",
    "incomplete_cut": f"share of the incomplete ones whose turn is over before {LONG_MS} ms",
}


@dataclass(frozen=True, slots=True)
class Judged:
    place: Place
    evidence: Evidence
    wait_ms: float


async def judged(
    places: Sequence[Place], detector: SentenceDetector | None, policy: TurnPolicy, tell: Any
) -> list[Judged]:
    """detector: started; asked about the languages that it reads."""
    found = []
    for place in places:
        finished = None
        if detector and place.language in detector.languages:
            finished = await _finished(detector, place)
        evidence = Evidence(ending=ending(place.text, place.language, place.question), finished=finished)
        found.append(Judged(place, evidence, Habits().wait(evidence, policy.shortest, policy.patience)))
        tell("places", len(found), len(places))
    return found


async def _finished(detector: SentenceDetector, place: Place) -> float:
    return await patiently(lambda: detector.finished(place.text, before=place.question, caller="bench"))


def by_language(found: Sequence[Judged]) -> Mapping[str, Mapping[str, Any]]:
    """The measures of each language, and of all together ("all")."""
    languages = list(dict.fromkeys(one.place.language for one in found))
    groups = {language: [one for one in found if one.place.language == language] for language in languages}
    return {name: dict(_measures(group)) for name, group in (groups | {"all": list(found)}).items()}


def facts(found: Sequence[Judged], policy: TurnPolicy) -> dict[str, Any]:
    """The report, in plain values."""
    return {
        "policy": {"shortest": policy.shortest, "patience": policy.patience},
        "method": METHOD,
        "languages": by_language(found),
        "places": [_fact(one) for one in found],
    }


def _fact(one: Judged) -> dict[str, Any]:
    how = one.evidence.ending.value if one.evidence.ending else None
    judged = {"ending": how, "finished": one.evidence.finished, "wait_ms": round(one.wait_ms)}
    return {**msgspec.structs.asdict(one.place), **judged}


def _measures(group: Sequence[Judged]) -> Iterator[tuple[str, Any]]:
    done = [one.wait_ms for one in group if one.place.complete]
    open_ = [one.wait_ms for one in group if not one.place.complete]
    yield "complete", len(done)
    yield "incomplete", len(open_)
    yield "auc", _auc(done, open_)
    yield "complete_waits", _share([wait > LONG_MS for wait in done])
    yield "incomplete_cut", _share([wait <= LONG_MS for wait in open_])
    yield "wait_ms", round(median(done)) if done else None


def _auc(shorter: Sequence[float], longer: Sequence[float]) -> float | None:
    pairs = [(a < b) + (a == b) / 2 for a in shorter for b in longer]
    return round(sum(pairs) / len(pairs), 3) if pairs else None


def _share(cases: Sequence[bool]) -> float | None:
    return round(sum(cases) / len(cases), 3) if cases else None
