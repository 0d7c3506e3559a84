import pytest

from tests.support.scripted_gateway import joined, silence, tone
from voicegw.client import events as ev
from voicegw.client.conversation import Conversation, Interruption

RATE = 24_000


def conversation() -> Conversation:
    return Conversation(lambda ms: 1.0 if ms >= 1000 else None)


def sound(data: bytes, response: str = "r1", item: str = "a1") -> ev.AudioDelta:
    return ev.AudioDelta(response, item, 0, data)


def feed(call: Conversation, *timed: tuple[float, ev.Event]) -> None:
    for now, event in timed:
        assert call.receive(event, now) is None


def heard(item: str = "u1", words: str = "Hello?") -> tuple[tuple[float, ev.Event], ...]:
    return (
        (0.2, ev.SpeechStarted(item, 100)),
        (1.5, ev.SpeechStopped(item, 1500)),
        (1.6, ev.Heard(item, words)),
    )


def test_a_turn_from_start_to_end() -> None:
    call = conversation()
    voice = joined(silence(100), tone(400))
    feed(
        call,
        *heard(),
        (1.7, ev.ResponseCreated(ev.Response("r1"))),
        (1.8, ev.CaptionDelta("r1", "Hi ")),
        (2.0, sound(voice.data[:4800])),
        (2.05, sound(voice.data[4800:])),
        (2.1, ev.CaptionDelta("r1", "there.")),
    )
    assert call.busy()
    feed(call, (2.2, ev.ResponseDone(ev.Response("r1", "completed"))))
    assert not call.busy()
    (turn,) = call.turns
    assert (turn.status, turn.heard, turn.reply) == ("completed", "Hello?", "Hi there.")
    assert (turn.audio, turn.errors) == (voice, ())
    at = turn.moments
    assert (at.speech_end, at.speech_stopped, at.transcript, at.response_created) == (1.0, 1.5, 1.6, 1.7)
    assert (at.first_text, at.first_audio, at.done) == (1.8, 2.0, 2.2)
    assert at.first_audible == pytest.approx(2.1)  # the silence before it has to be sat through
    assert at.played == pytest.approx(2.5)
    assert turn.starved == 0


def test_sound_that_comes_late_is_starvation() -> None:
    call = conversation()
    feed(
        call,
        *heard(),
        (2.0, sound(tone(100).data)),
        (2.3, sound(tone(100).data)),
        (2.3, ev.ResponseDone(ev.Response("r1", "completed"))),
        (5.0, sound(tone(100).data, "r2", "a2")),
    )
    assert [turn.starved for turn in call.turns] == pytest.approx([0.2, 0.0])


def test_speech_during_the_answer_cuts_it_where_it_was_heard() -> None:
    call = conversation()
    feed(call, *heard(), (2.0, sound(tone(1000).data)), (2.1, ev.ResponseDone(ev.Response("r1", "completed"))))
    assert call.receive(ev.SpeechStarted("u2", 2000), 2.25) == Interruption("a1", 0, 250)
    first, second = call.turns
    assert first.audio.samples == RATE // 4
    assert first.moments.played == 2.25
    assert second.status == "unanswered"
    assert call.busy()
    feed(call, (2.3, sound(tone(100).data)))
    assert call.turns[0].audio.samples == RATE // 4, "what was on its way is not played"


def test_only_the_item_that_was_playing_is_cut() -> None:
    call = conversation()
    feed(call, *heard(), (2.0, sound(tone(100).data)), (2.0, sound(tone(1000).data, item="a2")))
    assert call.receive(ev.SpeechStarted("u2", 2000), 2.6) == Interruption("a2", 0, 500)


def test_speech_after_the_answer_interrupts_nothing() -> None:
    call = conversation()
    feed(call, *heard(), (2.0, sound(tone(100).data)), (2.1, ev.ResponseDone(ev.Response("r1", "completed"))))
    assert call.receive(ev.SpeechStarted("u2", 2000), 2.2) is None
    assert call.turns[0].audio == tone(100)


def test_an_answer_that_is_cancelled_before_its_first_sound() -> None:
    call = conversation()
    feed(call, *heard(), (1.7, ev.ResponseCreated(ev.Response("r1"))), *heard("u2", "Wait, no."))
    feed(
        call,
        (2.5, ev.ResponseDone(ev.Response("r1", "cancelled", ev.Details(reason="turn_detected")))),
        (2.6, ev.ResponseCreated(ev.Response("r2"))),
        (2.7, ev.TextDelta("r2", "All right.")),
        (2.8, ev.ResponseDone(ev.Response("r2", "completed"))),
    )
    assert [(turn.heard, turn.status, turn.reply) for turn in call.turns] == [
        ("Hello?", "cancelled", ""),
        ("Wait, no.", "completed", "All right."),
    ]


@pytest.mark.parametrize("nothing", [ev.Heard("u1", " "), ev.HearingFailed("u1", ev.Problem("out of memory"))])
def test_nobody_waits_for_an_answer_to_no_words(nothing: ev.Event) -> None:
    call = conversation()
    feed(call, *heard()[:2])
    assert call.busy()
    feed(call, (1.7, nothing))
    assert not call.busy()
    feed(call, (1.8, ev.ResponseCreated(ev.Response("r1"))))
    assert call.busy(), "a gateway may answer all the same"


def test_an_answer_nobody_asked_for_is_a_turn_of_its_own() -> None:
    call = conversation()
    feed(call, (1.0, ev.ResponseCreated(ev.Response("r1"))), (1.1, ev.ResponseDone(ev.Response("r1", "completed"))))
    feed(call, (2.0, ev.ResponseCreated(ev.Response("r2"))))
    assert [turn.status for turn in call.turns] == ["completed", "unanswered"]
    assert call.busy(since=1)
    assert not call.busy(since=2)


def test_errors_belong_to_the_turn_they_came_in() -> None:
    call = conversation()
    feed(call, (0.1, ev.ErrorEvent(ev.Problem("too early"))))
    assert not call.turns
    failed = ev.Response("r1", "failed", ev.Details(error=ev.Problem("no model")))
    feed(call, *heard(), (2.0, ev.ErrorEvent(ev.Problem("slow"))), (2.1, ev.ResponseDone(failed)))
    assert call.errors == ["too early"]
    assert call.turns[0].errors == ("slow", "no model")
    assert call.turns[0].status == "failed"
