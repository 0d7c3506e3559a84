"""Whole calls in virtual time: what a client asks for by itself."""

import asyncio

import pytest

from models.scripted import ScriptedChat, ScriptedTurnDetector
from pipeline.engines import ChatMessage
from pipeline.errors import CallerError
from pipeline.history import Item
from pipeline.notices import (
    InputCommitted,
    ItemTruncated,
    ReplyAudio,
    ReplyEnded,
    ReplyItemStarted,
    ReplyText,
    TranscriptDone,
)
from pipeline.settings import CallSettings, Detection, ReplyOptions, TurnPolicy
from tests.support import virtual_clock
from tests.support.telephone import SPEECH, Telephone


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
        assert phone.words == [("user", "I would like some tea")]
        assert phone.last(TranscriptDone).item == phone.last(InputCommitted).item.id
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


def test_a_written_answer_keeps_the_words_that_were_sent():
    async def main():
        phone = Telephone(ScriptedChat(["one ", "two ", "three ", "four "], each_s=0.2))
        phone.call.respond(ReplyOptions(audio=False))
        await asyncio.sleep(0.5)
        phone.call.cancel()
        assert phone.words == [("assistant", "one two three ")]
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


def test_a_response_cut_at_its_token_limit_is_incomplete():
    async def main():
        phone = Telephone(ScriptedChat(["Half a"], finish="length"))
        phone.call.respond(ReplyOptions(max_tokens=2))
        await asyncio.sleep(2.0)
        assert phone.requests[0].max_tokens == 2
        assert (phone.last(ReplyEnded).status, phone.last(ReplyEnded).reason) == ("incomplete", "max_output_tokens")
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
        assert phone.words[1] == ("assistant", "One two three four five")
        with pytest.raises(CallerError, match="already shorter"):
            phone.call.truncate_item(item, 60_000)
        await phone.hang_up()

    virtual_clock.run(main())


def test_words_of_the_client_are_said_as_written_and_the_conversation_knows_it():
    async def main():
        phone = Telephone()
        phone.call.respond(ReplyOptions(words="Good day! How are you?"))
        await phone.hush(3.0)
        assert phone.requests == []  # nobody had to think
        assert list(phone.synthesizer.spoken) == ["Good day!", "How are you?"]
        assert phone.last(ReplyEnded).status == "completed"
        await phone.speak(1.0)
        await phone.hush(2.0)
        assert phone.requests[-1].messages[1:] == (
            ChatMessage("assistant", "Good day! How are you?"),
            ChatMessage("user", "hello there"),
        )
        await phone.hang_up()

    virtual_clock.run(main())


def test_words_of_the_client_are_interrupted_as_any():
    async def main():
        phone = Telephone()
        phone.call.respond(ReplyOptions(words="Good day to you, and welcome to this long and friendly greeting! " * 3))
        await phone.hush(1.0)
        await phone.speak(1.5)
        await phone.hush(2.0)
        assert phone.all(ReplyEnded)[0].status == "cancelled"
        greeting, *_ = [text for role, text in phone.words if role == "assistant"]
        assert 0 < len(greeting or "") < 100
        assert phone.last(ReplyEnded).status == "completed"  # and what was said instead is answered
        await phone.hang_up()

    virtual_clock.run(main())


def test_words_of_the_client_need_no_room_in_the_models_memory():
    async def main():
        phone = Telephone(settings=CallSettings(memory=10, forgets=False))
        phone.call.add_item(Item("item_long", "user", "far more than ten characters"), None)
        phone.call.respond(ReplyOptions(words="Hello."))
        await phone.hush(1.0)
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_greeting_does_not_stop_the_model_from_reading_its_orders():
    async def main():
        read: list[bool] = []

        class Reading(ScriptedChat):
            async def prefill(self, request, *, caller: str) -> None:
                await asyncio.sleep(0.5)
                read.append(True)

        phone = Telephone(Reading(["Hello."]))
        phone.call.respond(ReplyOptions(words="Good day!"))
        await phone.hush(1.0)
        assert read
        await phone.hang_up()

    virtual_clock.run(main())
