"""Answers that call functions, and answers beside the conversation: whole calls in virtual time."""

import asyncio

import pytest

from models.scripted import ScriptedChat
from pipeline.asides import LIMIT
from pipeline.engines import ChatMessage, ChatRequest, Tool, ToolCall, ToolCallPiece
from pipeline.errors import CallerError
from pipeline.history import Item
from pipeline.notices import (
    ItemAdded,
    ReplyAudio,
    ReplyCallEnded,
    ReplyCallGrew,
    ReplyCallStarted,
    ReplyEnded,
    ReplyItemStarted,
    ReplyStarted,
)
from pipeline.settings import CallSettings, Reference, ReplyOptions
from tests.support import virtual_clock
from tests.support.telephone import Telephone

CALLING: list[str | ToolCallPiece] = [
    "Let me look. ",
    ToolCallPiece(0, id="x", name="weather"),
    ToolCallPiece(0, '{"city":'),
    ToolCallPiece(0, '"Graz"}'),
    ToolCallPiece(1, "{}", id="x", name="time"),
]
SETTINGS = CallSettings(tools=(Tool("weather"), Tool("time")))
WRITTEN = ReplyOptions(audio=False, in_conversation=False)


def answer(request: ChatRequest):
    return ["It is sunny."] if request.messages[-1].role == "tool" else CALLING


def test_an_answer_speaks_then_calls_and_the_results_lead_to_the_next_answer():
    async def main():
        phone = Telephone(ScriptedChat(answer), settings=SETTINGS)
        await phone.speak(2.0)
        await phone.hush(4.0)
        assert phone.names[5:] == [
            "ReplyStarted", "ReplyItemStarted", "ReplyText", "ReplyAudio", "ReplyCallStarted", "ReplyCallGrew",
            "ReplyCallGrew", "ReplyCallEnded", "ReplyCallStarted", "ReplyCallGrew", "ReplyCallEnded", "ReplyEnded",
        ]  # fmt: skip
        calls = [notice.item.call for notice in phone.all(ReplyCallEnded)]
        assert calls == [ToolCall("call1", "weather", '{"city":"Graz"}'), ToolCall("call2", "time", "{}")]
        ended = phone.last(ReplyEnded)
        assert ended.status == "completed"
        assert [item.call for item in ended.calls] == calls
        assert phone.all(ReplyCallStarted)[0].after == ended.item.id if ended.item else False
        assert [tool.name for tool in phone.requests[-1].tools] == ["weather", "time"]

        phone.call.add_item(Item("r1", "tool", "sunny", call_id="call1"), None)
        phone.call.add_item(Item("r2", "tool", "noon", call_id="call2"), None)
        phone.call.respond(ReplyOptions())
        await phone.hush(4.0)
        assert phone.requests[-1].messages[-3:] == (
            ChatMessage("assistant", "Let me look.", calls=tuple(call for call in calls if call)),
            ChatMessage("tool", "sunny", call_id="call1"),
            ChatMessage("tool", "noon", call_id="call2"),
        )
        assert phone.last(ReplyEnded).item.text == "It is sunny."  # type: ignore[union-attr]
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_call_without_words_is_an_answer_without_a_message():
    async def main():
        phone = Telephone(ScriptedChat([ToolCallPiece(0, "{}", name="time")]), settings=SETTINGS)
        phone.call.respond(ReplyOptions())
        await phone.hush(1.0)
        assert phone.names == ["ReplyStarted", "ReplyCallStarted", "ReplyCallGrew", "ReplyCallEnded", "ReplyEnded"]
        assert phone.last(ReplyEnded).item is None
        phone.call.respond(ReplyOptions())  # nothing is in the way of the next answer
        await phone.hush(1.0)
        await phone.hang_up()

    virtual_clock.run(main())


def test_nothing_of_a_call_is_told_while_the_caller_may_still_go_on():
    async def main():
        phone = Telephone(ScriptedChat([ToolCallPiece(0, "{}", name="time")]), settings=SETTINGS)
        phone.detector.probability = 0.0
        await phone.speak(1.0)
        await phone.hush(0.6)
        assert len(phone.requests) == 1
        await phone.speak(1.0)
        assert phone.all(ReplyCallStarted) == []
        assert all(item.call is None for item in phone.call.history)
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_call_that_is_broken_off_is_incomplete():
    async def main():
        chat = ScriptedChat(CALLING)
        chat.stall_at = 3
        phone = Telephone(chat, settings=SETTINGS)
        phone.call.respond(ReplyOptions(audio=False))
        await phone.hush(1.0)
        assert len(phone.all(ReplyCallGrew)) == 1
        phone.call.cancel()
        [item] = phone.last(ReplyEnded).calls
        assert (item.status, item.call) == ("incomplete", ToolCall("call1", "weather", '{"city":'))
        assert phone.call.history.get(item.id) == item
        await phone.hang_up()

    virtual_clock.run(main())


# --- beside the conversation ---------------------------------------------------------------------------------------


def test_a_cough_in_a_call_only_delays_it():
    async def main():
        arguments = ['{"city":', '"Gr', "az", '",', '"day":', '"mon', "day", '"}']
        pieces = [ToolCallPiece(0, id="x", name="weather"), *(ToolCallPiece(0, part) for part in arguments)]
        chat = ScriptedChat(["Let me have a look at that for you now. ", *pieces], each_s=0.15)
        phone = Telephone(chat, settings=SETTINGS, texts=lambda pcm: "" if pcm.seconds < 0.9 else "hello there")
        await phone.speak(1.0)
        while not phone.all(ReplyCallGrew):
            await phone.hush(0.02)
        await phone.speak(0.2)
        await phone.hush(5.0)
        broken, made = phone.all(ReplyCallEnded)
        assert broken.item.status == "incomplete"
        assert made.item.call
        assert (made.item.call.name, made.item.call.arguments) == ("weather", "".join(arguments))
        assert [item.call for item in phone.last(ReplyEnded).calls] == [made.item.call]
        await phone.hang_up()

    virtual_clock.run(main())


def test_answers_beside_the_conversation_leave_it_as_it_is():
    async def main():
        phone = Telephone(ScriptedChat(["A ", "summary."], each_s=0.5))
        phone.call.add_item(Item("q", "user", "Hello."), None)
        phone.call.respond(ReplyOptions())
        phone.call.respond(WRITTEN)
        phone.call.respond(ReplyOptions(in_conversation=False, input=(Reference("q"),), instructions="Classify."))
        await phone.hush(6.0)
        replies = [notice.reply for notice in phone.all(ReplyStarted)]
        assert len(set(replies)) == 3
        assert {ended.reply: ended.status for ended in phone.all(ReplyEnded)} == dict.fromkeys(replies, "completed")
        assert [item.text for item in phone.call.history] == ["Hello.", "A summary."]
        asked = (ChatMessage("system", "Classify."), ChatMessage("user", "Hello."))
        assert asked in [request.messages for request in phone.requests]
        assert {notice.reply for notice in phone.all(ReplyAudio)} == {replies[0], replies[2]}
        beside = next(notice for notice in phone.all(ReplyItemStarted) if notice.reply == replies[1])
        assert beside.after is None
        assert len(phone.all(ItemAdded)) == 1
        await phone.hang_up()

    virtual_clock.run(main())


def test_one_beside_the_conversation_is_cancelled_by_its_id():
    async def main():
        phone = Telephone(ScriptedChat(["A ", "summary."], first_s=5.0))
        phone.call.respond(WRITTEN)
        await asyncio.sleep(0.1)
        with pytest.raises(CallerError, match="no active response"):
            phone.call.cancel()
        phone.call.cancel(phone.last(ReplyStarted).reply)
        assert (phone.last(ReplyEnded).status, phone.last(ReplyEnded).reason) == ("cancelled", "client_cancelled")
        await phone.hang_up()

    virtual_clock.run(main())


def test_there_is_a_limit_to_them_and_an_unknown_reference_is_refused():
    async def main():
        phone = Telephone(ScriptedChat(["A"], first_s=1.0))
        for _ in range(LIMIT):
            phone.call.respond(WRITTEN)
        with pytest.raises(CallerError, match="its limit") as caught:
            phone.call.respond(WRITTEN)
        assert caught.value.param == "response.conversation"
        await phone.hush(2.0)
        phone.call.respond(WRITTEN)
        with pytest.raises(CallerError) as caught:
            phone.call.respond(ReplyOptions(input=(Item("i", "user", "Hi."), Reference("no"))))
        assert caught.value.param == "response.input[1].id"
        await phone.hang_up()

    virtual_clock.run(main())


def test_on_a_line_with_one_loudspeaker_they_are_written():
    async def main():
        phone = Telephone(buffered=False, lead=0)
        with pytest.raises(CallerError, match="text"):
            phone.call.respond(ReplyOptions(in_conversation=False))
        phone.call.respond(WRITTEN)
        await phone.hush(1.0)
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


def test_with_truncation_disabled_a_conversation_that_is_too_long_fails_its_answer():
    async def main():
        phone = Telephone(settings=CallSettings(memory=100, forgets=False))
        phone.call.add_item(Item("q", "user", "x" * 101), None)
        phone.call.respond(ReplyOptions())
        await phone.hush(0.5)
        ended = phone.last(ReplyEnded)
        assert (ended.status, ended.code) == ("failed", "context_length_exceeded")
        assert phone.requests == []
        phone.call.delete_item("q")
        phone.call.respond(ReplyOptions())
        await phone.hush(3.0)
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())
