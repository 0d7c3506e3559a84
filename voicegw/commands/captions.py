"""A call as it is shown: captions for people, one JSON object a line for programs."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from rich.console import Console
from rich.table import Table

from pipeline.audio import SAMPLE_BYTES, milliseconds
from voicegw.client import events as ev
from voicegw.client import timing
from voicegw.client.conversation import Turn
from voicegw.client.microphone import WIRE_RATE


class Shown(Protocol):
    """Shows each event of a call as it comes, then what became of it."""

    def watch(self, event: ev.Event, now: float) -> None: ...

    def finish(self, turns: Sequence[Turn]) -> None: ...


class Captions:
    """Both sides' words as they come, and a table of where the time of each turn went."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._speaker: str | None = None
        self._heard_in_pieces = False

    def watch(self, event: ev.Event, now: float) -> None:
        match event:
            case ev.HeardDelta(delta=text):
                self._say("you", text)
                self._heard_in_pieces = True
            case ev.Heard(transcript=text):
                if not self._heard_in_pieces:
                    self._say("you", text.strip() or "(no words)")
                self._heard_in_pieces = False
                self._end()
            case ev.TextDelta(delta=text) | ev.CaptionDelta(delta=text):
                self._say("tutor", text)
            case ev.ResponseDone(response=response):
                self._end()
                if response.status != "completed":
                    self._note(f"answer {response.status}{_because(response)}")
            case ev.ErrorEvent(error=problem) | ev.HearingFailed(error=problem):
                self._end()
                self._note(f"the gateway reports: {problem.message}")
            case _:
                pass

    def finish(self, turns: Sequence[Turn]) -> None:
        self._end()
        for turn in turns:
            self._console.print(_table(turn))
            if turn.starved:
                self._note(f"the voice paused for {turn.starved * 1000:.0f} ms because its sound came late")

    def _say(self, speaker: str, text: str) -> None:
        if speaker != self._speaker:
            self._end()
            self._console.print(f"{speaker:>6}: ", end="", style="bold cyan" if speaker == "you" else "bold green")
            self._speaker = speaker
            text = text.lstrip()
        self._console.print(_printable(text), end="", markup=False, highlight=False, soft_wrap=True)

    def _note(self, text: str) -> None:
        self._console.print(f"        {_printable(text)}", style="yellow", markup=False, highlight=False)

    def _end(self) -> None:
        if self._speaker is not None:
            self._console.print()
            self._speaker = None


class JsonLines:
    """Every event of interest as one line, `at_ms` after the call was accepted; at last a line of type `summary`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._origin: float | None = None

    def watch(self, event: ev.Event, now: float) -> None:
        self._origin = now if self._origin is None else self._origin
        fields: dict[str, Any] = msgspec.to_builtins(event)
        if isinstance(event, ev.AudioDelta):
            del fields["delta"]
            fields["audio_ms"] = milliseconds(len(event.delta) // SAMPLE_BYTES, WIRE_RATE)
        self._line({"type": event.type, "at_ms": round((now - self._origin) * 1000, 1)} | fields)

    def finish(self, turns: Sequence[Turn]) -> None:
        self._line({"type": "summary", "turns": [summary(turn) for turn in turns]})

    def _line(self, line: dict[str, Any]) -> None:
        self._console.out(json.dumps(line, ensure_ascii=False), highlight=False)


def summary(turn: Turn) -> dict[str, Any]:
    """One turn in plain values: `since_speech_end_ms` and `waited_ms` as in `timing`."""
    return {
        "status": turn.status,
        "heard": turn.heard,
        "reply": turn.reply,
        "latency_ms": timing.latency(turn.moments),
        "since_speech_end_ms": timing.since_speech_end(turn.moments),
        "waited_ms": timing.waits(turn.moments),
        "reply_s": round(turn.audio.seconds, 3),
        "starved_ms": round(turn.starved * 1000, 1),
        "errors": list(turn.errors),
    }


def _table(turn: Turn) -> Table:
    since, waits = timing.since_speech_end(turn.moments), timing.waits(turn.moments)
    table = Table("step", title=f"ms after your last sound (answer {turn.status})", title_justify="left")
    table.add_column("after", justify="right")
    table.add_column("waited", justify="right")
    for name in sorted(since, key=lambda name: since[name]):
        style = "bold" if name == "first_audible" else None
        table.add_row(timing.STEPS[name], f"{since[name]:.0f}", f"{waits[name]:+.0f}", style=style)
    return table


def _because(response: ev.Response) -> str:
    details = response.status_details
    reason = details and (details.error.message if details.error else details.reason)
    return f": {reason}" if reason else ""


def _printable(text: str) -> str:
    """Words come from a model: none of them may steer the terminal."""
    return "".join(char for char in text if char.isprintable() or char == "\n")
