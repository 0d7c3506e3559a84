"""The report of the quality benchmark for a terminal."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def rendered(report: dict[str, Any]) -> RenderableType:
    cut = [Text(f"PARTIAL: {report['partial']}", style="bold")] if report["partial"] else []
    return Group(
        *cut, _targets(report), _cut_offs(report["rule_alone"]), _curve(report["curve"]), _rest(report["summary"])
    )


def _targets(report: dict[str, Any]) -> Table:
    table = _table("targets", "", "measured", "wanted", "")
    for target in report["targets"]:
        bound = "≤" if target["at_most"] is not None else "≥"
        wanted = target["at_most"] if target["at_most"] is not None else target["at_least"]
        outcome = {True: "reached", False: "not reached", None: "not in this corpus"}[target["reached"]]
        value = "" if target["value"] is None else f"{target['value']:g} {target['unit']}"
        style = None if target["reached"] else "bold"
        table.add_row(target["name"], value, f"{bound} {wanted:g} {target['unit']}", outcome, style=style)
    return table


def _cut_offs(summary: dict[str, Any]) -> Table:
    found = summary["cut_offs"]
    lengths = sorted({length for kind in found.values() for length in kind["by_seconds"]}, key=float)
    table = _table(
        "pauses at which the caller was cut off, by the rule alone", "", *(f"{length} s" for length in lengths), "all"
    )
    for kind, shares in found.items():
        cells = [_percent(shares["by_seconds"].get(length)) for length in lengths]
        table.add_row(kind, *cells, _percent(shares["all"]))
    return table


def _curve(curve: list[dict[str, Any]]) -> Table:
    table = _table(
        "cut off or kept waiting", "", "", "wait p50", "p95", "cut up to 1.2 s", "all mid-clause", "clause-end"
    )
    for point in curve:
        waits = point["wait_ms"] or {}
        table.add_row(
            point["series"],
            point["setting"],
            *(f"{waits[name]:.0f} ms" if waits else "" for name in ("p50", "p95")),
            *(_percent({"share": point[name]}) for name in ("cut_short", "cut_mid_clause", "cut_clause_end")),
        )
    return table


def _rest(summary: dict[str, Any]) -> RenderableType:
    lines = []
    complete = summary["complete"]
    if complete["answer_ms"]:
        lines.append(f"complete sentences: first sound of the answer {_spread(complete['answer_ms'])} after their end")
        cut = {kind: _percent(found["all"]) for kind, found in summary["cut_offs"].items()}
        lines.append(f"at that pace, cut off in mid-clause {cut['mid-clause']}, at a clause's end {cut['clause-end']}")
    lines.append(f"missed turns {_percent(summary['missed_turns'])} of {summary['missed_turns']['n']}")
    lines.append(f"turns closed inside a word: {summary['cut_inside_speech']}")
    for manner, found in summary["dictated"]["by_manner"].items():
        lines.append(
            f"dictated, {manner} between: {found['lost']['n']}, in one turn {_percent(found['in_one_turn'])}, "
            f"no word found {_percent(found['lost'])}"
        )
    for echo, found in summary["barge_in"].items():
        stops = _spread(found["stop_ms"]) if found["stop_ms"] else "never stopped"
        lines.append(
            f"interruptions, {echo}: {found['n']}, tutor silent after {stops}, within 250 ms "
            f"{_percent({'share': found['within_250_ms']})}, missed {found['missed']}, answered {found['answered']}, "
            f"stopped before them {found['before']}"
        )
    for name, found in summary["television"].items():
        ended = f"closed {_spread(found['wait_ms'])} after their end" if found["wait_ms"] else "none closed"
        lines.append(f"turns beside a {name} below them: {found['n']}, {ended}, not closed {found['missed']}")
    while_speaking = summary["noise_while_speaking"] | {"backchannels": summary["backchannels"]}
    for name, found in (while_speaking | {f"echo {db}": row for db, row in summary["echo"].items()}).items():
        if found["n"]:
            lines.append(
                f"{name} while the tutor speaks: {found['n']}, heard to the end {_percent(found)}, paused "
                f"{found['paused']}, taken for a turn {found['turns']}, answered {found['answers']}"
            )
    for name, found in summary["noise_while_silent"].items():
        lines.append(
            f"{name} while nobody speaks: {found['n']}, taken for speech {_percent({'share': found['opened']})}, "
            f"answered {_percent({'share': found['answered']})}"
        )
    return Text("\n".join(lines))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _percent(found: dict[str, Any] | None) -> str:
    return "" if found is None or found["share"] is None else f"{found['share'] * 100:.0f} %"


def _spread(found: dict[str, float]) -> str:
    return f"p50 {found['p50']:.0f} ms, p95 {found['p95']:.0f} ms"
