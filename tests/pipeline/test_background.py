"""Talk behind the caller's does not keep a turn open. One window is 32 ms."""

from dataclasses import replace

import pytest

from pipeline.actions import Answer, CloseTurn, OpenTurn, Stop, Transcribe
from pipeline.background import AFTER_MS, Background
from pipeline.events import DraftReady, ReplySounding, TranscriptReady
from tests.support.conversation import POLICY, Conversation

VOICE, BABBLE = -25.0, -36.0


@pytest.fixture
def talk() -> Conversation:
    """A second of the caller's speech, in a café that talks on: to the detector all of it is speech."""
    talk = Conversation(replace(POLICY, pause=128))
    talk.score(320, 0.02, BABBLE)
    syllables(talk, 5)
    return talk


def syllables(talk: Conversation, count: int) -> None:
    """Of 192 ms: loud, and soft."""
    for _ in range(count):
        talk.score(96, 0.95, VOICE)
        talk.score(96, 0.95, BABBLE)


def test_a_turn_ends_though_others_talk_on(talk):
    end = talk.ms - 96
    talk.score(AFTER_MS, 0.95, BABBLE)
    talk.score(128, 0.95, BABBLE)
    ticket = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(ticket, empty=False))
    talk.tell(DraftReady(ticket))
    talk.score(640, 0.95, BABBLE)
    [closed] = talk.when(CloseTurn)
    assert closed - end <= AFTER_MS + 256
    assert talk.asked(Answer)


def test_a_caller_who_goes_on_is_heard_at_once():
    background = Background()
    for level, ms in ((VOICE, 960), (BABBLE, AFTER_MS)):
        for _ in range(0, ms, 32):
            background.take(level, 32, speech=True)
    assert background.alone
    assert background.take(VOICE, 32, speech=True), "one loud window may be anything"
    assert background.take(BABBLE, 32, speech=True)
    assert background.take(VOICE, 32, speech=True)
    assert not background.take(VOICE, 32, speech=True)
    assert not background.take(BABBLE, 32, speech=True), "soft syllables are the caller's again"


def test_no_turn_ends_while_there_are_loud_syllables(talk):
    syllables(talk, 50)
    assert talk.asked(Transcribe) == []


def test_the_answer_is_not_interrupted_by_the_others(talk):
    talk.score(AFTER_MS + 128, 0.95, BABBLE)
    ticket = talk.ticket(Transcribe)
    talk.tell(TranscriptReady(ticket, empty=False))
    talk.tell(DraftReady(ticket))
    talk.score(640, 0.95, BABBLE)
    talk.tell(ReplySounding(ticket))
    talk.score(3000, 0.95, BABBLE)
    assert talk.asked(Stop) == []
    syllables(talk, 8)
    assert len(talk.asked(OpenTurn)) == 2, "the caller can interrupt it"


def test_who_has_turned_away_is_heard_again_after_some_seconds():
    background = Background()
    for _ in range(50):
        background.take(VOICE, 32, speech=True)
    taken = [background.take(VOICE - 10, 32, speech=True) for _ in range(500)]
    deaf = sum(taken) * 32 / 1000
    assert 5 < deaf < 7  # 10 dB less, of which 4 are always heard, at 1 dB a second
    assert not any(taken[: AFTER_MS // 32])


def test_without_levels_nothing_is_background():
    background = Background()
    assert not any(background.take(None, 32, speech=True) for _ in range(200))
    assert not background.alone
