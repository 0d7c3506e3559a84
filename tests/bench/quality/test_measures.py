from pathlib import Path
from typing import Any

import pytest

from bench.quality import measures, sound, sweep, targets
from bench.quality.facts import facts
from bench.quality.harness import Log
from bench.quality.labels import Item, Label, Pause, Tutor
from pipeline.audio import Pcm
from pipeline.engines import Transcript
from pipeline.history import Item as Message
from pipeline.notices import (
    InputCommitted,
    Notice,
    ReplyEnded,
    ReplyStarted,
    SpeechStarted,
    SpeechStopped,
    TranscriptDone,
)
from pipeline.settings import ReplyOptions
from tests.bench.quality.recordings import tone

PAUSED = Label(
    "a.wav", "turn", speech=[(0.5, 1.5), (2.1, 3.0)], pauses=[Pause(1.5, 2.1, "mid-clause", 1.5)], voice="a"
)  # fmt: skip
WHOLE = Label("a.wav", "turn", speech=[(0.5, 1.5)], voice="a")
CUT_IN = Label("a.wav", "interruption", speech=[(0.0, 1.0)], tutor=Tutor("Once.", 2.0))
COUGH = Label("a.wav", "noise", tutor=Tutor("Once.", 2.0))


def log(*told: tuple[float, Notice], begins: float = 0.0) -> Log:
    return Log(begins, list(told))


def found_in(label: Label, log: Log) -> dict[str, Any]:
    return facts(Item("a", label, Path("a.wav")), log)


def stopped(at: float) -> tuple[float, Notice]:
    return at, SpeechStopped("i", round(at * 1000))


def started(reply: str, at: float = 0.0) -> tuple[float, Notice]:
    return at, ReplyStarted(reply, ReplyOptions())


def ended(reply: str, at: float, status: Any = "completed") -> tuple[float, Notice]:
    return at, ReplyEnded(reply, status)


def committed(at: float) -> tuple[float, Notice]:
    return at, InputCommitted(Message("i", "user", None), None)


def pcm(seconds: float, start: float = 0.0) -> Pcm:
    return Pcm(sound.s16(tone(seconds)), sound.RATE, round(start * sound.RATE))


def test_a_pause_that_was_survived() -> None:
    found = found_in(PAUSED, log(stopped(3.4)))
    assert found["pauses"] == [{"kind": "mid-clause", "seconds": 0.6, "drawl": 1.5, "cut": False}]
    assert (found["wait_ms"], found["missed"], found["inside_speech"]) == (400, False, 0)


@pytest.mark.parametrize(("at", "cut"), [(1.51, True), (2.1, True), (2.29, True), (2.35, False)])
def test_a_turn_closed_in_a_pause_or_just_after_it_was_cut_off(at: float, cut: bool) -> None:
    found = found_in(PAUSED, log(stopped(at), stopped(3.5)))
    assert found["pauses"][0]["cut"] is cut
    assert found["inside_speech"] == (0 if cut else 1)
    assert found["wait_ms"] == 500


def test_a_turn_that_is_closed_too_late_or_never_is_missed() -> None:
    for given in (log(), log(stopped(6.6))):
        found = found_in(WHOLE, given)
        assert (found["missed"], found["wait_ms"], found["answer_ms"]) == (True, None, None)


def test_a_soft_last_sound_may_be_left_out() -> None:
    assert found_in(WHOLE, log(stopped(1.45)))["wait_ms"] == -50
    assert found_in(WHOLE, log(stopped(1.35)))["missed"]


def test_the_answer_is_counted_from_the_end_of_speech() -> None:
    given = log(stopped(1.9))
    given.ear.play("r", pcm(1.0), now=2.25)
    assert found_in(WHOLE, given)["answer_ms"] == 750


def test_times_are_those_of_the_recording() -> None:
    assert found_in(WHOLE, log(stopped(11.9), begins=10.0))["wait_ms"] == 400


def test_an_interruption_that_was_heard() -> None:
    given = log(started("r"), (2.2, SpeechStarted("i", 0)), ended("r", 2.2, "cancelled"), committed(3.5), begins=2.0)
    given.told += [started("s", 3.5)]
    given.ear.play("r", pcm(5.0), now=0.0)
    given.ear.stop(2.2)
    given.ear.play("s", pcm(1.0), now=3.6)
    found = found_in(CUT_IN, given)
    assert (found["stop_ms"], found["heard_whole"], found["turns"], found["answers"]) == (200, False, 1, 1)


def test_an_interruption_that_was_not_heard() -> None:
    given = log(started("r"), ended("r", 1.0), begins=2.0)
    given.ear.play("r", pcm(5.0), now=0.0)
    found = found_in(CUT_IN, given)
    assert (found["stop_ms"], found["heard_whole"]) == (None, True)
    summed = measures.summary([found])["barge_in"]["no echo"]
    assert (summed["missed"], summed["within_250_ms"], summed["stop_ms"]) == (1, 0.0, None)


def test_an_answer_that_goes_on_after_a_cough_was_heard_whole() -> None:
    given = log(started("r"), ended("r", 2.3, "cancelled"), started("s", 3.0), ended("s", 4.0), begins=2.0)
    given.ear.play("r", pcm(5.0), now=0.0)
    given.ear.stop(2.3)
    given.ear.play("s", pcm(2.7, 2.3), now=3.0)
    found = found_in(COUGH, given)
    assert (found["heard_whole"], found["paused_ms"], found["turns"], found["answers"]) == (True, 700, 0, 0)


def test_an_answer_that_a_cough_ended_was_not() -> None:
    given = log(started("r"), ended("r", 1.0, "completed"), committed(4.0), begins=2.0)
    given.ear.play("r", pcm(5.0), now=0.0)
    given.ear.stop(2.3)
    assert not found_in(COUGH, given)["heard_whole"], "it was sent to its end, but not heard"


def test_noise_while_nobody_speaks() -> None:
    label = Label("a.wav", "noise")
    assert found_in(label, log()) | {"opened": False, "answered": False} == found_in(label, log())
    told = log((0.5, SpeechStarted("i", 0)), (1.0, TranscriptDone("i", Transcript("Um.", "en"), 1.0)))
    found = found_in(label, told)
    assert (found["opened"], found["answered"], found["heard"]) == (True, False, ["Um."])


def turn(cut: bool, seconds: float = 0.6, wait: float = 400) -> dict[str, Any]:
    pause = {"kind": "mid-clause", "seconds": seconds, "drawl": 1.0, "cut": cut}
    return {"kind": "turn", "voice": "a", "noise": "quiet", "pauses": [pause], "wait_ms": wait, "answer_ms": None}


def complete(wait: float | None) -> dict[str, Any]:
    return turn(False) | {"pauses": [], "wait_ms": wait}


def test_a_point_of_the_curve() -> None:
    found = sweep.point([turn(True), turn(False), turn(True, 2.5), complete(300), complete(500), complete(None)])
    assert (found["cut_short"], found["cut_mid_clause"], found["cut_clause_end"]) == (0.5, 0.6667, None)
    assert found["wait_ms"]["p50"] == 400, "only whole sentences that were not missed"


def during(kind: str, **known: Any) -> dict[str, Any]:
    return {"kind": kind, "echo_db": None, "heard_whole": True, "stop_ms": None, "noise": "quiet"} | known


def test_targets_say_whether_they_were_reached() -> None:
    turns = [*([turn(False)] * 19), turn(True), turn(True, 1.8), complete(430), complete(460)]
    rows = [
        *([during("interruption", heard_whole=False, stop_ms=230)] * 19),
        during("interruption"),
        during("interruption", echo_db=-10.0),
        *([during("backchannel")] * 8),
        during("noise", noise="cough"),
        during("noise", noise="cough", heard_whole=False),
        during("noise", noise="click", heard_whole=False),
        during("echo", echo_db=-20.0, heard_whole=False),
        during("echo", echo_db=-20.0),
        during("echo", echo_db=-10.0, heard_whole=False),
    ]
    found = targets.targets(turns, rows)
    assert [target["value"] for target in found] == [5.0, 445, 95.0, 90.0, 50.0, None, None]
    assert [target["reached"] for target in found] == [True, True, True, True, False, None, None]


def test_a_target_that_the_corpus_does_not_show_is_neither() -> None:
    assert [target["reached"] for target in targets.targets([], [])] == [None] * 7
