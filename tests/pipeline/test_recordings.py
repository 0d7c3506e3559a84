"""Messages that come as sound: their words join the conversation, and answers wait for them."""

import asyncio

import pytest

from pipeline.audio import HEARING_RATE, Pcm
from pipeline.errors import CallerError, EngineOverloaded
from pipeline.history import Item
from pipeline.notices import ItemAdded, ReplyEnded, TranscriptDone, TranscriptFailed
from pipeline.recordings import MOST
from pipeline.settings import ReplyOptions
from tests.support import virtual_clock
from tests.support.telephone import Telephone

SOUND = Pcm(bytes(2 * HEARING_RATE), HEARING_RATE)


def recorded(number: int = 1, text: str | None = None) -> Item:
    return Item(f"item_{number}", "user", text, audio=True)


def test_the_words_of_a_recording_are_told_and_an_answer_waits_for_them():
    async def main():
        phone = Telephone(texts=["What is the time?"], hearing_s=2.0)
        phone.call.add_item(recorded(), None, SOUND)
        phone.call.respond(ReplyOptions())
        await asyncio.sleep(6.0)
        assert phone.names[0] == "ItemAdded"
        assert phone.last(ItemAdded).item.text is None
        done = phone.last(TranscriptDone)
        assert (done.item, done.transcript.text, done.seconds) == ("item_1", "What is the time?", 1.0)
        assert phone.words[0] == ("user", "What is the time?")
        assert phone.requests[-1].messages[-1].text == "What is the time?"
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_written_lines_stand_before_the_words_of_the_sound():
    async def main():
        phone = Telephone(texts=["Good day."])
        phone.call.add_item(recorded(text="Translate this:"), None, SOUND)
        await asyncio.sleep(1.0)
        assert phone.words == [("user", "Translate this:\nGood day.")]
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_recording_in_the_input_of_a_response_is_read_by_it_alone():
    async def main():
        phone = Telephone(texts=["What is the time?"], hearing_s=1.0)
        for in_conversation in (True, False):
            options = ReplyOptions(
                input=(recorded(),), sounds=(("item_1", SOUND),), in_conversation=in_conversation, audio=False
            )
            phone.call.respond(options)
            await asyncio.sleep(5.0)
            assert phone.requests[-1].messages[-1].text == "What is the time?"
            assert phone.last(ReplyEnded).status == "completed"
        assert [role for role, _ in phone.words] == ["assistant"]
        assert not phone.all(TranscriptDone)
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_recording_that_is_not_understood_is_told_and_fails_the_response_that_asked_about_it():
    async def main():
        phone = Telephone()
        phone.recognizer.error = EngineOverloaded("There is no time.")
        phone.call.add_item(recorded(), None, SOUND)
        await asyncio.sleep(1.0)
        assert phone.last(TranscriptFailed).code == "engine_overloaded"
        phone.call.respond(ReplyOptions(input=(recorded(2),), sounds=(("item_2", SOUND),)))
        await asyncio.sleep(2.0)
        assert (phone.last(ReplyEnded).status, phone.last(ReplyEnded).code) == ("failed", "engine_overloaded")
        await phone.hang_up()

    virtual_clock.run(main())


def test_recordings_are_bounded_in_number_and_one_that_was_deleted_is_not_told():
    async def main():
        phone = Telephone(hearing_s=1.0)
        for number in range(MOST):
            phone.call.add_item(recorded(number), None, SOUND)
        with pytest.raises(CallerError) as caught:
            phone.call.add_item(recorded(99), None, SOUND)
        assert caught.value.code == "too_many_recordings"
        phone.call.delete_item("item_0")
        await asyncio.sleep(60)
        assert len(phone.all(TranscriptDone)) == MOST - 1
        phone.call.add_item(recorded(99), None, SOUND)
        await phone.hang_up()

    virtual_clock.run(main())
