"""How an item of the conversation looks on the wire: every key that clients need, and no other."""

from typing import Any

import pytest

from pipeline.engines import ToolCall
from pipeline.history import Item
from tests.protocol.line import Line


@pytest.mark.parametrize(
    ("item", "content"),
    [
        (Item("i", "system", "Be kind."), {"type": "input_text", "text": "Be kind."}),
        (Item("i", "user", "Hi."), {"type": "input_text", "text": "Hi."}),
        (Item("i", "user", None, audio=True), {"type": "input_audio", "transcript": None}),
        (Item("i", "user", "Hi.", audio=True), {"type": "input_audio", "transcript": "Hi."}),
        (Item("i", "assistant", "Ho."), {"type": "output_text", "text": "Ho."}),
        (Item("i", "assistant", "Ho.", audio=True), {"type": "output_audio", "transcript": "Ho."}),
        (Item("i", "assistant", "", audio=True), {"type": "output_audio", "transcript": ""}),
    ],
)
def test_an_item_is_told_with_the_keys_of_its_type(item: Item, content: dict[str, Any]) -> None:
    [event] = Line().retrieved(item)
    assert event == {
        "type": "conversation.item.retrieved",
        "event_id": "event_1",
        "item": {
            "id": "i",
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": item.role,
            "content": [content],
        },
    }


def test_an_answer_in_the_making_has_no_content_yet() -> None:
    [event] = Line().retrieved(Item("i", "assistant", "H", audio=True, status="in_progress"))
    assert (event["item"]["status"], event["item"]["content"]) == ("in_progress", [])


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (
            Item("i", "assistant", None, call=ToolCall("c", "f", "{}")),
            {"type": "function_call", "status": "completed", "name": "f", "call_id": "c", "arguments": "{}"},
        ),
        (
            Item("i", "assistant", None, status="in_progress", call=ToolCall("c", "f", '{"x"')),
            {"type": "function_call", "status": "in_progress", "name": "f", "call_id": "c", "arguments": ""},
        ),
        (
            Item("i", "tool", "5", call_id="c"),
            {"type": "function_call_output", "status": "completed", "call_id": "c", "output": "5"},
        ),
    ],
)
def test_a_call_and_its_result_have_no_keys_of_a_message(item: Item, told: dict[str, Any]) -> None:
    [event] = Line().retrieved(item)
    assert event["item"] == {"id": "i", "object": "realtime.item", **told}
