"""Shares and percentiles over the facts of many recordings. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from bench.quality.facts import Facts
from bench.report import statistics

STOP_MS: Final = 250
"""An interrupted tutor is silent by then, or it is too late."""


def summary(rows: Sequence[Facts]) -> Facts:
    """Everything that is reported, over the facts of all recordings."""
    turns = [row for row in rows if row["kind"] == "turn"]
    during = [row for row in rows if "heard_whole" in row]
    interruptions = [row for row in during if row["kind"] == "interruption"]
    idle = [row for row in rows if row["kind"] == "noise" and "opened" in row]
    return {
        "cut_offs": cut_offs(turns),
        "cut_inside_speech": sum(row["inside_speech"] for row in turns),
        "complete": complete(turns),
        "dictated": dictated(turns),
        "wait_ms_after_a_pause": waits([row for row in turns if row["pauses"]]),
        "missed_turns": share([row["missed"] for row in turns]),
        "captions": dict(Counter(what for row in rows for what in row["captions"])),
        "television": _by([row for row in rows if row["kind"] == "television"], lambda row: str(row["noise"]), _ended),
        "noise_while_silent": _by(idle, lambda row: str(row["noise"]), _noticed),
        "barge_in": _by(interruptions, _echo_name, _interrupted),
        "noise_while_speaking": _by(
            [row for row in during if row["kind"] == "noise"], lambda row: str(row["noise"]), _survived
        ),
        "backchannels": _survived([row for row in during if row["kind"] == "backchannel"]),
        "echo": _by([row for row in during if row["kind"] == "echo"], _echo_name, _survived),
    }


def cut_offs(turns: Sequence[Facts]) -> Facts:
    """Share of the pauses at which the turn was closed, by kind of pause, and by what may matter."""
    ways: dict[str, Callable[[Facts], str]] = {
        "by_seconds": lambda pause: f"{pause['seconds']:.1f}",
        "by_drawl": lambda pause: "drawn out" if pause["drawl"] > 1 else "abrupt",
        "by_voice": lambda pause: str(pause["voice"]),
        "by_noise": lambda pause: str(pause["noise"]),
    }
    return {
        kind: {"all": cut_share(turns, kind)}
        | {way: _by(_pauses(turns, kind), name, _cut) for way, name in ways.items()}
        for kind in ("mid-clause", "clause-end")
    }


def dictated(turns: Sequence[Facts]) -> Facts:
    """Names and numbers said item by item: whether all was one turn, and whether any words were found."""
    strings = [row for row in turns if any(pause["kind"] == "dictated" for pause in row["pauses"])]

    def outcome(rows: Sequence[Facts]) -> Facts:
        whole = [not row["missed"] and not any(pause["cut"] for pause in row["pauses"]) for row in rows]
        return {"in_one_turn": share(whole), "lost": share([not any(row["heard"]) for row in rows])}

    return outcome(strings) | {"by_manner": _by(strings, lambda row: str(row["voice"]), outcome)}


def complete(turns: Sequence[Facts]) -> Facts:
    """How long one waits who says a whole sentence without a pause in it."""
    whole = [row for row in turns if not row["pauses"]]
    return {
        "n": len(whole),
        "wait_ms": waits(whole),
        "answer_ms": statistics(row["answer_ms"] for row in whole if row["answer_ms"] is not None),
        "wait_ms_by_voice": _by(whole, lambda row: str(row["voice"]), waits),
        "wait_ms_by_noise": _by(whole, lambda row: str(row["noise"]), waits),
    }


def cut_share(turns: Iterable[Facts], kind: str, longest_s: float = 60.0) -> Facts:
    """Share of the pauses of a kind, up to a length, at which the turn was closed."""
    return _cut([pause for pause in _pauses(turns, kind) if pause["seconds"] <= longest_s + 0.01])


def waits(turns: Iterable[Facts]) -> dict[str, float] | None:
    """From the end of speech to the end of the turn, where the turn was not missed."""
    return statistics(row["wait_ms"] for row in turns if row["wait_ms"] is not None)


def share(outcomes: Sequence[bool]) -> Facts:
    return {"n": len(outcomes), "share": round(sum(outcomes) / len(outcomes), 4) if outcomes else None}


def _echo_name(row: Facts) -> str:
    return "no echo" if row["echo_db"] is None else f"{row['echo_db']:g} dB"


def _pauses(turns: Iterable[Facts], kind: str) -> list[Facts]:
    return [
        pause | {"voice": row["voice"], "noise": row["noise"]}
        for row in turns
        for pause in row["pauses"]
        if pause["kind"] == kind
    ]


def _cut(pauses: Sequence[Facts]) -> Facts:
    return share([pause["cut"] for pause in pauses])


def _ended(turns: Sequence[Facts]) -> Facts:
    """missed: of the turns, those that were not closed within the wait."""
    return {"n": len(turns), "missed": sum(row["missed"] for row in turns), "wait_ms": waits(turns)}


def _noticed(rows: Sequence[Facts]) -> Facts:
    return {
        "n": len(rows),
        "opened": share([row["opened"] for row in rows])["share"],
        "answered": share([row["answered"] for row in rows])["share"],
    }


def _survived(rows: Sequence[Facts]) -> Facts:
    """The answer was heard to its end, in one piece or resumed; and what was made of the sound instead."""
    return share([row["heard_whole"] for row in rows]) | {
        "paused": sum(row["paused_ms"] > 0 for row in rows),
        "paused_ms": statistics(row["paused_ms"] for row in rows if row["paused_ms"] and row["heard_whole"]),
        "turns": sum(row["turns"] for row in rows),
        "answers": sum(row["answers"] for row in rows),
    }


def _interrupted(rows: Sequence[Facts]) -> Facts:
    """missed: the answer was heard to its end all the same. before: it had stopped before the interruption came."""
    counted = [row for row in rows if not row["stopped_before"]]
    stops = [row["stop_ms"] for row in counted if row["stop_ms"] is not None]
    return {
        "n": len(rows),
        "before": len(rows) - len(counted),
        "missed": sum(row["heard_whole"] for row in counted),
        "stop_ms": statistics(stops),
        "within_250_ms": share([ms is not None and ms <= STOP_MS for ms in (row["stop_ms"] for row in counted)])[
            "share"
        ],
        "answered": sum(row["answers"] > 0 for row in counted),
    }


def _by(rows: Iterable[Facts], name: Callable[[Facts], str], of: Callable[[list[Facts]], Any]) -> dict[str, Any]:
    groups: defaultdict[str, list[Facts]] = defaultdict(list)
    for row in rows:
        groups[name(row)].append(row)
    return {group: of(groups[group]) for group in sorted(groups)}
