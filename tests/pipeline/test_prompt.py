"""What the language model reads of a conversation in which functions were called."""

import pytest

from pipeline.engines import ChatMessage, Tool, ToolCall
from pipeline.errors import CallerError
from pipeline.history import History, Item
from pipeline.prompt import PENDING, chat_messages, request
from pipeline.settings import CallSettings, Reference, ReplyOptions

WEATHER, TIME = ToolCall("c1", "weather", '{"city":"Graz"}'), ToolCall("c2", "time", "{}")
ASKED = Item("q", "user", "How is it in Graz?")
SAYING = Item("s", "assistant", "Let me look.", audio=True)


def call(wanted: ToolCall, status="completed") -> Item:
    return Item(f"item_{wanted.id}", "assistant", None, status=status, call=wanted)


def result(call_id: str, text: str) -> Item:
    return Item(f"result_{call_id}", "tool", text, call_id=call_id)


USER = ChatMessage("user", "How is it in Graz?")


def test_words_and_the_calls_made_with_them_are_one_message_and_results_follow_it():
    items = [ASKED, SAYING, call(WEATHER), call(TIME), result("c2", "noon"), result("c1", "sunny")]
    assert chat_messages(items) == (
        USER,
        ChatMessage("assistant", "Let me look.", calls=(WEATHER, TIME)),
        ChatMessage("tool", "sunny", call_id="c1"),
        ChatMessage("tool", "noon", call_id="c2"),
    )


def test_calls_after_a_result_are_another_message():
    items = [
        ASKED,
        call(WEATHER),
        result("c1", "sunny"),
        call(TIME),
        result("c2", "noon"),
        Item("a", "assistant", "So."),
    ]
    assert chat_messages(items) == (
        USER,
        ChatMessage("assistant", "", calls=(WEATHER,)),
        ChatMessage("tool", "sunny", call_id="c1"),
        ChatMessage("assistant", "", calls=(TIME,)),
        ChatMessage("tool", "noon", call_id="c2"),
        ChatMessage("assistant", "So."),
    )


def test_a_result_that_comes_late_is_shown_with_its_call_and_one_that_is_missing_is_said_to_be():
    meanwhile = Item("m", "user", "Hello?")
    assert chat_messages([ASKED, call(WEATHER), meanwhile]) == (
        USER,
        ChatMessage("assistant", "", calls=(WEATHER,)),
        ChatMessage("tool", PENDING, call_id="c1"),
        ChatMessage("user", "Hello?"),
    )
    assert chat_messages([ASKED, call(WEATHER), meanwhile, result("c1", "sunny")])[2] == ChatMessage(
        "tool", "sunny", call_id="c1"
    )


@pytest.mark.parametrize("status", ["incomplete", "in_progress"])
def test_what_is_no_whole_call_or_has_lost_its_call_is_left_out(status):
    assert chat_messages([result("c1", "sunny"), ASKED, call(TIME, status)]) == (USER,)


def test_a_result_needs_its_call():
    history = History()
    with pytest.raises(CallerError, match="no function call with call_id 'c1'") as caught:
        history.add(result("c1", "sunny"))
    assert caught.value.param == "item.call_id"
    history.add(call(WEATHER))
    history.add(result("c1", "sunny"))
    assert len(history) == 2


def test_input_takes_the_place_of_the_conversation():
    history = History()
    history.add(ASKED)
    history.add(SAYING)
    settings = CallSettings(instructions="Be kind.", tools=(Tool("weather"),))
    options = ReplyOptions(input=(Item("x", "user", "Sum up."), Reference("s"), Reference("gone")), tools=())
    made = request(history, settings, options, "and then")
    assert made.messages == (
        ChatMessage("system", "Be kind."),
        ChatMessage("user", "Sum up."),
        ChatMessage("assistant", "Let me look."),
    )
    assert made.tools == ()
    assert request(history, settings, ReplyOptions(tool_choice="required")).tool_choice == "required"
    assert request(history, settings, ReplyOptions(), "and then").messages[-1] == ChatMessage("user", "and then")
    assert request(history, settings, ReplyOptions(input=())).messages == (ChatMessage("system", "Be kind."),)


def test_a_conversation_that_forgets_nothing_is_shown_whole_and_one_that_retains_little_is_cut_further():
    history = History()
    for number in range(10):
        history.add(Item(f"i{number}", "user", "x" * 100))
    assert len(request(history, CallSettings(memory=500, forgets=False), ReplyOptions()).messages) == 10
    assert len(request(history, CallSettings(memory=500, retained=0.2), ReplyOptions()).messages) == 1
