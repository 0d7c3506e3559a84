"""Items of the conversation as a client is told of them.

A key that an item of its kind does not have is left out, never null: clients drop the event over the difference.
"""

from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from pipeline.history import Item
from voicegw.protocol.input_items import ItemStatus, Role


class Part(Struct, frozen=True):
    """A content part, with only the keys of its type."""

    type: Literal["input_text", "input_audio", "output_text", "output_audio"]
    text: str | UnsetType = UNSET
    transcript: str | UnsetType | None = UNSET


class WireItemBase(Struct, frozen=True, kw_only=True, tag_field="type"):
    id: str
    object: Literal["realtime.item"] = "realtime.item"
    status: ItemStatus


class Message(WireItemBase, frozen=True, kw_only=True, tag="message"):
    role: Role
    content: list[Part]


class FunctionCall(WireItemBase, frozen=True, kw_only=True, tag="function_call"):
    """arguments: empty until the call is complete."""

    name: str
    call_id: str
    arguments: str


class FunctionCallOutput(WireItemBase, frozen=True, kw_only=True, tag="function_call_output"):
    call_id: str
    output: str


WireItem: TypeAlias = Message | FunctionCall | FunctionCallOutput


def wire_item(item: Item) -> WireItem:
    """`item` as events carry it; what is still being made has no content yet."""
    begun = item.status == "in_progress"
    if item.role == "tool":
        return FunctionCallOutput(id=item.id, status=item.status, call_id=item.call_id, output=item.text or "")
    if item.call is not None:
        arguments = "" if begun else item.call.arguments
        return FunctionCall(
            id=item.id, status=item.status, name=item.call.name, call_id=item.call.id, arguments=arguments
        )
    return Message(id=item.id, status=item.status, role=item.role, content=[] if begun else [_part(item)])


def _part(item: Item) -> Part:
    match item.role, item.audio:
        case "assistant", True:
            return Part("output_audio", transcript=item.text or "")
        case "assistant", False:
            return Part("output_text", text=item.text or "")
        case _, True:
            # The key must be there before there are words: agents-js stops reading for good without it.
            return Part("input_audio", transcript=item.text)
        case _:
            return Part("input_text", text=item.text or "")
