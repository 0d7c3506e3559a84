"""Speech over an answer: is it an interruption? With exact times."""

from dataclasses import replace

import pytest

from pipeline.actions import (
    Answer,
    CloseTurn,
    Discard,
    Draft,
    LetPass,
    OpenTurn,
    Probe,
    Stop,
    Ticket,
    Transcribe,
)
from pipeline.audio import Span
from pipeline.events import (
    CommitRequested,
    PolicyChanged,
    ReplyOver,
    StopRequested,
    TranscriptReady,
)
from pipeline.floor import Caller, Tutor
from pipeline.settings import ReplyOptions
from tests.support.conversation import POLICY, Conversation, answered, kinds


@pytest.fixture
def talk() -> Conversation:
    return Conversation(POLICY)


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


@pytest.mark.parametrize(("ms", "then"), [(128, [LetPass]), (160, [Transcribe])])
def test_a_sound_too_short_for_a_word_is_not_asked_for_words(ms, then):
    talk = Conversation(replace(POLICY, barge_in=96))
    interrupting(talk, ms)
    assert talk.taker.caller is Caller.PROBING
    found = kinds(talk.hush(128))
    assert [kind for kind in found if kind is not Discard] == then


@pytest.mark.parametrize(("letters", "then"), [(7, [OpenTurn, Stop]), (8, [Discard, LetPass])])
def test_more_words_than_can_be_said_in_the_time_were_made_up(talk, letters, then):
    interrupting(talk)  # 192 ms
    talk.hush(128)
    heard = TranscriptReady(talk.ticket(Transcribe), empty=False, letters=letters)
    assert kinds(talk.tell(heard))[:2] == then


def test_a_caller_who_speaks_on_top_of_a_long_echo_is_heard(talk):
    ticket = interrupting(talk)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False, slight=True, echo=True, letters=3))
    talk.hush(640)
    for second in range(12):
        if kinds(talk.speak(960))[-1:] != [Transcribe]:
            continue
        asked = talk.asked(Transcribe)[-1]
        letters = 15 * asked.span.samples // 16_000
        talk.speak(256)  # the recognizer takes its time
        talk.tell(TranscriptReady(asked.ticket, empty=False, letters=letters, slight=second < 3, echo=second < 3))
    assert talk.asked(Stop) == [Stop(ticket, "turn_detected")]


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
