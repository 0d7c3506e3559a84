"""What happened with one recording, in plain values. Pure."""

import itertools
from collections import defaultdict
from typing import Any, Final

from bench.quality.harness import WAIT_S, Log
from bench.quality.labels import Item, Label, noise_name
from pipeline.notices import (
    InputCommitted,
    ReplyEnded,
    ReplyStarted,
    SpeechStarted,
    SpeechStopped,
    TranscriptDone,
    TranscriptGrew,
)
from pipeline.partials import plain, words
from voicegw.protocol.told import whole

RESUMING_S: Final = 0.2
"""A turn closed so shortly after speech came back was closed by the pause: nobody can know at the first sample."""
EARLY_S: Final = 0.1
"""The last sound of a word can be too soft to count as speech: a turn may end so much before its label's end."""
GAP_S: Final = 0.05
"""Silence inside an answer that is a pause, not a late piece."""

Facts = dict[str, Any]


def facts(item: Item, log: Log) -> Facts:
    """What happened with one recording, in plain values."""
    label = item.label
    known: Facts = {
        "item": item.name,
        "kind": label.kind,
        "voice": label.voice,
        "noise": noise_name(label),
        "heard": [notice.transcript.text for _, notice in log.told if isinstance(notice, TranscriptDone)],
        "captions": _captions(log),
    }
    if label.kind in ("turn", "television"):
        return known | _turn(label, log)
    if label.tutor is None:
        return known | {"opened": bool(log.times(SpeechStarted)), "answered": bool(log.times(ReplyStarted))}
    return known | _during(label, log)


def _turn(label: Label, log: Log) -> Facts:
    end = label.speech[-1][1]
    stopped = log.times(SpeechStopped)
    pauses: list[Facts] = [
        {
            "kind": pause.kind,
            "seconds": round(pause.end - pause.start, 3),
            "drawl": pause.drawl,
            "cut": any(pause.start < time <= pause.end + RESUMING_S for time in stopped),
        }
        for pause in label.pauses
    ]
    closed = next((time for time in stopped if end - EARLY_S < time <= end + WAIT_S), None)
    answers = [] if closed is None else [one.start - log.begins for one in log.ear.heard]
    answered = next((start for start in answers if closed is not None and start >= closed), None)
    in_pauses = sum(pause["cut"] for pause in pauses)
    return {
        "pauses": pauses,
        "inside_speech": max(0, sum(time <= end - EARLY_S for time in stopped) - in_pauses),
        "missed": label.complete and closed is None,
        "wait_ms": None if closed is None else round((closed - end) * 1000, 1),
        "answer_ms": None if answered is None else round((answered - end) * 1000, 1),
    }


def _during(label: Label, log: Log) -> Facts:
    """Something happened while the tutor spoke."""
    replies = _monologue(log)
    whole = log.ear.whole(replies[-1]) and _completed(log, replies[-1])
    heard = [one for one in log.ear.heard if one.reply in replies]
    last = max(one.end for one in heard) - log.begins
    gaps = [two.start - one.end for one, two in itertools.pairwise(heard)]
    stop_ms = round((last - label.speech[0][0]) * 1000, 1) if label.speech and not whole else None
    return {
        "echo_db": label.echo.level_db if label.echo else None,
        "heard_whole": whole,
        "paused_ms": round(sum(gap for gap in gaps if gap > GAP_S) * 1000, 1),
        "stop_ms": stop_ms,
        "stopped_before": stop_ms is not None and stop_ms < 0,  # by its own echo, say
        "turns": sum(isinstance(notice, InputCommitted) for _, notice in log.told),
        "answers": len(log.times(ReplyStarted)) - len(replies),
    }


def _captions(log: Log) -> list[str]:
    """Of each turn, what its words became by being told early (`protocol.told`): "same", another "mark" or "word"."""
    told: dict[str, str] = defaultdict(str)
    became: list[str] = []
    for _, notice in log.told:
        if isinstance(notice, TranscriptGrew):
            told[notice.item] += notice.text
        elif isinstance(notice, TranscriptDone):
            final = notice.transcript.text
            shown = whole(told[notice.item], final)
            same = [plain(word).strip() for word in words(shown)] == [plain(word).strip() for word in words(final)]
            became.append("same" if shown == final else "mark" if same else "word")
    return became


def _monologue(log: Log) -> list[str]:
    """The answer that the call was asked for, and those that went on with it: all that began before a turn was."""
    replies = []
    for _, notice in log.told:
        if isinstance(notice, InputCommitted):
            break
        if isinstance(notice, ReplyStarted):
            replies.append(notice.reply)
    return replies


def _completed(log: Log, reply: str) -> bool:
    return any(
        isinstance(notice, ReplyEnded) and notice.reply == reply and notice.status == "completed"
        for _, notice in log.told
    )
