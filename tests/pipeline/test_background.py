"""Talk behind the caller's does not keep a turn open. One window is 32 ms."""

from dataclasses import replace
from math import log10

import pytest

from pipeline.actions import Answer, CloseTurn, OpenTurn, Stop, Transcribe
from pipeline.background import AFTER_MS, Background
from pipeline.events import DraftReady, ReplySounding, TranscriptReady
from pipeline.floor import Caller
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


ROOM = -62.0


def voice(level: float, ms: int, *, slow: bool = False) -> list[float]:
    """Levels of windows of one person's talk: syllables that begin loud, a silence behind every third, in a quiet room.

    slow: other syllables, so that two people are not in step.
    """
    syllable = (0, 1, -1, -3, -6, -10, -13) if slow else (0, 1, -2, -6, -12)
    word = [level + step for step in syllable * 3] + [ROOM, ROOM]
    return [word[number % len(word)] for number in range(ms // 32)]


def together(*sounds: list[float]) -> list[float]:
    """Levels of sounds that are heard at once."""
    return [10 * log10(sum(10 ** (level / 10) for level in levels)) for levels in zip(*sounds, strict=True)]


def heard(talk: Conversation, levels: list[float]) -> None:
    for level in levels:
        talk.score(32, 0.95, level)


def television(below: float, ms: int) -> list[float]:
    return voice(VOICE - below, ms, slow=True)


@pytest.mark.parametrize("below", [8, 10, 12, 14, 17, 20, 24, 28, 32, 36, 40])
@pytest.mark.parametrize("before", [0, 3000])
def test_a_television_behind_the_caller_does_not_keep_the_turn_open(below, before):
    talk = Conversation(replace(POLICY, pause=128))
    heard(talk, television(below, before))
    heard(talk, together(voice(VOICE, 3200), television(below, 3200)))
    end = talk.ms
    heard(talk, television(below, 4800))
    closed = talk.when(CloseTurn)
    assert closed, "the turn never ended"
    assert end < closed[0] <= end + AFTER_MS + 480
    words = next(action for _, action in reversed(talk.log) if isinstance(action, Transcribe)).span.end
    assert end * 16 <= words <= (end + 480) * 16, "and the television's words are no part of it"


@pytest.mark.parametrize("below", [17, 24, 32, 40])
def test_nor_does_one_that_begins_when_the_caller_is_done(below, quiet):
    heard(quiet, voice(VOICE, 3200))
    end = quiet.ms
    heard(quiet, television(below, 4800))
    assert end < quiet.when(CloseTurn)[0] <= end + AFTER_MS + 480


@pytest.fixture
def quiet() -> Conversation:
    return Conversation(replace(POLICY, pause=128))


@pytest.mark.parametrize("fall", [6, 9, 12])
@pytest.mark.parametrize("over_ms", [32, 1600, 3200])
def test_a_caller_who_becomes_softer_stays_the_caller(fall, over_ms, quiet):
    heard(quiet, voice(VOICE, 3200))
    heard(quiet, [level - fall * min(1, number * 32 / over_ms) for number, level in enumerate(voice(VOICE, 6400))])
    assert quiet.taker.caller is Caller.SPEAKING
    assert quiet.asked(CloseTurn) == []
    assert quiet.taker.speech_end == quiet.samples


@pytest.mark.parametrize("level", [-35, -45, -52])
def test_so_does_a_caller_who_is_soft_from_the_beginning(level, quiet):
    heard(quiet, voice(level, 6400))
    assert quiet.asked(CloseTurn) == []
    assert quiet.taker.speech_end == quiet.samples


def test_the_caller_is_heard_behind_others_who_talked_before(quiet):
    heard(quiet, television(12, 6400))
    opened = len(quiet.asked(OpenTurn))
    heard(quiet, together(voice(VOICE, 3200), television(12, 3200)))
    end = quiet.ms
    heard(quiet, television(12, 3200))
    assert opened, "nobody knows yet that they are others"
    assert end < quiet.when(CloseTurn)[-1] <= end + AFTER_MS + 480


@pytest.mark.parametrize("noise", [-50.0, -55.0])
def test_a_room_with_steady_noise_makes_nobody_a_stranger(noise, quiet):
    for fall in (0, 6, 12):
        heard(quiet, together(voice(VOICE - fall, 3200), [noise] * 100))
    assert quiet.asked(CloseTurn) == []
    assert quiet.taker.caller is Caller.SPEAKING


def test_when_the_caller_speaks_again_the_television_is_judged_again():
    talk = Conversation(replace(POLICY, pause=128))
    for _ in range(3):
        heard(talk, together(voice(VOICE, 2400), television(20, 2400)))
        heard(talk, television(20, 4800))
    assert len(talk.asked(CloseTurn)) == len(talk.asked(OpenTurn)) == 3
