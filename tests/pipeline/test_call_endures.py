"""What a call gets over in virtual time: failures, silence, limits, hours. And its end, which leaves nothing behind."""

import asyncio
import time
from dataclasses import replace

import pytest

from models.scripted import ScriptedChat
from pipeline.errors import CallerError, EngineDown, NoAnswer
from pipeline.history import Item
from pipeline.notices import (
    ItemDeleted,
    ReplyAudio,
    ReplyEnded,
    ReplyStarted,
    SpeechStarted,
    TranscriptFailed,
)
from pipeline.settings import CallSettings, Detection, ReplyOptions, TurnPolicy
from tests.support import virtual_clock
from tests.support.telephone import SPEECH, Telephone


@pytest.mark.parametrize("fail_at", [0, 3])
def test_a_failing_language_model_ends_the_answer_and_the_next_turn_works(fail_at):
    async def main():
        phone = Telephone(ScriptedChat(["One. ", "Two. ", "Three. ", "Four. "], each_s=0.2))
        phone.chat.fail_at, phone.chat.error = fail_at, EngineDown("no answer from http://10.0.0.7/v1")
        await phone.speak(1.0)
        await phone.hush(3.0)
        ended = phone.last(ReplyEnded)
        assert (ended.status, ended.code) == ("failed", "engine_unavailable")
        assert ended.message == EngineDown.told  # and nothing of the inside
        assert (ended.item is None) == (fail_at == 0)
        phone.chat.fail_at = None
        await phone.speak(1.0)
        await phone.hush(4.0)
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_what_was_said_and_then_known_to_be_no_answer_is_not_remembered():
    async def main():
        phone = Telephone(ScriptedChat(["The user greets me. ", "I will ", "greet back. "], each_s=0.5))
        phone.chat.fail_at, phone.chat.error = 2, NoAnswer("it thinks aloud")
        phone.call.respond(ReplyOptions())
        await phone.hush(3.0)
        ended = phone.last(ReplyEnded)
        assert (ended.status, ended.code) == ("failed", "no_answer")
        assert ended.item
        assert ended.item.text == ""
        phone.chat.fail_at = None
        await phone.speak(1.0)
        await phone.hush(4.0)
        assert not any("user greets" in message.text for message in phone.requests[-1].messages)
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


def test_a_client_that_stops_sending_audio_is_answered_all_the_same():
    async def main():
        phone = Telephone()
        await phone.speak(1.0)
        await asyncio.sleep(6.0)
        assert phone.last(ReplyEnded).status == "completed"
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
