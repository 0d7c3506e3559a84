"""A long conversation that is told at once, as a page does after a reconnect: whole calls in virtual time."""

from typing import Any

from models.scripted import ScriptedChat
from pipeline.call import READ_AHEAD_S, READ_WITHIN_S
from pipeline.engines import Reading
from pipeline.history import Item
from pipeline.notices import ReplyEnded, ReplyReading, ReplyStarted
from pipeline.settings import CallSettings, ReplyOptions
from tests.support import virtual_clock
from tests.support.telephone import Telephone


def told_at_once(phone: Telephone, count: int = 40, length: int = 200) -> None:
    for number in range(count):
        role: Any = "user" if number % 2 == 0 else "assistant"
        phone.call.add_item(Item(f"i{number}", role, f"{number:03}" + "x" * (length - 3)), None)


def test_it_is_read_as_soon_as_it_is_told_and_once():
    async def main():
        phone = Telephone(settings=CallSettings(instructions="Be kind."))
        told_at_once(phone)
        await phone.hush(1.0)
        [whole] = phone.chat.prefilled
        assert len(whole.messages) == 41
        await phone.hang_up()

    virtual_clock.run(main())


def test_no_more_of_it_is_shown_than_can_be_read_in_time():
    async def main():
        phone = Telephone(settings=CallSettings(instructions="Be kind."))
        phone.chat.char_s = 0.005  # 20 ms a token: 40 s for all of it
        told_at_once(phone)
        await phone.hush(1.0)
        ahead = phone.chat.prefilled[-1].messages
        phone.call.respond(ReplyOptions())
        await phone.hush(5.0)
        asked = phone.requests[-1].messages
        assert phone.last(ReplyEnded).status == "completed"
        for messages, seconds in ((ahead, READ_AHEAD_S), (asked, READ_WITHIN_S)):
            assert messages[0].text == "Be kind."
            assert messages[-1].text.startswith("039")  # the newest is kept
            assert seconds / 3 < 0.005 * sum(len(message.text) for message in messages) <= seconds
        assert len(phone.call.history) == 41  # the client's conversation is whole
        phone.chat.char_s = 0.0
        phone.call.respond(ReplyOptions())
        await phone.hush(5.0)
        assert phone.requests[-1].messages[: len(asked)] == asked  # where it begins stays, for the prefix cache
        await phone.hang_up()

    virtual_clock.run(main())


def test_one_message_that_takes_too_long_is_asked_all_the_same():
    async def main():
        phone = Telephone()
        phone.chat.char_s = 1.0
        told_at_once(phone, 3)
        phone.call.respond(ReplyOptions())
        await phone.hush(5.0)
        assert [message.text[:3] for message in phone.requests[-1].messages[1:]] == ["002"]
        await phone.hang_up()

    virtual_clock.run(main())


def test_who_forgets_nothing_reads_everything():
    async def main():
        phone = Telephone(settings=CallSettings(forgets=False))
        phone.chat.char_s = 0.005
        told_at_once(phone)
        phone.call.respond(ReplyOptions())
        await phone.hush(5.0)
        assert len(phone.requests[-1].messages) == 40
        await phone.hang_up()

    virtual_clock.run(main())


def test_the_client_is_told_how_far_the_reading_is():
    async def main():
        half, whole = Reading(1000, 0, 500, 1.0), Reading(1000, 0, 1000, 2.0)
        phone = Telephone(ScriptedChat([half, whole, "Hello."], first_s=1.0, each_s=1.0))
        phone.call.respond(ReplyOptions())
        await phone.hush(5.0)
        reply = phone.last(ReplyStarted).reply
        assert phone.all(ReplyReading) == [ReplyReading(reply, 0.5), ReplyReading(reply, 1.0)]
        assert phone.names.index("ReplyReading") < phone.names.index("ReplyItemStarted")
        await phone.hang_up()

    virtual_clock.run(main())
