"""Whole calls with scripted engines in virtual time: what is told, when, and what is kept."""

import asyncio
import time
from dataclasses import replace

import pytest

from models.scripted import ScriptedChat, ScriptedTurnDetector
from pipeline.engines import ChatMessage
from pipeline.errors import CallerError, EngineDown
from pipeline.history import Item
from pipeline.notices import (
    InputCommitted,
    ItemDeleted,
    ItemTruncated,
    ReplyAudio,
    ReplyEnded,
    ReplyItemStarted,
    ReplyStarted,
    ReplyText,
    SpeechStarted,
    SpeechStopped,
    TranscriptDone,
    TranscriptFailed,
    TranscriptGrew,
)
from pipeline.settings import CallSettings, Detection, ReplyOptions, TurnPolicy
from tests.support import virtual_clock
from tests.support.telephone import SPEECH, Telephone


def words(phone: Telephone) -> list[tuple[str, str | None]]:
    return [(item.role, item.text) for item in phone.call.history]


def test_one_turn_is_told_in_order():
    async def main():
        phone = Telephone()
        await phone.hush(0.5)
        await phone.speak(1.0)
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
        assert words(phone) == [("user", "hello there"), ("assistant", "Good morning, my friend. How are you?")]
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
        assert words(phone)[0] == ("user", "I would like some tea")
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
        kept = words(phone)[1][1]
        assert ended.item is not None
        assert kept
        assert "".join(notice.text for notice in phone.all(ReplyText)).startswith(kept)
        assert ended.item.status == "incomplete"
        assert "Sentence number 29" not in kept
        await phone.hush(3.0)
        assert [message.text for message in phone.requests[-1].messages[1:]] == ["tell me a story", kept, "stop"]
        await phone.hang_up()

    virtual_clock.run(main())


def test_the_client_says_where_its_player_stopped():
    async def main():
        phone = Telephone(ScriptedChat(["One two three four five six seven eight nine ten."]))
        await phone.speak(1.0)
        await phone.hush(6.0)
        item = phone.last(ReplyItemStarted).item.id
        total = phone.sound
        phone.call.truncate_item(item, int(total * 500))
        assert phone.last(ItemTruncated) == ItemTruncated(item, int(total * 500))
        assert words(phone)[1] == ("assistant", "One two three four five")
        with pytest.raises(CallerError, match="already shorter"):
            phone.call.truncate_item(item, 60_000)
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


@pytest.mark.parametrize("fail_at", [0, 3])
def test_a_failing_language_model_ends_the_answer_and_the_next_turn_works(fail_at):
    async def main():
        phone = Telephone(ScriptedChat(["One. ", "Two. ", "Three. ", "Four. "], each_s=0.2))
        phone.chat.fail_at, phone.chat.error = fail_at, EngineDown("The language model is restarting.")
        await phone.speak(1.0)
        await phone.hush(3.0)
        ended = phone.last(ReplyEnded)
        assert (ended.status, ended.code) == ("failed", "engine_unavailable")
        assert ended.message == "The language model is restarting."
        assert (ended.item is None) == (fail_at == 0)
        phone.chat.fail_at = None
        await phone.speak(1.0)
        await phone.hush(4.0)
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_failing_recognizer_fails_the_transcript_and_the_next_turn_works():
    async def main():
        phone = Telephone()
        phone.recognizer.error = EngineDown("no ears")
        await phone.speak(1.0)
        await phone.hush(3.0)
        assert phone.last(TranscriptFailed).code == "engine_unavailable"
        assert phone.all(ReplyStarted) == []
        phone.recognizer.error = None
        await phone.speak(1.0)
        await phone.hush(3.0)
        assert len(phone.all(ReplyEnded)) == 1
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


def test_push_to_talk_commits_and_answers_only_when_asked():
    async def main():
        manual = CallSettings(turn=TurnPolicy(detection=Detection.MANUAL))
        phone = Telephone(settings=manual)
        with pytest.raises(CallerError, match=r"buffer only has 0\.00ms"):
            phone.call.commit_input()
        for _ in range(50):
            await phone.call.hear(SPEECH)
        phone.call.commit_input()
        phone.call.respond(ReplyOptions())  # the words are not known yet: the answer waits for them
        await asyncio.sleep(3.0)
        assert phone.names[:3] == ["InputCommitted", "ReplyStarted", "TranscriptDone"]
        assert phone.requests[-1].messages == (ChatMessage("user", "hello there"),)
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_written_message_is_answered_in_writing_when_asked_so():
    async def main():
        phone = Telephone()
        phone.call.add_item(Item("mine", "user", "Hi."), None)
        phone.call.respond(ReplyOptions(audio=False, instructions="Write."))
        await asyncio.sleep(1.0)
        assert phone.all(ReplyAudio) == []
        assert "".join(notice.text for notice in phone.all(ReplyText)) == "Good morning, my friend. How are you?"
        assert phone.requests[0].messages == (ChatMessage("system", "Write."), ChatMessage("user", "Hi."))
        assert not phone.last(ReplyItemStarted).item.audio
        await phone.hang_up()

    virtual_clock.run(main())


def test_one_answer_at_a_time_and_only_an_answer_can_be_cancelled():
    async def main():
        phone = Telephone()
        with pytest.raises(CallerError, match=r"^Cancellation failed: no active response found"):
            phone.call.cancel()
        phone.call.respond(ReplyOptions())
        with pytest.raises(CallerError, match="already has an active response in progress: resp1"):
            phone.call.respond(ReplyOptions())
        with pytest.raises(CallerError, match=r"^Cancellation failed"):
            phone.call.cancel("resp99")
        phone.call.cancel("resp1")
        assert (phone.last(ReplyEnded).status, phone.last(ReplyEnded).reason) == ("cancelled", "client_cancelled")
        await asyncio.sleep(1.0)
        assert phone.requests == []
        assert len(phone.all(ReplyEnded)) == 1
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_response_cut_at_its_token_limit_is_incomplete():
    async def main():
        phone = Telephone(ScriptedChat(["Half a"], finish="length"))
        phone.call.respond(ReplyOptions(max_tokens=2))
        await asyncio.sleep(2.0)
        assert phone.requests[0].max_tokens == 2
        assert (phone.last(ReplyEnded).status, phone.last(ReplyEnded).reason) == ("incomplete", "max_output_tokens")
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


def test_a_client_that_stops_sending_audio_is_answered_all_the_same():
    async def main():
        phone = Telephone()
        await phone.speak(1.0)
        await asyncio.sleep(6.0)
        assert phone.last(ReplyEnded).status == "completed"
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


def test_the_words_of_a_turn_are_found_in_all_of_its_audio_however_it_arrives():
    async def main():
        phone = Telephone(settings=CallSettings(turn=TurnPolicy(detection=Detection.MANUAL)))
        await phone.call.hear(SPEECH * 100)
        phone.call.commit_input()
        await phone.call.hear(SPEECH * 25)  # before anything else has had a chance to run
        await asyncio.sleep(1)
        assert phone.recognizer.heard[0].audio.seconds == pytest.approx(2.0)
        await phone.hang_up()

        phone = Telephone()
        await phone.call.hear(SPEECH * 50 + bytes(640) * 200)  # a whole recording at once
        await asyncio.sleep(5)
        assert phone.recognizer.heard[-1].audio.seconds >= 1.0
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_commit_takes_the_words_of_the_whole_turn_not_of_an_older_pause():
    async def main():
        phone = Telephone(texts=("I would like", "I would like some tea"), detector=ScriptedTurnDetector(0.0))
        await phone.speak(1.0)
        await phone.hush(0.4)
        await phone.speak(1.0)
        phone.call.commit_input()
        await asyncio.sleep(1.0)
        assert words(phone) == [("user", "I would like some tea")]
        assert phone.last(TranscriptDone).item == phone.last(InputCommitted).item.id
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_full_input_buffer_takes_audio_again_once_it_is_cleared():
    async def main():
        phone = Telephone(settings=CallSettings(turn=TurnPolicy(detection=Detection.MANUAL)))
        for _ in range(60):
            await phone.call.hear(SPEECH * 500)
        with pytest.raises(CallerError, match="commit or clear it"):
            await phone.call.hear(SPEECH)
        phone.call.clear_input()
        await phone.call.hear(SPEECH)
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_long_conversation_lets_its_oldest_items_go_and_goes_on():
    async def main():
        phone = Telephone()
        for number in range(1000):
            phone.call.add_item(Item(f"old{number}", "user", "hm"), None)
        with pytest.raises(CallerError, match="limit of 1000 items"):
            phone.call.add_item(Item("one more", "user", "hm"), None)
        await phone.speak(1.0)
        await phone.hush(5.0)
        assert phone.last(ReplyEnded).status == "completed"
        assert [notice.item for notice in phone.all(ItemDeleted)] == ["old0", "old1"]
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_written_answer_keeps_the_words_that_were_sent():
    async def main():
        phone = Telephone(ScriptedChat(["one ", "two ", "three ", "four "], each_s=0.2))
        phone.call.respond(ReplyOptions(audio=False))
        await asyncio.sleep(0.5)
        phone.call.cancel()
        assert words(phone) == [("assistant", "one two three ")]
        await phone.hang_up()

    virtual_clock.run(main())


def test_every_response_that_is_asked_for_is_given_or_refused():
    """A written answer that ends while the sound of the one before is still on its way must not block the next."""

    async def main():
        phone = Telephone()
        await phone.speak(1.0)
        while not phone.all(ReplyEnded):
            await phone.hush(0.02)
        for count in (2, 3, 4):
            phone.call.respond(ReplyOptions(audio=False))
            await asyncio.sleep(0.2)
            assert len(phone.all(ReplyEnded)) == count
        await phone.hang_up()

    virtual_clock.run(main())


def test_hanging_up_at_any_moment_leaves_nothing_behind():
    async def main(at: float):
        phone = Telephone(ScriptedChat(["Word. "] * 40, each_s=0.05), lead=0.5)
        talking = asyncio.create_task(phone.speak(0.8))
        await asyncio.sleep(min(at, 0.8))
        await talking
        await phone.hush(max(0.0, at - 0.8))
        told = len(phone.told)
        await phone.hang_up()
        await asyncio.sleep(5)
        assert len(phone.told) == told

    for tenth in range(30):
        virtual_clock.run(main(tenth / 10))


def test_an_hour_of_conversation_takes_no_hour_and_leaves_nothing_behind():
    async def main():
        texts = [f"question {number}" for number in range(40)]
        phone = Telephone(texts=texts, settings=CallSettings(memory=600), frame_ms=200)
        for _ in range(450):
            await phone.speak(1.5)
            await phone.hush(6.5)
        assert len(phone.all(ReplyEnded)) == len(phone.all(SpeechStarted)) == 450
        assert {notice.status for notice in phone.all(ReplyEnded)} == {"completed"}
        assert max(len(request.messages) for request in phone.requests) < 40
        await phone.hang_up()

    began = time.process_time()
    virtual_clock.run(main())
    assert time.process_time() - began < 60  # not a budget: a guard against work that grows with the call's length


def test_interruption_can_be_forbidden():
    async def main():
        settings = CallSettings(turn=replace(TurnPolicy(), interrupt_response=False))
        phone = Telephone(texts=("first", "second"), settings=settings, lead=0.2)
        await phone.speak(1.0)
        await phone.hush(1.0)
        await phone.speak(1.0)
        await phone.hush(6.0)
        assert [notice.status for notice in phone.all(ReplyEnded)] == ["completed", "completed"]
        assert [text for role, text in words(phone) if role == "user"] == ["first", "second"]
        await phone.hang_up()

    virtual_clock.run(main())


@pytest.mark.parametrize("goodbye", [None, 300_000])
def test_a_turn_whose_sound_breaks_off_is_answered(goodbye):
    async def main():
        phone = Telephone(settings=CallSettings(turn=replace(TurnPolicy(), goodbye=goodbye)))
        await phone.hush(1.0)
        await phone.speak(1.0)  # and the caller is muted: no more sound comes, not even silence
        await asyncio.sleep(4)
        assert phone.all(ReplyAudio)
        await phone.hang_up()

    virtual_clock.run(main())


def test_while_the_caller_speaks_captions_grow_and_the_language_model_reads_along():
    async def main():
        said = "where is the train station please sir"
        phone = Telephone(texts=lambda audio: " ".join(said.split()[: round(audio.seconds * 2)]))
        await phone.speak(3.0)
        shown = "".join(notice.text for notice in phone.all(TranscriptGrew))
        assert said.startswith(shown)
        assert len(shown.split()) >= 4
        partials = [heard for heard in phone.recognizer.heard if not heard.final]
        assert len(partials) >= 3
        assert said.startswith(partials[-1].known)
        assert partials[-1].known
        first, *others = phone.chat.prefilled
        assert first.messages == (ChatMessage("system", "Be kind."),)
        assert [request.messages[0] for request in others] == [first.messages[0]] * len(others)
        texts = [request.messages[-1].text for request in others]
        assert all(said.startswith(text) for text in texts)
        assert texts == sorted(texts, key=len)
        await phone.hush(2.0)
        assert phone.recognizer.heard[-1].final
        assert phone.recognizer.heard[-1].known == shown
        await phone.hang_up()

    virtual_clock.run(main())
