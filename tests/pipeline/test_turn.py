"""Who may speak when, with exact times: one window of audio is 32 ms."""

from dataclasses import replace

import pytest

from pipeline.actions import (
    Answer,
    CloseTurn,
    Discard,
    Draft,
    DropTurn,
    Judge,
    LetPass,
    OpenTurn,
    Probe,
    SpeakUp,
    Stop,
    Ticket,
    Transcribe,
)
from pipeline.audio import HEARING_RATE, Span
from pipeline.endings import Ending
from pipeline.events import (
    ClearRequested,
    CommitRequested,
    CompletionJudged,
    DraftReady,
    PolicyChanged,
    ReplyOver,
    ReplyRequested,
    ReplySounding,
    StopRequested,
    TranscriptReady,
)
from pipeline.floor import CALLER, TUTOR, Caller, Cue, Tutor
from pipeline.settings import Detection, ReplyOptions, TurnPolicy
from tests.support.conversation import Conversation

POLICY = TurnPolicy(
    detection=Detection.SILENCE, onset=96, barge_in=192, confirm=640, prefix=300, pause=128, silence=512, stall=1000
)


@pytest.fixture
def talk() -> Conversation:
    return Conversation(POLICY)


def kinds(actions):
    return [type(action) for action in actions]


def answered(talk: Conversation) -> Ticket:
    """One whole turn of the caller, whose answer is now being heard."""
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    talk.hush(384)
    ticket = talk.ticket(Answer)
    talk.tell(ReplySounding(ticket))
    return ticket


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


def interrupting(talk: Conversation, ms: float = 192) -> Ticket:
    """Speech of this length while an answer is heard; returns the answer."""
    ticket = answered(talk)
    talk.hush(640)
    talk.speak(ms)
    return ticket


def test_speech_over_an_answer_pauses_it_after_the_barge_in_time_and_not_before(talk):
    ticket = answered(talk)
    assert talk.speak(160) == []
    began = talk.samples - 160 * 16
    floor = 1472 * 16  # where the first turn was closed: its audio is not used again
    assert talk.speak(32) == [Probe(Ticket(2), max(floor, began - 300 * 16), ticket)]
    assert talk.taker.caller is Caller.PROBING


def test_speech_that_goes_on_is_an_interruption(talk):
    ticket = interrupting(talk, 608)
    assert talk.asked(Stop) == []
    start = talk.asked(Probe)[0].start
    assert talk.speak(32) == [OpenTurn(Ticket(2), start), Stop(ticket, "turn_detected")]
    assert (talk.taker.caller, talk.taker.tutor) == (Caller.SPEAKING, Tutor.IDLE)


def test_a_short_sound_is_judged_by_its_words(talk):
    ticket = interrupting(talk)
    assert talk.hush(96) == []
    (asked,) = talk.hush(32)
    assert asked == Transcribe(Ticket(2, 1), Span(asked.span.start, talk.samples))
    assert kinds(talk.tell(TranscriptReady(Ticket(2, 1), empty=False))) == [OpenTurn, Stop, Draft]
    assert talk.asked(Stop) == [Stop(ticket, "turn_detected")]
    assert kinds(talk.hush(384)) == [CloseTurn, Answer]


@pytest.mark.parametrize(
    "verdict", [{"empty": True}, {"empty": False, "slight": True}, {"empty": True, "failed": True}]
)
def test_a_cough_or_a_backchannel_is_let_pass(talk, verdict):
    ticket = interrupting(talk)
    talk.hush(128)
    told = talk.tell(TranscriptReady(Ticket(2, 1), **verdict))
    assert told == [Discard(Ticket(2, 1)), LetPass(Ticket(2, 1), ticket)]
    assert (talk.taker.caller, talk.taker.tutor) == (Caller.SILENT, Tutor.SPEAKING)
    talk.hush(3000)
    assert talk.asked(Stop) == []
    interrupting_again = talk.speak(192)
    assert kinds(interrupting_again) == [Probe]


def test_a_sound_whose_words_never_come_is_let_pass(talk):
    interrupting(talk)
    assert kinds(talk.hush(1472)) == [Transcribe]
    assert kinds(talk.hush(32)) == [Discard, LetPass]


def test_speech_that_comes_back_before_its_words_are_known_counts_on(talk):
    interrupting(talk, 320)
    talk.hush(128)
    assert kinds(talk.speak(32)) == [Discard]
    assert talk.speak(256) == []
    assert kinds(talk.speak(32)) == [OpenTurn, Stop]  # 320 + 320 milliseconds of speech


def test_after_an_echo_sounds_do_not_pause_the_answer_but_words_still_stop_it(talk):
    ticket = interrupting(talk)
    talk.hush(128)
    talk.tell(TranscriptReady(Ticket(2, 1), empty=False, slight=True, echo=True))
    before = len(talk.log)
    asked = talk.speak(640)
    assert kinds(asked) == [Transcribe]  # and no Probe: the answer goes on
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False, slight=True, echo=True))
    assert talk.taker.caller is Caller.PROBING
    talk.speak(640)
    told = talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    assert kinds(told) == [OpenTurn, Stop, Draft]
    assert [type(action) for _, action in talk.log[before:]].count(Probe) == 0
    assert talk.asked(Stop) == [Stop(ticket, "turn_detected")]


def test_a_client_that_commits_while_it_is_not_certain_makes_it_certain(talk):
    ticket = interrupting(talk)
    told = talk.tell(CommitRequested(talk.samples))
    assert kinds(told) == [OpenTurn, Stop, Discard, CloseTurn, Transcribe]
    assert talk.asked(Stop) == [Stop(ticket, "turn_detected")]


def test_a_client_that_stops_the_answer_itself_leaves_nothing_to_go_on_with(talk):
    interrupting(talk)
    talk.tell(StopRequested())
    talk.hush(128)
    assert talk.tell(TranscriptReady(Ticket(2, 1), empty=True))[-1] == LetPass(Ticket(2, 1), None)


def test_before_its_first_sound_an_answer_gives_way_like_silence(talk):
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    talk.hush(384)
    assert kinds(talk.speak(96)) == [OpenTurn, Stop]


def test_a_sound_without_words_does_not_swallow_the_answer_that_was_promised(talk):
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    talk.hush(384)
    assert kinds(talk.speak(128)) == [OpenTurn, Stop]  # a cough, before the first sound of the answer
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=True))
    assert kinds(talk.hush(384)) == [CloseTurn, Answer]


def test_a_change_of_rules_while_it_is_not_certain_leaves_nobody_waiting(talk):
    ticket = interrupting(talk)
    told = talk.tell(PolicyChanged(replace(POLICY, interrupt_response=False), talk.samples))
    assert told == [Discard(Ticket(2)), LetPass(Ticket(2), ticket)]
    talk.tell(ReplyOver(ticket))
    answered(talk)


def test_an_answer_that_may_not_be_interrupted_is_heard_out_and_the_turn_answered_after(talk):
    talk.tell(PolicyChanged(replace(POLICY, interrupt_response=False), 0))
    first = answered(talk)
    assert kinds(talk.speak(960)) == [OpenTurn]
    talk.hush(128)
    second = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(second, empty=False))
    assert kinds(talk.hush(384)) == [CloseTurn]
    assert talk.tell(ReplyOver(first)) == [Answer(second, ReplyOptions())]


def test_without_create_response_turns_are_only_closed(talk):
    talk.tell(PolicyChanged(replace(POLICY, create_response=False), 0))
    talk.speak(960)
    talk.hush(128)
    assert talk.tell(TranscriptReady(Ticket(1, 1), empty=False)) == []
    assert kinds(talk.hush(384)) == [CloseTurn]


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
    assert spoken == [SpeakUp(nudge, Span(over, talk.samples)), Answer(nudge, ReplyOptions())]
    talk.tell(ReplySounding(nudge))
    talk.tell(ReplyOver(nudge))
    assert kinds(talk.hush(5024)) == [SpeakUp, Answer]
    talk.tell(ReplyOver(talk.ticket(Answer)))
    assert talk.hush(60_000) == []
    talk.tell(ReplyOver(answered(talk)))
    assert kinds(talk.hush(5024)) == [SpeakUp, Answer]  # a caller who has spoken is waited for anew


def adaptive() -> Conversation:
    return Conversation(replace(POLICY, detection=Detection.ADAPTIVE, shortest=256, patience=2048))


def waited(complete: float | None, end: Ending) -> int:
    """Milliseconds of silence before a turn with this evidence is closed."""
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    judged = talk.ticket(Judge)
    talk.tell(TranscriptReady(judged, empty=False, ending=end))
    talk.tell(CompletionJudged(judged, complete))
    talk.tell(DraftReady(judged))
    talk.hush(3000)
    return talk.when(CloseTurn)[0] - 960


@pytest.mark.parametrize(
    ("complete", "end", "silence"),
    [
        (1.0, Ending.CLOSED, 384),
        (0.8, Ending.CLOSED, 544),
        (0.5, Ending.CLOSED, 640),
        (0.0, Ending.CLOSED, 1184),
        (0.8, Ending.UNKNOWN, 1408),
        (None, Ending.UNKNOWN, 1632),
        (1.0, Ending.OPEN, 1536),
        (0.0, Ending.OPEN, 2016),
    ],
)
def test_the_silence_that_ends_a_turn_follows_from_how_complete_it_sounds(complete, end, silence):
    assert waited(complete, end) == silence


def test_evidence_that_comes_late_ends_the_turn_at_once_when_the_silence_was_long_enough():
    talk = adaptive()
    talk.speak(960)
    talk.hush(640)
    ticket = talk.ticket(Judge)
    talk.tell(TranscriptReady(ticket, empty=False, ending=Ending.CLOSED))
    talk.tell(DraftReady(ticket))
    assert talk.asked(CloseTurn) == []
    assert kinds(talk.tell(CompletionJudged(ticket, 1.0))) == [CloseTurn, Answer]


def test_a_turn_is_not_closed_before_its_answer_could_be_heard():
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    ticket = talk.ticket(Judge)
    talk.tell(CompletionJudged(ticket, 1.0))
    talk.tell(TranscriptReady(ticket, empty=False, ending=Ending.CLOSED))
    assert talk.hush(1000) == []
    assert kinds(talk.tell(DraftReady(ticket))) == [CloseTurn, Answer]


def test_an_answer_that_takes_long_does_not_keep_a_turn_open_beyond_the_callers_patience():
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    ticket = talk.ticket(Judge)
    talk.tell(TranscriptReady(ticket, empty=False, ending=Ending.CLOSED))
    talk.hush(3000)
    assert talk.when(CloseTurn) == [960 + 2048]


def test_noise_is_not_waited_for():
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Judge), empty=True, ending=Ending.CLOSED))
    assert kinds(talk.hush(800)) == [CloseTurn]


def test_evidence_does_not_end_a_turn_while_speech_may_be_coming_back():
    talk = adaptive()
    talk.speak(960)
    talk.hush(640)
    talk.speak(32)
    assert talk.tell(CompletionJudged(talk.ticket(Judge), 1.0)) == []


def test_a_caller_who_pauses_long_is_given_longer():
    def silence(talk: Conversation) -> int:
        talk.speak(960)
        talk.hush(128)
        ticket = talk.ticket(Judge)
        talk.tell(CompletionJudged(ticket, 0.45))
        talk.tell(TranscriptReady(ticket, empty=False, ending=None))
        talk.tell(DraftReady(ticket))
        began = talk.ms - 128
        talk.hush(3000)
        return talk.when(CloseTurn)[-1] - began

    quick, slow = adaptive(), adaptive()
    for _ in range(3):
        slow.speak(960)
        slow.hush(1024)
    assert slow.asked(CloseTurn) == []
    assert silence(quick) == 1184
    assert silence(slow) == 1440  # 1.4 times 1024, less the noise of whole windows


def test_a_caller_who_was_cut_off_is_given_longer_until_it_goes_well_again():
    talk = adaptive()

    def turn(then: float) -> int:
        """One turn that sounds half complete, and the silence that ended it; `then` the caller is silent."""
        talk.speak(320)
        talk.hush(128)
        began = talk.ms - 128
        ticket = talk.ticket(Judge)
        talk.tell(CompletionJudged(ticket, 0.5))
        talk.tell(TranscriptReady(ticket, empty=False))
        talk.tell(DraftReady(ticket))
        while not talk.asked(Answer) or talk.asked(Answer)[-1].ticket != ticket:
            talk.hush(32)
        ended = talk.ms - began
        if then:
            talk.tell(ReplySounding(ticket))
            talk.tell(ReplyOver(ticket))
            talk.hush(then)
        return ended

    patient = turn(then=0)
    assert turn(then=0) > patient  # spoke on before the answer sounded: it was cut off
    assert turn(then=500) > patient
    waits = [turn(then=500) for _ in range(8)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == patient


@pytest.mark.parametrize(("table", "states"), [(CALLER, Caller), (TUTOR, Tutor)])
def test_the_tables_name_every_state_and_reach_it(table, states):
    assert set(table) == set(states)
    reached = {target for moves in table.values() for target in moves.values()}
    assert reached == set(states)
    used = {cue for moves in (*CALLER.values(), *TUTOR.values()) for cue in moves}
    assert used == set(Cue)
