"""The words are asked for when the level falls, before the detector notices the pause. One window is 32 ms."""

import pytest

from pipeline.actions import Action, Answer, CloseTurn, Discard, Draft, Overhear, Ticket, Transcribe
from pipeline.audio import Span
from pipeline.events import ClearRequested, CommitRequested, TranscriptReady
from pipeline.floor import Caller
from pipeline.lull import Lulls
from tests.support.conversation import POLICY, Conversation, kinds

ROOM, VOICE = -60.0, -25.0


@pytest.fixture
def talk() -> Conversation:
    """A second of speech in a quiet room, all of which sounds like speech to the detector."""
    talk = Conversation(POLICY)
    talk.score(320, 0.02, ROOM)
    talk.score(960, 0.95, VOICE)
    return talk


def lulled(talk: Conversation, ms: float) -> list[Action]:
    """The voice has ended, but the detector still hears it."""
    return talk.score(ms, 0.95, ROOM)


def quiet(talk: Conversation, ms: float) -> list[Action]:
    return talk.score(ms, 0.02, ROOM)


def upto(ms: int) -> Span:
    """The turn to so many milliseconds of the call."""
    return Span(20 * 16, ms * 16)


def test_the_words_are_asked_for_after_96_ms_at_the_level_of_the_room(talk):
    lulled(talk, 64)
    assert lulled(talk, 32) == [Transcribe(Ticket(1, 1), upto(1280 + 96), said=1280 * 16)]
    assert talk.taker.caller is Caller.SPEAKING
    assert talk.taker.speech_end == 1280 * 16


def test_the_pause_that_follows_asks_no_second_time(talk):
    lulled(talk, 96)
    assert quiet(talk, 128) == []
    assert talk.taker.caller is Caller.PAUSED
    assert talk.tell(TranscriptReady(Ticket(1, 1), empty=False)) == [Draft(Ticket(1, 1))]
    assert kinds(quiet(talk, 384)) == [CloseTurn, Answer]


def test_words_that_are_known_before_the_pause_wait_for_it(talk):
    lulled(talk, 96)
    assert talk.tell(TranscriptReady(Ticket(1, 1), empty=False)) == []
    assert quiet(talk, 96) == []
    assert quiet(talk, 32) == [Draft(Ticket(1, 1))]


def test_a_voice_that_goes_on_throws_them_away(talk):
    lulled(talk, 96)
    assert talk.score(32, 0.95, VOICE) == []
    assert talk.score(32, 0.95, VOICE) == [Discard(Ticket(1, 1))]
    assert talk.tell(TranscriptReady(Ticket(1, 1), empty=False)) == []
    lulled(talk, 64)
    assert lulled(talk, 32) == [Transcribe(Ticket(1, 2), upto(1280 + 96 + 64 + 96), said=(1280 + 96 + 64) * 16)]


def test_in_the_windows_before_that_they_are_overheard_for_they_may_be_all(talk):
    lulled(talk, 96)
    assert [offer for offer in talk.overheard if offer.lull] == [
        Overhear(Ticket(1), upto(1280 + 32), lull=True),
        Overhear(Ticket(1), upto(1280 + 64), lull=True),
    ]


def test_a_burst_is_not_overheard_and_the_words_ended_with_it(talk):
    lulled(talk, 32)
    offered = len(talk.overheard)
    talk.score(32, 0.95, VOICE)
    assert len(talk.overheard) == offered
    assert lulled(talk, 32) == [Transcribe(Ticket(1, 1), upto(1280 + 96), said=(1280 + 64) * 16)]


def test_a_burst_is_part_of_the_lull(talk):
    """The lips open with a small sound behind a final "t"."""
    lulled(talk, 96)
    talk.score(32, 0.95, VOICE)
    lulled(talk, 32)
    quiet(talk, 128)
    assert talk.asked(Discard) == []
    assert len(talk.asked(Transcribe)) == 1


def test_words_of_a_discarded_lull_are_not_taken_for_those_of_the_pause(talk):
    lulled(talk, 96)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    talk.score(320, 0.95, VOICE)
    quiet(talk, 64)
    end = 1280 + 96 + 320
    assert quiet(talk, 64) == [Transcribe(Ticket(1, 2), upto(end + 96), said=end * 16)]
    assert talk.asked(Draft) == []


SOFT = -56.0
"""Above the room, but not by so much that it ends a lull."""


def test_soft_words_in_a_lull_are_heard(talk):
    talk.score(800, 0.95, SOFT)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    quiet(talk, 2500)
    [*_, asked] = talk.asked(Transcribe)
    assert asked.span.end >= (1280 + 800) * 16
    assert asked.said is None, "nobody knows where they ended"


def test_soft_words_behind_a_pause_are_not_answered_with_an_old_partial(talk):
    quiet(talk, 320)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    talk.score(480, 0.95, SOFT)
    quiet(talk, 2500)
    [*_, asked] = talk.asked(Transcribe)
    assert asked.span.end >= (1280 + 320 + 480) * 16
    assert asked.said is None


def test_a_detector_that_hears_the_pause_first_is_not_waited_for(talk):
    quiet(talk, 64)
    assert kinds(quiet(talk, 32)) == [Transcribe]
    assert quiet(talk, 32) == []


@pytest.mark.parametrize("request_", [CommitRequested, ClearRequested])
def test_what_the_client_decides_in_a_lull_leaves_nothing_of_it(talk, request_):
    lulled(talk, 96)
    assert Discard(Ticket(1, 1)) in talk.tell(request_(talk.samples))
    talk.score(960, 0.95, VOICE)
    lulled(talk, 64)
    assert kinds(lulled(talk, 32)) == [Transcribe]


def test_without_levels_there_are_no_lulls():
    lulls = Lulls()
    for _ in range(100):
        lulls.take(None, 32, speech=True)
    assert lulls.ms == 0


def test_in_a_room_as_loud_as_speech_there_are_none():
    lulls = Lulls()
    for at in range(300):
        lulls.take(-30.0 if at % 10 else -25.0, 32, speech=True)
        assert lulls.ms == 0


def test_a_room_that_becomes_louder_is_known_after_some_seconds():
    lulls = Lulls()
    lulls.take(-70.0, 32, speech=False)

    def lull() -> float:
        for _ in range(20):
            lulls.take(-25.0, 32, speech=True)
        for _ in range(3):
            lulls.take(-55.0, 32, speech=False)
        return lulls.ms

    assert lull() == 0
    for _ in range(100):
        lulls.take(-55.0, 32, speech=False)
    assert lull() == 96


@pytest.mark.parametrize(("heard_ms", "silence"), [(96, 416), (64, 448), (192, 416)])
def test_silence_is_counted_from_where_the_lull_began(talk, heard_ms, silence):
    """The detector hears speech for `heard_ms` too long; at most 96 of them are taken off."""
    lulled(talk, heard_ms)
    talk.tell(TranscriptReady(Ticket(1, 1), empty=False))
    quiet(talk, 128)
    ended = talk.ms
    quiet(talk, 1000)
    [closed] = talk.when(CloseTurn)
    assert closed - (1280 + heard_ms) == silence, ended
