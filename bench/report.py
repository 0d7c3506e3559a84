"""What the bench found: facts of every turn, percentiles over them, JSON for programs and a table for people."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.caller import Asked
from bench.words import word_error_rate
from pipeline.errors import OperatorError
from voicegw.client import timing

METHOD: Final = {
    "latency_ms": "first audible sample of the answer minus last speech sample sent, both on the caller's clock",
    "audible": "a sample of at least 1 % of full scale, played from the first bytes on: silence before it is waiting",
    "speech_end": "last sample of at least 2 % of the recording's peak, when its 20 ms frame was handed to the socket",
    "since_speech_end_ms": "time from the speech end to each step, as seen by the caller",
    "waited_ms": "time each step took after everything that came before it in the same turn",
    "percentiles": "numpy.percentile, method 'linear', over the turns with an answer that was complete and audible",
    "split": "prompts that the gateway took for several turns; measured by the last one that was answered",
    "failed": "prompts without a complete, audible answer; they have no latency",
    "warm_up": "one turn before the first, not counted",
    "wer": "edited words over said words, all prompts together, lower case, without punctuation",
}


def turn_facts(asked: Asked) -> dict[str, Any]:
    """One prompt in plain values."""
    answered = [turn for turn in asked.turns if timing.latency(turn.moments) is not None]
    counted = answered[-1] if answered and answered[-1].status == "completed" else None
    return {
        "prompt": asked.prompt.name,
        "said": asked.prompt.text,
        "speech_s": round(asked.prompt.audio.seconds, 3),
        "heard": " ".join(turn.heard.strip() for turn in asked.turns if turn.heard) if asked.turns else None,
        "reply": " ".join(turn.reply.strip() for turn in asked.turns),
        "reply_s": round(sum(turn.audio.seconds for turn in asked.turns), 3),
        "failure": None if counted else _failure(asked),
        "split": len(asked.turns) > 1,
        "latency_ms": counted and timing.latency(counted.moments),
        "since_speech_end_ms": timing.since_speech_end(counted.moments) if counted else {},
        "waited_ms": timing.waits(counted.moments) if counted else {},
        "starved_ms": round(sum(turn.starved for turn in asked.turns) * 1000, 1),
        "errors": [error for turn in asked.turns for error in turn.errors],
    }


def summary(turns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts, percentiles and the word error rate over `turn_facts`."""
    counted = [turn for turn in turns if turn["failure"] is None]
    heard = [(turn["said"], turn["heard"] or "") for turn in turns if turn["said"] is not None]
    return {
        "turns": len(turns),
        "counted": len(counted),
        "failed": len(turns) - len(counted),
        "split": sum(turn["split"] for turn in turns),
        "latency_ms": statistics(turn["latency_ms"] for turn in counted),
        "since_speech_end_ms": _by_step(counted, "since_speech_end_ms"),
        "waited_ms": _by_step(counted, "waited_ms"),
        "starved_turns": sum(turn["starved_ms"] > 0 for turn in turns),
        "wer": word_error_rate(heard),
    }


def statistics(values: Iterable[float]) -> dict[str, float] | None:
    """n, p50, p95, min, max of some milliseconds; None of none."""
    ms = np.array(list(values), dtype=np.float64)
    if not len(ms):
        return None
    p50, p95 = np.percentile(ms, [50, 95], method="linear")
    found = {"p50": p50, "p95": p95, "min": ms.min(), "max": ms.max()}
    return {"n": len(ms)} | {name: round(float(value), 1) for name, value in found.items()}


def write(report: dict[str, Any], path: Path) -> None:
    """Write the report as JSON, making its folder. Raises OperatorError when that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"The report cannot be written to {path}: {error.strerror}.") from error


def rendered(report: dict[str, Any]) -> RenderableType:
    """The summary of a report for a terminal."""
    found, machine = report["summary"], report["machine"]
    gpus = f", {', '.join(machine['gpus'])}" if machine["gpus"] else ""
    lines = [
        f"{found['counted']} of {found['turns']} turns counted, {found['failed']} failed, {found['split']} split, "
        f"voice starved in {found['starved_turns']}; one warm-up turn not counted",
        f"{machine['cpu']}, {machine['usable_cores']} of {machine['cores']} cores, {machine['ram_gib']} GiB{gpus}",
    ]
    if found["wer"] is not None:
        lines.append(f"word error rate {found['wer']:.1%}")
    info = report["gateway"]["info"]
    if engines := info.get("engines"):
        lines.append(", ".join(f"{engine['role']} {engine['model']} ({engine['device']})" for engine in engines))
    else:
        lines.append(f"models unknown: {info.get('unknown')}")
    table = Table(
        "milliseconds",
        title="one turn from the caller's last speech sample, and the p50 wait for each step",
        title_justify="left",
    )
    for name in ("p50", "p95", "min", "max", "waited"):
        table.add_column(name, justify="right")
    for step, label in timing.STEPS.items():
        row, wait = found["since_speech_end_ms"].get(step), found["waited_ms"].get(step)
        if row and wait:
            cells = [f"{row[name]:.0f}" for name in ("p50", "p95", "min", "max")]
            table.add_row(label, *cells, f"{wait['p50']:+.0f}", style="bold" if step == "first_audible" else None)
    return Group(table, Text("\n".join(lines)))


def _by_step(turns: Sequence[dict[str, Any]], key: str) -> dict[str, Any]:
    return {step: statistics(turn[key][step] for turn in turns if step in turn[key]) for step in timing.STEPS}


def _failure(asked: Asked) -> str:
    if asked.lost:
        return asked.lost
    if not asked.turns:
        return "not heard"
    last = asked.turns[-1]
    return last.status if last.status != "completed" else "no audible answer"
