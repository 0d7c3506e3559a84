"""Whole turns of a call with scripted engines in virtual time: what is told, when, and what is kept."""

from dataclasses import replace

import pytest

from models.scripted import ScriptedChat, ScriptedTurnDetector
from pipeline.engines import ChatMessage
from pipeline.notices import (
    InputCommitted,
    ReplyAudio,
    ReplyEnded,
    ReplyItemStarted,
    ReplyStarted,
    ReplyText,
    SpeechStarted,
    SpeechStopped,
    TranscriptDone,
    TranscriptGrew,
)
from pipeline.settings import CallSettings, TurnPolicy
from tests.support import virtual_clock
from tests.support.telephone import Telephone


def test_one_turn_is_told_in_order():
    async def main():
        phone = Telephone()
        await phone.hush(0.5)
        await phone.speak(2.0)
        await phone.hush(5.0)
        assert phone.names == [
            "SpeechStarted", "TranscriptGrew", "SpeechStopped", "InputCommitted", "TranscriptDone",
            "ReplyStarted", "ReplyItemStarted", "ReplyText", "ReplyAudio", "ReplyEnded",
        ]  # fmt: skip
        started, stopped, committed = phone.last(SpeechStarted), phone.last(SpeechStopped), phone.last(InputCommitted)
        assert started.item == stopped.item == committed.item.id == phone.last(TranscriptDone).item
        assert 150 <= started.at_ms <= 250  # half a second of silence, less the kept prefix
        assert phone.last(ReplyItemStarted).after == committed.item.id
        assert phone.last(ReplyEnded).status == "completed"
        assert phone.words == [("user", "hello there"), ("assistant", "Good morning, my friend. How are you?")]
        await phone.hang_up()

    virtual_clock.run(main())


def test_the_answer_is_made_during_the_silence_and_heard_when_it_ends():
    """Transcript 50 ms after the pause, first sound 90 ms later: both fit in the shortest silence."""

    async def main():
        phone = Telephone(texts=["Hello there."], hearing_s=0.05)
        await phone.speak(1.0)
        await phone.hush(3.0)
        first_sound = phone.when(ReplyAudio)
        assert first_sound == pytest.approx(phone.when(SpeechStopped), abs=0.03)
        assert first_sound - 1.0 <= 0.4
        await phone.hang_up()

    virtual_clock.run(main())


def test_while_the_caller_speaks_captions_grow_and_the_language_model_reads_along():
    async def main():
        said = "where is the train station please sir"
        phone = Telephone(texts=lambda audio: " ".join(said.split()[: round(audio.seconds * 2)]))
        await phone.speak(4.0)
        shown = "".join(notice.text for notice in phone.all(TranscriptGrew))
        assert said.startswith(shown)
        assert len(shown.split()) >= 4
        partials = [heard for heard in phone.recognizer.heard if not heard.final]
        assert len(partials) >= 3
        assert said.startswith(partials[-1].draft)
        assert partials[-1].draft
        first, *others = phone.chat.prefilled
        assert first.messages == (ChatMessage("system", "Be kind."),)
        assert [request.messages[0] for request in others] == [first.messages[0]] * len(others)
        texts = [request.messages[-1].text for request in others]
        assert all(said.startswith(text) for text in texts)
        assert texts == sorted(texts, key=len)
        await phone.hush(2.0)
        assert phone.recognizer.heard[-1].final
        final = phone.recognizer.heard[-1]
        assert final.draft.startswith(shown)
        assert said.startswith(final.draft)
        await phone.hang_up()

    virtual_clock.run(main())


def test_the_standing_orders_are_read_before_the_first_turn_and_when_they_change():
    async def main():
        phone = Telephone(ScriptedChat(["Yes."], first_s=2.0))
        await phone.hush(0.5)
        assert phone.chat.open == 1
        phone.call.configure(CallSettings(instructions="Be brief."))
        await phone.speak(0.5)
        await phone.hush(0.5)
        assert [request.messages[0].text for request in phone.chat.prefilled][:2] == ["Be kind.", "Be brief."]
        assert phone.chat.open == 1  # the answer took the place of what was being read
        await phone.hush(4.0)
        assert phone.requests[0].messages[0].text == "Be brief."
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_caller_who_goes_on_is_not_cut_off_and_nothing_of_the_first_draft_remains():
    async def main():
        phone = Telephone(texts=("I would like", "I would like some tea"), detector=ScriptedTurnDetector(0.0))
        await phone.speak(1.0)
        await phone.hush(1.0)
        assert phone.chat.open == 0  # the draft was made, and is held
        assert len(phone.requests) == 1
        await phone.speak(1.0)
        phone.detector.probability = 1.0
        await phone.hush(4.0)
        assert phone.words[0] == ("user", "I would like some tea")
        assert len(phone.all(SpeechStarted)) == len(phone.all(ReplyStarted)) == 1
        assert phone.requests[-1].messages[1:] == (ChatMessage("user", "I would like some tea"),)
        await phone.hang_up()

    virtual_clock.run(main())


def test_work_for_a_discarded_draft_stops():
    async def main():
        phone = Telephone(ScriptedChat(["Well "] * 50, each_s=0.5), detector=ScriptedTurnDetector(0.0))
        await phone.speak(1.0)
        await phone.hush(0.5)
        assert phone.chat.open == 1
        await phone.speak(0.2)
        assert phone.chat.open == 0
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_draft_made_under_other_orders_is_not_used():
    async def main():
        phone = Telephone(detector=ScriptedTurnDetector(0.0))
        await phone.speak(1.0)
        await phone.hush(1.0)
        phone.call.configure(CallSettings(instructions="Be brief."))
        await phone.hush(3.0)
        assert [request.messages[0].text for request in phone.requests] == ["Be kind.", "Be brief."]
        assert len(phone.all(ReplyStarted)) == 1
        await phone.hang_up()

    virtual_clock.run(main())


def test_noise_without_words_is_not_answered():
    async def main():
        phone = Telephone(texts=("",))
        await phone.speak(1.0)
        await phone.hush(3.0)
        assert phone.last(TranscriptDone).transcript.text == ""
        assert phone.all(ReplyStarted) == []
        assert phone.requests == []
        await phone.hang_up()

    virtual_clock.run(main())


def test_sound_is_sent_no_further_ahead_than_the_lead():
    async def main():
        phone = Telephone(ScriptedChat(["A long sentence that goes on. "] * 20), lead=1.0)
        await phone.speak(1.0)
        await phone.hush(3.0)
        elapsed = phone.now - phone.when(ReplyAudio)
        assert elapsed + 0.7 <= phone.sound <= elapsed + 1.3
        await phone.hang_up()

    virtual_clock.run(main())


def test_speech_during_the_answer_stops_it_and_history_keeps_what_was_heard():
    async def main():
        story = [f"Sentence number {number}. " for number in range(30)]
        phone = Telephone(ScriptedChat(story), texts=("tell me a story", "stop"), lead=0.2)
        await phone.speak(1.0)
        await phone.hush(4.0)
        assert phone.all(ReplyEnded) == []
        sound = phone.sound
        await phone.speak(1.2)
        ended = phone.last(ReplyEnded)
        assert (ended.status, ended.reason) == ("cancelled", "turn_detected")
        assert phone.chat.open == 0
        assert phone.sound - sound <= 0.4  # nothing but what left before the caller was noticed
        kept = phone.words[1][1]
        assert ended.item is not None
        assert kept
        assert "".join(notice.text for notice in phone.all(ReplyText)).startswith(kept)
        assert ended.item.status == "incomplete"
        assert "Sentence number 29" not in kept
        await phone.hush(3.0)
        assert [message.text for message in phone.requests[-1].messages[1:]] == ["tell me a story", kept, "stop"]
        await phone.hang_up()

    virtual_clock.run(main())


def test_interruption_can_be_forbidden():
    async def main():
        settings = CallSettings(turn=replace(TurnPolicy(), interrupt_response=False))
        phone = Telephone(texts=("first", "second"), settings=settings, lead=0.2)
        await phone.speak(1.0)
        await phone.hush(1.0)
        await phone.speak(1.0)
        await phone.hush(6.0)
        assert [notice.status for notice in phone.all(ReplyEnded)] == ["completed", "completed"]
        assert [text for role, text in phone.words if role == "user"] == ["first", "second"]
        await phone.hang_up()

    virtual_clock.run(main())
