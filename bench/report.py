"""What the bench found: facts of every turn, percentiles over them, JSON for programs and a table for people."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.budgets import Verdict
from bench.caller import Asked
from bench.stages import BESIDE, STAGES, smart_turn, stages
from bench.words import word_error_rate
from voicegw.client import timing
from voicegw.client.output import Output

METHOD: Final = {
    "latency_ms": "first audible sample of the answer minus last speech sample sent, both on the caller's clock",
    "audible": "a sample of at least 1 % of full scale, played from the first bytes on: silence before it is waiting",
    "speech_end": "last sample of at least 2 % of the recording's peak, when its 20 ms frame was handed to the socket",
    "since_speech_end_ms": "time from the speech end to each step, as seen by the caller",
    "stages_ms": "what each stage took after all that came before it (bench/stages.py); together they are the latency",
    "smart_turn_ms": "from the pause to Smart Turn's opinion, which is formed beside the stages",
    "waited_ms": "time each step took after everything that came before it in the same turn",
    "percentiles": "numpy.percentile, method 'linear', over the turns with an answer that was complete and audible",
    "split": "prompts that the gateway took for several turns; measured by the last one that was answered",
    "failed": "prompts without a complete, audible answer; they have no latency",
    "partial": "why fewer turns were measured than asked for; null when all of them were",
    "warm_up": "one turn of each caller before its first, not counted",
    "wer": "edited words over said words, all prompts together, lower case, without punctuation",
}


def turn_facts(asked: Asked, caller: int = 0) -> dict[str, Any]:
    """One prompt in plain values. caller: which of those who call at the same time, from 0."""
    answered = [turn for turn in asked.turns if timing.latency(turn.moments) is not None]
    counted = answered[-1] if answered and answered[-1].status == "completed" else None
    return {
        "caller": caller,
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
        "stages_ms": stages(counted) if counted else {},
        "smart_turn_ms": smart_turn(counted) if counted else None,
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
        "stages_ms": _by_step(counted, "stages_ms", STAGES),
        "smart_turn_ms": statistics(turn[ms] for turn in counted if turn[ms := "smart_turn_ms"] is not None),
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


def write(report: dict[str, Any], out: Output) -> None:
    """Write the report as JSON. Raises OperatorError when there is no room for it."""
    out.write((json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode())


def rendered(report: dict[str, Any]) -> RenderableType:
    """The summary of a report for a terminal."""
    found, machine = report["summary"], report["machine"]
    gpus = f", {', '.join(machine['gpus'])}" if machine["gpus"] else ""
    lines = [
        f"{found['counted']} of {found['turns']} turns counted, {found['failed']} failed, {found['split']} split, "
        f"voice starved in {found['starved_turns']}; {_callers(report['calls'])}",
        f"{machine['cpu']}, {machine['usable_cores']} of {machine['cores']} cores, {machine['ram_gib']} GiB{gpus}",
    ]
    if report["partial"]:
        lines.insert(0, f"PARTIAL: {report['partial']}")
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
    if memory := report["gateway"].get("memory"):
        growth = "" if memory["growth_mib"] is None else f", grown by {memory['growth_mib']} over the turns"
        lines.append(
            f"the gateway's process held at most {memory['peak_mib']:.0f} MiB{growth}; "
            f"its children hold {memory['children_mib']:.0f}"
        )
    if chain := report.get("chain"):
        lines.append(
            f"a chain of the same models: {chain['total_ms']:.0f} ms "
            f"(asr {chain['asr_ms']:.0f}, llm {chain['llm_ms']:.0f}, tts {chain['tts_ms']:.0f})"
        )
    return Group(table, *_stages(found), Text("\n".join(lines)))


def judged(verdicts: Sequence[Verdict]) -> RenderableType:
    """Budgets and what was found, for a terminal."""
    table = Table("budget", title="budgets", title_justify="left")
    for name in ("measured", "allowed", "unit"):
        table.add_column(name, justify="right")
    table.add_column("")
    for verdict in verdicts:
        measured = "" if verdict.measured is None else f"{verdict.measured:.4g}"
        says = {True: "[green]kept[/]", False: "[red]broken[/]", None: f"[yellow]not judged: {verdict.why}[/]"}
        table.add_row(verdict.subject, measured, f"{verdict.allowed:.4g}", verdict.unit, says[verdict.kept])
    return table


def _stages(found: dict[str, Any]) -> list[RenderableType]:
    """Nothing for a gateway that does not say where its time goes."""
    rows = {label: found["stages_ms"][stage] for stage, label in STAGES.items()}
    if not all(rows.values()):
        return []
    table = Table("milliseconds", title="what each stage took after all that came before it", title_justify="left")
    for name in ("p50", "p95"):
        table.add_column(name, justify="right")
    for label, row in (rows | {f"beside: {BESIDE.replace('_', ' ')}": found["smart_turn_ms"]}).items():
        if row:
            table.add_row(label, f"{row['p50']:.0f}", f"{row['p95']:.0f}")
    return [table]


def _callers(calls: int) -> str:
    return "one warm-up turn not counted" if calls == 1 else f"{calls} callers at once, one warm-up turn of each"


def _by_step(turns: Sequence[dict[str, Any]], key: str, steps: Iterable[str] = timing.STEPS) -> dict[str, Any]:
    return {step: statistics(turn[key][step] for turn in turns if step in turn[key]) for step in steps}


def _failure(asked: Asked) -> str:
    if asked.lost:
        return asked.lost
    if not asked.turns:
        return "not heard"
    last = asked.turns[-1]
    return last.status if last.status != "completed" else "no audible answer"
