"""Items of the conversation: the client's onto `pipeline.history.Item`, and back onto the wire."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from pipeline.errors import CallerError
from pipeline.history import Item
from voicegw.protocol.validation import decode
from voicegw.protocol.wire import TEXT_LIMIT, ItemId, Text, Wire

Role: TypeAlias = Literal["system", "user", "assistant"]
ItemStatus: TypeAlias = Literal["in_progress", "completed", "incomplete"]


# --- what a client may write ---------------------------------------------------------------------------------------


class InputText(Wire, frozen=True, tag_field="type", tag="input_text"):
    text: Text


class OutputText(Wire, frozen=True, tag_field="type", tag="output_text"):
    text: Text


class PlainText(Wire, frozen=True, tag_field="type", tag="text"):
    """The older name of `output_text`, which clients still send."""

    text: Text


ClientPart: TypeAlias = InputText | OutputText | PlainText


class ClientMessage(Wire, frozen=True, tag_field="type", tag="message"):
    """A written message. `object` and `status` are taken for what they say, and change nothing."""

    role: Role
    # Decoded one by one, so that an error can say which of them it is about.
    content: Annotated[list[Raw], Meta(min_length=1, max_length=64)]
    id: ItemId | None = None
    object: Literal["realtime.item"] | None = None
    status: ItemStatus | None = None


ClientItem: TypeAlias = ClientMessage


def item_from(message: ClientMessage, new_id: Callable[[str], str]) -> Item:
    """The message as the conversation keeps it. Raises CallerError naming the part at fault."""
    texts = [_text(raw, f"item.content[{index}]", message.role) for index, raw in enumerate(message.content)]
    text = "\n".join(texts)
    if len(text) > TEXT_LIMIT:
        raise CallerError(
            f"'item.content' holds {len(text)} characters; a message may have at most {TEXT_LIMIT}.",
            param="item.content",
        )
    return Item(id=message.id or new_id("item"), role=message.role, text=text)


def _text(raw: Raw, at: str, role: Role) -> str:
    part: ClientPart = decode(raw, ClientPart, at)
    if isinstance(part, InputText) == (role == "assistant"):
        right = "output_text" if role == "assistant" else "input_text"
        raise CallerError(f"The content of a message of role '{role}' must be of type '{right}'.", param=f"{at}.type")
    return part.text


# --- what a client is told -----------------------------------------------------------------------------------------


class Part(Struct, frozen=True):
    """A content part, with only the keys of its type: clients drop events over a null where they expect nothing."""

    type: Literal["input_text", "input_audio", "output_text", "output_audio"]
    text: str | UnsetType = UNSET
    transcript: str | UnsetType | None = UNSET


class Message(Struct, frozen=True, kw_only=True):
    """An item of the conversation on the wire."""

    id: str
    object: Literal["realtime.item"] = "realtime.item"
    type: Literal["message"] = "message"
    status: ItemStatus
    role: Role
    content: list[Part]


def wire_item(item: Item) -> Message:
    """`item` as events carry it; an answer that is still being made has no content yet."""
    content = [] if item.status == "in_progress" else [_part(item)]
    return Message(id=item.id, status=item.status, role=item.role, content=content)


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
