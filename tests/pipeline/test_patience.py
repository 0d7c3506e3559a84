"""How long a silence must last when it is judged, with exact times."""

from dataclasses import replace

import pytest

from pipeline.actions import (
    Answer,
    CloseTurn,
    Draft,
    Judge,
    Transcribe,
    Weigh,
)
from pipeline.audio import Span
from pipeline.endings import Ending
from pipeline.events import (
    CompletionJudged,
    DraftReady,
    ReplyOver,
    ReplySounding,
    SentenceJudged,
    TranscriptReady,
)
from pipeline.settings import Detection
from tests.support.conversation import POLICY, Conversation, kinds


def adaptive() -> Conversation:
    return Conversation(replace(POLICY, detection=Detection.ADAPTIVE, shortest=256, patience=2048))


def waited(complete: float | None, end: Ending) -> int:
    """Milliseconds of silence before a turn with this evidence is closed."""
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    judged = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(judged, empty=False, ending=end))
    talk.tell(CompletionJudged(judged, complete))
    talk.tell(DraftReady(judged))
    talk.hush(3000)
    return talk.when(CloseTurn)[0] - 960


@pytest.mark.parametrize(
    ("complete", "end", "silence"),
    [
        (1.0, Ending.CLOSED, 320),
        (0.8, Ending.CLOSED, 416),
        (0.5, Ending.CLOSED, 512),
        (0.0, Ending.CLOSED, 1024),
        (0.8, Ending.UNKNOWN, 1248),
        (None, Ending.UNKNOWN, 1536),
        (1.0, Ending.OPEN, 1408),
        (0.0, Ending.OPEN, 1984),
    ],
)
def test_the_silence_that_ends_a_turn_follows_from_how_complete_it_sounds(complete, end, silence):
    assert waited(complete, end) == silence


@pytest.mark.parametrize(
    ("finished", "end", "silence"),
    [(0.6, Ending.CLOSED, 320), (0.01, Ending.CLOSED, 1792), (0.6, Ending.OPEN, 768), (0.01, Ending.OPEN, 2016)],
)
def test_words_that_no_sentence_could_end_with_are_waited_for_whatever_their_punctuation(finished, end, silence):
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    ticket = talk.ticket(Transcribe)
    assert kinds(talk.tell(TranscriptReady(ticket, empty=False, ending=end))) == [Weigh, Draft]
    talk.tell(CompletionJudged(ticket, 0.5))
    talk.tell(SentenceJudged(ticket, finished))
    talk.tell(DraftReady(ticket))
    talk.hush(3000)
    assert talk.when(CloseTurn)[0] - 960 == silence


def test_evidence_that_comes_late_ends_the_turn_at_once_when_the_silence_was_long_enough():
    talk = adaptive()
    talk.speak(960)
    talk.hush(448)
    ticket = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(ticket, empty=False, ending=Ending.CLOSED))
    talk.tell(DraftReady(ticket))
    assert talk.asked(CloseTurn) == []
    assert kinds(talk.tell(CompletionJudged(ticket, 1.0))) == [CloseTurn, Answer]


def test_a_turn_is_not_closed_before_its_answer_could_be_heard():
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    ticket = talk.ticket(Transcribe)
    talk.tell(CompletionJudged(ticket, 1.0))
    talk.tell(TranscriptReady(ticket, empty=False, ending=Ending.CLOSED))
    assert talk.hush(1000) == []
    assert kinds(talk.tell(DraftReady(ticket))) == [CloseTurn, Answer]


def test_an_answer_that_takes_long_does_not_keep_a_turn_open_beyond_the_callers_patience():
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    ticket = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(ticket, empty=False, ending=Ending.CLOSED))
    talk.hush(3000)
    assert talk.when(CloseTurn) == [960 + 2048]


def test_noise_is_not_waited_for():
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=True, ending=Ending.CLOSED))
    assert kinds(talk.hush(800)) == [CloseTurn]


def test_evidence_does_not_end_a_turn_while_speech_may_be_coming_back():
    talk = adaptive()
    talk.speak(960)
    talk.hush(640)
    talk.speak(32)
    assert talk.tell(CompletionJudged(talk.ticket(Transcribe), 1.0)) == []


def test_a_caller_who_pauses_long_is_given_longer():
    def silence(talk: Conversation) -> int:
        talk.speak(960)
        talk.hush(128)
        ticket = talk.ticket(Transcribe)
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
    assert silence(quick) == 1024
    assert silence(slow) == 1440  # 1.4 times 1024, less the noise of whole windows


def test_a_caller_who_was_cut_off_is_given_longer_until_it_goes_well_again():
    talk = adaptive()

    def turn(then: float) -> int:
        """One turn that sounds half complete, and the silence that ended it; `then` the caller is silent."""
        talk.speak(320)
        talk.hush(128)
        began = talk.ms - 128
        ticket = talk.ticket(Transcribe)
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


@pytest.mark.parametrize(
    ("finished", "end", "asked"),
    [
        (0.6, Ending.CLOSED, []),  # the words say enough
        (0.6, Ending.OPEN, [Judge]),
        (0.01, Ending.CLOSED, [Judge]),
        (None, Ending.CLOSED, [Judge]),  # nobody can read them
    ],
)
def test_the_voice_is_asked_where_the_words_leave_doubt(finished, end, asked):
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    ticket = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(ticket, empty=False, ending=end))
    talk.hush(64)
    assert kinds(talk.tell(SentenceJudged(ticket, finished))) == asked
    for action in talk.asked(Judge):
        assert action == Judge(ticket, Span(0, (960 + 128) * 16))  # with the silence that the model is used to


def test_a_voice_is_not_asked_twice_nor_about_a_pause_that_is_over():
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    ticket = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(ticket, empty=False, ending=Ending.OPEN))
    talk.tell(CompletionJudged(ticket, 0.5))
    assert talk.tell(SentenceJudged(ticket, 0.1)) == []
    talk.speak(320)
    assert talk.tell(SentenceJudged(ticket, 0.1)) == []


@pytest.mark.parametrize(
    ("items", "patience", "silence"),
    [(0, 2048, 416), (1, 2048, 1120), (2, 2048, 1504), (7, 2048, 1504), (7, 1024, 1024)],
)
def test_letters_and_digits_in_a_row_are_waited_for_within_the_patience(items, patience, silence):
    talk = Conversation(replace(POLICY, detection=Detection.ADAPTIVE, shortest=256, patience=patience))
    talk.speak(960)
    talk.hush(128)
    judged = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(judged, empty=False, ending=Ending.CLOSED, dictated=items))
    talk.tell(CompletionJudged(judged, 0.8))
    talk.tell(DraftReady(judged))
    talk.hush(3000)
    assert talk.when(CloseTurn)[0] - 960 == silence


@pytest.mark.parametrize(("finished", "silence"), [(0.9, 320), (0.15, 1120)])
def test_one_digit_that_answers_the_question_is_a_whole_answer(finished, silence):
    talk = adaptive()
    talk.speak(960)
    talk.hush(128)
    judged = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(judged, empty=False, ending=Ending.CLOSED, dictated=1))
    talk.tell(SentenceJudged(judged, finished))
    talk.tell(DraftReady(judged))
    talk.hush(3000)
    assert talk.when(CloseTurn)[0] - 960 == pytest.approx(silence, abs=64)


def test_a_caller_who_dictates_slowly_is_waited_for_as_long_as_before():
    """A pause of 1.28 s between two digits, then a longer one is allowed."""
    talk = Conversation(replace(POLICY, detection=Detection.ADAPTIVE, shortest=256, patience=4096))
    talk.speak(960)
    talk.hush(1280)
    talk.speak(320)
    talk.hush(128)
    judged = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(judged, empty=False, ending=Ending.CLOSED, dictated=2))
    talk.tell(DraftReady(judged))
    talk.hush(1600)
    assert talk.asked(CloseTurn) == []
    talk.hush(200)
    assert len(talk.asked(CloseTurn)) == 1
