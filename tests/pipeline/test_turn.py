"""Turns of the caller, with exact times: one window of audio is 32 ms."""

from dataclasses import replace
from itertools import pairwise

import pytest

from pipeline.actions import (
    Answer,
    CloseTurn,
    Discard,
    Draft,
    DropTurn,
    HangUp,
    OpenTurn,
    SpeakUp,
    Stop,
    Ticket,
    Transcribe,
)
from pipeline.audio import HEARING_RATE, Span
from pipeline.events import (
    ClearRequested,
    CommitRequested,
    PolicyChanged,
    ReplyOver,
    ReplyRequested,
    ReplySounding,
    StopRequested,
    TimePassed,
    TranscriptReady,
)
from pipeline.floor import CALLER, TUTOR, Caller, Cue, Tutor
from pipeline.promises import FAREWELL, NUDGE, PARDON
from pipeline.settings import Detection, ReplyOptions
from tests.support.conversation import POLICY, Conversation, answered, kinds


@pytest.fixture
def talk() -> Conversation:
    return Conversation(POLICY)


def test_a_turn_opens_when_enough_speech_has_gathered_and_keeps_its_prefix(talk):
    talk.hush(640)
    assert talk.speak(64) == []
    assert talk.speak(32) == [OpenTurn(Ticket(1), start=(640 - 300) * 16)]
    assert talk.taker.caller is Caller.SPEAKING


def test_a_prefix_never_reaches_back_before_the_start_of_the_call(talk):
    assert talk.speak(96) == [OpenTurn(Ticket(1), start=0)]


def test_a_click_opens_nothing(talk):
    for _ in range(20):
        talk.speak(64)
        talk.hush(32)
    assert talk.log == []


def test_the_first_pause_starts_the_transcript_and_words_start_a_draft(talk):
    talk.speak(960)
    assert talk.hush(96) == []
    assert talk.hush(32) == [Transcribe(Ticket(1, 1), Span(0, (960 + 128) * 16))]
    assert talk.tell(TranscriptReady(Ticket(1, 1), empty=False)) == [Draft(Ticket(1, 1))]
    assert talk.taker.tutor is Tutor.IDLE


def test_lasting_silence_closes_the_turn_and_lets_the_draft_be_heard(talk):
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    assert talk.hush(352) == []
    assert talk.hush(32) == [
        CloseTurn(Ticket(1, 1), Span(0, (960 + 512) * 16), opened=True),
        Answer(Ticket(1, 1), ReplyOptions()),
    ]
    assert (talk.taker.caller, talk.taker.tutor) == (Caller.SILENT, Tutor.THINKING)


def test_speech_after_a_pause_throws_the_draft_away_and_the_turn_goes_on(talk):
    talk.speak(960)
    talk.hush(256)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    assert talk.speak(32) == []
    assert talk.speak(32) == [Discard(Ticket(1, 1))]
    talk.speak(320)
    assert talk.hush(128) == [Transcribe(Ticket(1, 2), Span(0, (960 + 256 + 384 + 128) * 16))]
    assert kinds(talk.hush(384)) == [CloseTurn]  # the words are not known yet
    assert talk.asked(OpenTurn) == [OpenTurn(Ticket(1), 0)]


def test_a_single_noisy_window_does_not_end_a_pause(talk):
    talk.speak(960)
    talk.hush(128)
    talk.speak(32)
    assert kinds(talk.hush(352)) == [CloseTurn]
    assert talk.asked(Discard) == []


def test_an_answer_waits_for_words_that_come_late(talk):
    talk.speak(960)
    talk.hush(512)
    assert talk.asked(Answer) == []
    assert talk.tell(TranscriptReady(Ticket(1, 1), empty=False)) == [Answer(Ticket(1, 1), ReplyOptions())]


@pytest.mark.parametrize("failed", [False, True])
def test_a_turn_without_words_is_not_answered(talk, failed):
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=True, failed=failed))
    assert kinds(talk.hush(384)) == [CloseTurn]
    assert talk.taker.tutor is Tutor.IDLE


def wordless(talk: Conversation, speech_ms: int, *, failed: bool = False, early: bool = True) -> list[ReplyOptions]:
    """A turn in which no words were found, known before it is closed (`early`) or after; how it is answered."""
    before = len(talk.log)
    talk.speak(speech_ms)
    talk.hush(128 if early else 640)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=True, failed=failed))
    talk.hush(640)
    return [action.options for _, action in talk.log[before:] if isinstance(action, Answer)]


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("failed", [True, False])
def test_a_turn_with_much_speech_and_no_words_is_asked_for_again(talk, failed, early):
    assert wordless(talk, 1280, failed=failed, early=early) == [PARDON]
    assert talk.asked(CloseTurn)


def test_speech_counts_on_over_the_pauses_of_a_turn(talk):
    for _ in range(4):
        talk.speak(320)
        talk.hush(256)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=True))
    talk.hush(640)
    assert [action.options for _, action in talk.log if isinstance(action, Answer)] == [PARDON]


def test_what_goes_on_without_words_is_asked_about_twice_until_some_are_understood(talk):
    def asked_again() -> bool:
        found = wordless(talk, 1600)
        for _ in found:
            talk.tell(ReplySounding(talk.ticket(Answer)))
            talk.tell(ReplyOver(talk.ticket(Answer)))
        return found == [PARDON]

    assert [asked_again() for _ in range(4)] == [True, True, False, False]
    talk.tell(ReplyOver(answered(talk)))
    assert asked_again()


def test_a_client_that_answers_by_itself_is_not_answered_for(talk):
    talk.tell(PolicyChanged(replace(POLICY, create_response=False), talk.samples))
    assert wordless(talk, 2560) == []


def test_words_of_a_discarded_revision_change_nothing(talk):
    talk.speak(960)
    talk.hush(128)
    talk.speak(320)
    talk.hush(128)
    assert talk.tell(TranscriptReady(Ticket(1, 1), empty=False)) == []
    assert kinds(talk.hush(384)) == [CloseTurn]
    assert talk.asked(Draft) == []


def test_hysteresis_keeps_soft_speech_going_but_does_not_start_it(talk):
    assert talk.score(960, 0.4) == []
    talk.speak(96)
    assert talk.score(960, 0.4) == []
    assert talk.taker.caller is Caller.SPEAKING


def test_the_last_sound_at_the_ear_gives_the_floor_back(talk):
    ticket = answered(talk)
    assert talk.tell(ReplyOver(Ticket(99))) == []
    assert talk.speak(96) == []  # still the tutor's: this takes longer speech
    talk.hush(96)
    talk.tell(ReplyOver(ticket))
    assert kinds(talk.speak(96)) == [OpenTurn]


def test_the_client_may_stop_the_answer(talk):
    ticket = answered(talk)
    assert talk.tell(StopRequested()) == [Stop(ticket, "client_cancelled")]
    assert talk.tell(StopRequested()) == []


def test_the_client_may_ask_for_an_answer_even_while_the_caller_speaks(talk):
    options = ReplyOptions(instructions="Say hello.")
    talk.speak(320)
    assert talk.tell(ReplyRequested(options)) == [Answer(Ticket(2), options)]
    assert talk.taker.caller is Caller.SPEAKING


def test_committing_ends_an_open_turn_with_all_its_audio(talk):
    talk.speak(960)
    talk.hush(128)
    end = talk.samples + 100
    assert talk.tell(CommitRequested(end)) == [
        Discard(Ticket(1, 1)),
        CloseTurn(Ticket(1, 2), Span(0, end), opened=True),
        Transcribe(Ticket(1, 2), Span(0, end)),
    ]
    assert talk.tell(TranscriptReady(Ticket(1, 2), empty=False)) == []


def test_clearing_drops_an_open_turn(talk):
    talk.speak(960)
    assert talk.tell(ClearRequested(talk.samples)) == [Discard(Ticket(1)), DropTurn(Ticket(1))]
    assert talk.taker.keep_from == talk.samples
    assert talk.speak(64) == []
    assert talk.speak(32) == [OpenTurn(Ticket(2), 960 * 16)]


def test_push_to_talk_hears_no_turns_and_commits_everything_since_the_last(talk):
    talk.tell(PolicyChanged(replace(POLICY, detection=Detection.MANUAL), 0))
    talk.hush(320)
    assert talk.speak(960) == []
    end = talk.samples
    assert talk.tell(CommitRequested(end)) == [
        CloseTurn(Ticket(1), Span(0, end), opened=False),
        Transcribe(Ticket(1), Span(0, end)),
    ]
    talk.speak(320)
    assert talk.taker.keep_from == end


def test_changing_to_push_to_talk_mid_turn_keeps_the_audio_for_the_client(talk):
    talk.speak(960)
    manual = replace(POLICY, detection=Detection.MANUAL)
    assert kinds(talk.tell(PolicyChanged(manual, talk.samples))) == [Discard, DropTurn]
    assert talk.taker.keep_from == 0


def test_when_audio_stops_arriving_the_clock_counts_as_silence(talk):
    talk.speak(960)
    assert talk.taker.deadline == pytest.approx(0.96 + 1.0)
    assert talk.stall(0.9) == []
    assert kinds(talk.stall(0.1)) == [Transcribe]
    assert kinds(talk.stall(1.0)) == [CloseTurn]
    assert talk.taker.deadline is None


def test_noise_without_end_is_closed_and_answered(talk):
    talk.speak(POLICY.longest)
    assert kinds([action for _, action in talk.log]) == [OpenTurn, Discard, CloseTurn, Transcribe]
    assert kinds(talk.tell(TranscriptReady(Ticket(1, 1), empty=False))) == [Answer]


def test_every_sample_is_kept_that_may_still_be_asked_for(talk):
    talk.hush(40_000)
    assert talk.taker.keep_from == talk.samples - 30 * HEARING_RATE
    talk.speak(320)
    opened = talk.asked(OpenTurn)[0]
    assert isinstance(opened, OpenTurn)
    assert talk.taker.keep_from == opened.start
    talk.speak(40_000)
    assert talk.taker.keep_from == opened.start


def test_the_tutor_speaks_up_when_nobody_does_and_then_waits():
    talk = Conversation(replace(POLICY, idle_timeout=5000))
    talk.hush(20_000)
    assert talk.log == []  # nobody has spoken yet: there is nothing to go on with
    ticket = answered(talk)
    talk.hush(10_000)
    assert talk.asked(SpeakUp) == []  # the answer is still being heard
    talk.tell(ReplyOver(ticket))
    over = talk.samples
    assert talk.hush(4992) == []
    spoken = talk.hush(32)
    nudge = talk.ticket(SpeakUp)
    assert spoken == [SpeakUp(nudge, Span(over, talk.samples)), Answer(nudge, NUDGE)]
    talk.tell(ReplySounding(nudge))
    talk.tell(ReplyOver(nudge))
    assert kinds(talk.hush(5024)) == [SpeakUp, Answer]
    talk.tell(ReplyOver(talk.ticket(Answer)))
    assert talk.hush(60_000) == []
    talk.tell(ReplyOver(answered(talk)))
    assert kinds(talk.hush(5024)) == [SpeakUp, Answer]  # a caller who has spoken is waited for anew


def test_after_a_long_time_without_a_word_the_tutor_says_goodbye_and_the_call_ends():
    talk = Conversation(replace(POLICY, goodbye=60_000))
    talk.tell(TimePassed())  # the call begins
    talk.hush(30_000)
    ticket = answered(talk)
    talk.hush(90_000)
    assert talk.stall(3600) == []  # the answer is still being heard
    talk.tell(ReplyOver(ticket))
    over = talk.now
    talk.hush(30_016)
    assert talk.taker.deadline == over + 60
    assert talk.stall(29.9) == []  # whether silence arrives or nothing at all
    assert talk.stall(0.1) == [Answer(Ticket(2), FAREWELL)]
    talk.tell(ReplySounding(Ticket(2)))
    assert talk.tell(ReplyOver(Ticket(2))) == [HangUp(Ticket(2))]


def test_a_caller_who_speaks_into_the_goodbye_stays():
    talk = Conversation(replace(POLICY, goodbye=60_000))
    talk.tell(TimePassed())
    talk.stall(60)
    talk.tell(ReplySounding(Ticket(1)))
    talk.speak(640)
    assert talk.asked(Stop) == [Stop(Ticket(1), "turn_detected")]
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    talk.hush(384)
    assert talk.tell(ReplyOver(talk.ticket(Answer))) == []
    assert talk.asked(HangUp) == []


@pytest.mark.parametrize(("table", "states"), [(CALLER, Caller), (TUTOR, Tutor)])
def test_the_tables_name_every_state_and_reach_it(table, states):
    assert set(table) == set(states)
    reached = {target for moves in table.values() for target in moves.values()}
    assert reached == set(states)
    used = {cue for moves in (*CALLER.values(), *TUTOR.values()) for cue in moves}
    assert used == set(Cue)


def test_while_the_caller_speaks_the_words_so_far_are_asked_for_and_never_in_a_pause(talk):
    talk.speak(960)
    start = talk.asked(OpenTurn)[0].start
    assert {action.span.start for action in talk.overheard} == {start}
    ends = [action.span.end // 16 for action in talk.overheard]
    assert [later - sooner for sooner, later in pairwise(ends)] == [160] * (len(ends) - 1)
    asked = len(talk.overheard)
    talk.hush(128)
    assert len(talk.overheard) == asked
    talk.speak(320)
    assert talk.overheard[-1].ticket == Ticket(1, 1)
    assert talk.overheard[-1].span.start == start
