"""The gateway goes away in the middle of a call: the sentence is finished, goodbye is said, the call ends in time."""

import asyncio
from dataclasses import replace

import pytest

from models.scripted import ScriptedChat
from pipeline.actions import Answer, HangUp, LetPass, Probe, Stop, Transcribe, WindUp
from pipeline.audio import Pcm
from pipeline.events import LeaveRequested, ReplyOver, ReplyRequested, ReplySounding, TranscriptReady
from pipeline.farewells import farewell
from pipeline.notices import CallOver, ReplyEnded
from pipeline.playout import Piece, Playout
from pipeline.settings import CallSettings, ReplyOptions, TurnPolicy
from tests.support import virtual_clock
from tests.support.conversation import POLICY, Conversation, answered, kinds
from tests.support.telephone import Telephone

BYE = ReplyOptions(words="Bye!")


def leave(talk: Conversation, within: float = 4.0):
    return talk.tell(LeaveRequested("Bye!", talk.now + within))


@pytest.fixture
def talk() -> Conversation:
    return Conversation(POLICY)


def test_a_silent_call_is_told_goodbye_at_once_and_ends(talk):
    talk.hush(960)
    (farewell_,) = leave(talk)
    assert farewell_ == Answer(farewell_.ticket, BYE)
    talk.tell(ReplySounding(farewell_.ticket))
    assert talk.tell(ReplyOver(farewell_.ticket)) == [HangUp(farewell_.ticket)]
    assert talk.taker.deadline is None


def test_an_answer_that_is_heard_comes_to_the_end_of_its_sentence_first(talk):
    ticket = answered(talk)
    assert leave(talk) == [WindUp(ticket)]
    talk.hush(960)
    over = talk.tell(ReplyOver(ticket))
    assert over == [Answer(talk.ticket(Answer), BYE)]


def test_an_answer_that_nobody_has_heard_yet_is_not_begun(talk):
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    talk.hush(384)
    thinking = talk.ticket(Answer)
    assert leave(talk) == [Stop(thinking, "client_cancelled"), Answer(talk.ticket(Answer), BYE)]


def test_a_caller_who_speaks_is_heard_out_and_not_answered(talk):
    talk.speak(960)
    assert leave(talk, within=4.0) == []
    talk.speak(960)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    talk.hush(384)
    assert talk.asked(Answer) == [Answer(talk.ticket(Answer), BYE)]


def test_a_caller_who_does_not_stop_is_told_goodbye_in_time(talk):
    talk.speak(960)
    leave(talk, within=2.0)
    assert talk.taker.deadline == pytest.approx(min(talk.now + 2.0, talk.now + 1.0))
    talk.speak(1920)
    assert talk.asked(Answer) == []
    talk.speak(96)
    assert talk.asked(Answer) == [Answer(talk.ticket(Answer), BYE)]


def test_a_sentence_that_does_not_end_is_cut_in_time(talk):
    ticket = answered(talk)
    leave(talk, within=2.0)
    talk.hush(1920)
    assert kinds(talk.hush(96)) == [Stop, Answer]
    assert talk.ticket(Stop) == ticket


def test_when_no_sound_arrives_the_clock_counts(talk):
    ticket = answered(talk)
    leave(talk, within=2.0)
    assert talk.stall(1.9) == []
    assert kinds(talk.stall(0.1)) == [Stop, Answer]
    assert talk.ticket(Stop) == ticket


def test_what_is_being_probed_may_not_stop_the_sentence_any_more(talk):
    ticket = answered(talk)
    talk.speak(224)
    assert talk.asked(Probe)
    assert kinds([action for action in leave(talk) if isinstance(action, LetPass | WindUp)]) == [LetPass, WindUp]
    talk.speak(960)
    assert talk.asked(Stop) == []
    assert talk.tell(ReplyOver(ticket)) == [], "the caller speaks"


def test_nobody_talks_the_goodbye_down(talk):
    leave(talk)
    goodbye = talk.ticket(Answer)
    talk.tell(ReplySounding(goodbye))
    talk.speak(1920)
    talk.hush(1000)
    assert talk.asked(Stop) == []
    assert talk.tell(ReplyOver(goodbye)) == [HangUp(goodbye)]


def test_leaving_twice_is_leaving_once(talk):
    leave(talk)
    assert leave(talk) == []
    assert len(talk.asked(Answer)) == 1


def test_an_answer_that_the_client_asks_for_meanwhile_is_not_the_last_word(talk):
    talk.speak(960)
    leave(talk)
    talk.tell(ReplyRequested(ReplyOptions()))
    talk.hush(600)
    talk.tell(ReplySounding(talk.ticket(Answer)))
    talk.tell(ReplyOver(talk.ticket(Answer)))
    assert talk.asked(Answer)[-1] == Answer(talk.ticket(Answer), BYE)


# --- how a sentence comes to its end ------------------------------------------------------------------------------


def second(text: str) -> Piece:
    return Piece(text, Pcm(bytes(2 * 100), 100))


def said(playout: Playout) -> str:
    text, now = "", 0.0
    while not playout.drained:
        text += "".join(piece.text for piece in playout.due(now))
        now += 0.1
    return text


@pytest.mark.parametrize(
    ("made", "left", "remains"),
    [
        (["Go ", "left. ", "Then ", "right."], 1, "left. "),
        (["Go ", "left. ", "Then ", "right."], 3, "right."),
        (["Go ", "left. ", "Then ", "right."], 0, "Go left. "),
        (["Go ", "left. "], 2, ""),
        (["“Go ", "left!” ", "Then ", "right."], 1, "left!” "),
        (["向左。", "然后", "向右。"], 0, "向左。"),
    ],
)
def test_what_is_made_is_said_to_the_end_of_the_sentence(made, left, remains):
    playout = Playout(lead=0.0, slice_s=10)
    playout.release(0.0)
    for piece in made:
        playout.hold(second(piece))
    for number in range(left):
        playout.due(float(number))
    playout.finish()
    playout.wind_up()
    assert said(playout) == remains
    assert playout.waiting == pytest.approx(0.0)


def test_what_is_not_made_yet_is_waited_for_to_the_end_of_the_sentence():
    playout = Playout(lead=0.0, slice_s=10)
    playout.release(0.0)
    playout.hold(second("Go "))
    playout.wind_up()
    for piece in ("left. ", "Then ", "right."):
        playout.hold(second(piece))
    assert said(playout) == "Go left. ", "and no more is to come"


# --- in a call ----------------------------------------------------------------------------------------------------


def test_the_goodbye_is_spoken_in_the_calls_language_behind_the_sentence():
    async def main():
        words = ["One ", "two ", "three ", "four ", "five. ", *(["Six ", "seven. "] * 20)]
        phone = Telephone(
            ScriptedChat(words, each_s=0.02),
            settings=CallSettings(listening=replace(CallSettings().listening, language="de")),
            buffered=False,
            lead=0.0,
        )
        await phone.speak(1.0)
        await phone.hush(1.5)
        assert phone.sound > 0
        assert phone.call.leave(5.0)
        await phone.hush(12.0)
        (_, caller), (_, answer), (_, goodbye) = phone.words
        assert caller == "hello there"
        assert answer is not None
        assert answer.strip().endswith((".",))
        assert len(answer) < len("".join(words)) / 2
        assert goodbye == farewell("de")
        assert phone.names[-1] == "CallOver"
        assert [ended.status for ended in phone.all(ReplyEnded)] == ["completed", "completed"]
        await phone.hang_up()

    virtual_clock.run(main())


@pytest.mark.parametrize(
    "settings", [CallSettings(audio=False), CallSettings(turn=TurnPolicy(create_response=False))], ids=["text", "asked"]
)
def test_a_tutor_who_does_not_speak_by_itself_says_no_goodbye(settings):
    async def main():
        phone = Telephone(settings=settings)
        assert not phone.call.leave(5.0)
        await asyncio.sleep(10)
        assert phone.all(CallOver) == []
        await phone.hang_up()

    virtual_clock.run(main())


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "it", "pt", "zh"])
def test_every_language_of_the_page_has_a_goodbye(language):
    assert farewell(language) != farewell("en") or language == "en"
    assert farewell("xx") == farewell("") == farewell("en")
