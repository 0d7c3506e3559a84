"""The quality benchmark: every recording once with the policy, then the turns again along the curve."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from bench.machine import machine, revision
from bench.quality import measures, sweep, targets, tutor
from bench.quality.backstage import Backstage
from bench.quality.facts import facts
from bench.quality.harness import perform
from bench.quality.labels import Item
from bench.quality.memory import Memory
from bench.quality.metered import Prices, metered
from bench.quality.telling import Tell
from bench.turn import STOPPED
from pipeline.engines import Engines
from pipeline.settings import TurnPolicy

METHOD: Final = {
    "call": "the gateway's own call with its real listening engines, on an event loop in virtual time; each recording "
    "is a call of its own, streamed as 20 ms frames, each when its last sample has sounded",
    "engines": "each answer of an engine takes as long on the virtual clock as it took to compute, times slowdown, or "
    "a fixed time where one is given; voice activity detection takes none; engines do not slow each other down",
    "tutor": "scripted words at the pace of the default model, spoken by the real voice",
    "rule_alone, curve": "the turns once more, with a tutor who has every answer at once: what the rules of "
    "turn-taking themselves cost, since a turn may be closed later for free while its answer is still being made",
    "client": "plays what arrives without a gap, falls silent at once when told that speech started, and says how much "
    "was heard",
    "cut_off": "the turn was closed after the pause began and not later than 0.2 s after speech came back",
    "wait_ms": "end of the turn minus the last sample of speech, by label",
    "answer_ms": "first sample of the answer at the ear minus the last sample of speech",
    "missed_turns": "turns not closed within 5 s of their end",
    "stop_ms": "last sample of the tutor at the ear minus first sample of the interruption",
    "heard_whole": "the answer was heard to its end, in one piece or paused and resumed",
    "percentiles": "numpy.percentile, method 'linear'",
}


def measure(
    items: Sequence[Item],
    engines: Engines,
    policy: TurnPolicy,
    *,
    prices: Prices,
    memory: Memory,
    quick: bool,
    tell: Tell,
) -> dict[str, Any]:
    """The whole report. engines: not started; the language model a scripted one (`bench.quality.tutor`).

    memory: what the engines are known to answer; grows. Interrupted (KeyboardInterrupt), it reports the recordings that
    were heard until then, and says so under `partial`; the curve may be missing.
    """
    before, started = machine(), datetime.now(UTC)
    turns = [item for item in items if item.label.kind == "turn"]
    points = list(sweep.policies(policy, quick=quick))
    with Backstage(engines) as backstage:
        usual = metered(backstage, memory, prices, tutor.DEFAULT)
        ready = metered(backstage, memory, prices.without("tts"), tutor.INSTANT)
        rows: list[dict[str, Any]] = []
        swept: list[list[dict[str, Any]]] = []
        cut = None
        try:
            for item in items:
                rows.append(facts(item, perform(item, usual, policy)))
                tell("recordings", len(rows), len(items))
            for _, setting, rules in points:
                swept.append([facts(item, perform(item, ready, rules, briefly=True)) for item in turns])
                tell(f"the curve: {setting}", len(swept), len(points))
        except KeyboardInterrupt:
            if not rows:
                raise
            cut = STOPPED
        info = [asdict(engine.info) for engine in usual.all]
    alone = swept[0] if swept else []
    return {
        "bench": "quality",
        "started": started.isoformat(timespec="seconds"),
        "command": shlex.join(["voicegw", *sys.argv[1:]]),
        "git": revision(),
        "partial": cut,
        "machine": before,
        "engines": info,
        "prices": {"fixed": dict(prices.fixed), "slowdown": prices.slowdown},
        "policy": {name: value.value if isinstance(value, Enum) else value for name, value in asdict(policy).items()},
        "method": METHOD,
        "targets": targets.targets(alone, rows),
        "rule_alone": {"cut_offs": measures.cut_offs(alone), "complete": measures.complete(alone)},
        "summary": measures.summary(rows),
        "curve": [
            {"series": series, "setting": setting} | sweep.point(found)
            for (series, setting, _), found in zip(points, swept, strict=False)  # fewer when it was stopped
        ],
        "recordings": rows,
    }
