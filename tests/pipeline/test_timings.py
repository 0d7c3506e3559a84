"""Where the time of a turn goes: the arithmetic, and whole calls in virtual time."""

import asyncio

import pytest

from models.scripted import ScriptedChat, ScriptedTurnDetector
from pipeline.actions import Judge, Ticket, Transcribe
from pipeline.audio import Span
from pipeline.events import CompletionJudged, TranscriptReady
from pipeline.notices import ReplyAudio, ReplyText, TurnTimed
from pipeline.settings import CallSettings, Detection, ReplyOptions, TurnPolicy
from pipeline.timings import TURNS, Milestones, Stopwatch, TurnTimings
from tests.support import virtual_clock
from tests.support.telephone import Telephone

FIRST = Ticket(1, 1)


def watch(speech_end: int = 16_000) -> Stopwatch:
    """One second of speech came in real time, and a pause of 0.1 s after it was noticed."""
    watch = Stopwatch()
    for ms in range(20, 1120, 20):
        watch.arrived(ms * 16, ms / 1000)
    watch.asked(Transcribe(FIRST, Span(0, 17_600)), speech_end, 1.1)
    return watch


def test_steps_are_counted_from_the_arrival_of_the_last_speech():
    stopwatch = watch()
    stopwatch.told(CompletionJudged(FIRST, 0.9), 1.2)
    stopwatch.told(TranscriptReady(FIRST, empty=False), 1.4)
    timings = stopwatch.sounding(FIRST, Milestones(1.8, 2.0, 2.1), 2.2)
    assert timings is not None
    found = (timings.paused, timings.judged, timings.heard, timings.token, timings.chunk, timings.voiced, timings.sent)
    assert found == pytest.approx((0.1, 0.2, 0.4, 0.8, 1.0, 1.1, 1.2))
    assert timings.stages == pytest.approx(
        {"pause": 0.1, "asr": 0.3, "first_token": 0.4, "first_chunk": 0.2, "tts": 0.1, "release": 0.1}
    )
    assert stopwatch.sounding(FIRST, Milestones(), 2.3) is None, "a turn is told of once"


def test_a_step_that_was_done_early_took_nothing_and_the_sum_is_right():
    early = TurnTimings(paused=0.1, heard=0.5, token=0.3, chunk=0.4, voiced=None, sent=0.6)
    assert early.stages == pytest.approx(
        {"pause": 0.1, "asr": 0.4, "first_token": 0.0, "first_chunk": 0.0, "tts": 0.0, "release": 0.1}
    )
    late = TurnTimings(paused=0.1, heard=0.9, token=0.3, chunk=0.4, voiced=0.45, sent=0.5)
    assert sum(late.stages.values()) == pytest.approx(0.5)


def test_what_belongs_to_another_attempt_is_not_counted():
    stopwatch = watch()
    stopwatch.told(TranscriptReady(Ticket(1, 0), empty=False), 1.3)
    stopwatch.told(TranscriptReady(Ticket(7, 1), empty=False), 1.3)
    assert stopwatch.sounding(Ticket(2), Milestones(), 1.5) is None, "an answer to no speech"
    timings = stopwatch.sounding(FIRST, Milestones(), 1.5)
    assert timings is not None
    assert timings.heard is None
    assert watch().sounding(Ticket(1, 2), Milestones(), 1.5) is None, "an attempt that nobody saw begin"


@pytest.mark.parametrize("speech_end", [0, 99_999])
def test_where_nobody_detects_speech_it_ends_where_the_client_ends_it(speech_end):
    timings = watch(speech_end).sounding(FIRST, Milestones(), 1.5)
    assert timings is not None
    assert timings.sent == pytest.approx(0.4)


def test_only_so_many_turns_are_remembered():
    stopwatch = watch()
    for turn in range(2, TURNS + 2):
        stopwatch.asked(Judge(Ticket(turn), Span(0, 17_600)), 16_000, 1.2)
        stopwatch.asked(Transcribe(Ticket(turn), Span(0, 17_600)), 16_000, 1.2)
    assert stopwatch.sounding(FIRST, Milestones(), 1.5) is None
    assert stopwatch.sounding(Ticket(TURNS + 1), Milestones(), 1.5) is not None


def test_a_turn_of_a_call():
    """Hearing takes 0.1 s, each piece of text 0.02, the voice 0.05."""

    async def main():
        phone = Telephone(hearing_s=0.1)
        await phone.speak(1.0)
        await phone.hush(3.0)
        told = phone.last(TurnTimed)
        assert told.reply == phone.last(ReplyAudio).reply
        assert len(phone.all(TurnTimed)) == 1
        timings = told.timings
        assert phone.when(ReplyAudio) - timings.sent == pytest.approx(1.0, abs=0.04)
        stages = timings.stages
        assert stages["pause"] == pytest.approx(TurnPolicy().pause / 1000, abs=0.04)
        assert stages["asr"] == pytest.approx(0.1, abs=0.001)
        assert stages["first_token"] == pytest.approx(0.0, abs=0.001)
        assert stages["first_chunk"] >= 0.02
        assert stages["tts"] == pytest.approx(0.05, abs=0.001)
        assert timings.judged is not None
        await phone.hang_up()

    virtual_clock.run(main())


def test_patience_shows_as_the_wait_for_release():
    async def main():
        phone = Telephone(detector=ScriptedTurnDetector(0.0), texts=["I would like"])
        await phone.speak(1.0)
        await phone.hush(4.0)
        assert phone.last(TurnTimed).timings.stages["release"] > 0.5
        await phone.hang_up()

    virtual_clock.run(main())


def test_the_pause_that_counts_is_the_last_one():
    async def main():
        phone = Telephone(texts=("I would like", "I would like some tea."), detector=ScriptedTurnDetector(0.0))
        await phone.speak(1.0)
        await phone.hush(0.6)
        await phone.speak(1.0)
        phone.detector.probability = 1.0
        await phone.hush(3.0)
        timings = phone.last(TurnTimed).timings
        assert phone.when(ReplyAudio) - timings.sent == pytest.approx(2.6, abs=0.04)
        await phone.hang_up()

    virtual_clock.run(main())


def test_push_to_talk_counts_from_the_commit():
    async def main():
        phone = Telephone(settings=CallSettings(turn=TurnPolicy(Detection.MANUAL)))
        await phone.speak(1.0)
        await phone.hush(1.0)
        phone.call.commit_input()
        phone.call.respond(ReplyOptions())
        committed = phone.now
        await asyncio.sleep(3)
        assert phone.all(ReplyAudio)
        assert phone.all(TurnTimed) == [], "the client asked for this answer; it is no answer to a turn of ours"
        assert phone.when(ReplyAudio) > committed
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_written_answer_has_no_first_sound():
    async def main():
        phone = Telephone(ScriptedChat(["Good ", "morning."]), settings=CallSettings(audio=False))
        await phone.speak(1.0)
        await phone.hush(3.0)
        assert phone.all(ReplyText)
        assert phone.all(TurnTimed) == []
        await phone.hang_up()

    virtual_clock.run(main())
