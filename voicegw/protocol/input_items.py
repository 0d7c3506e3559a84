"""Items that a client may write, onto those of the conversation."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw

from pipeline.engines import ToolCall
from pipeline.errors import CallerError
from pipeline.history import Item
from pipeline.settings import Reference
from voicegw.protocol.tools import FunctionName
from voicegw.protocol.validation import decode
from voicegw.protocol.wire import TEXT_LIMIT, ItemId, Text, Wire

Role: TypeAlias = Literal["system", "user", "assistant"]
ItemStatus: TypeAlias = Literal["in_progress", "completed", "incomplete"]


class InputText(Wire, frozen=True, tag_field="type", tag="input_text"):
    text: Text


class OutputText(Wire, frozen=True, tag_field="type", tag="output_text"):
    text: Text


class PlainText(Wire, frozen=True, tag_field="type", tag="text"):
    """The older name of `output_text`, which clients still send."""

    text: Text


ClientPart: TypeAlias = InputText | OutputText | PlainText


class ClientItemBase(Wire, frozen=True, kw_only=True, tag_field="type"):
    """`object` and `status` are taken for what they say, and change nothing."""

    id: ItemId | None = None
    object: Literal["realtime.item"] | None = None
    status: ItemStatus | None = None


class ClientMessage(ClientItemBase, frozen=True, kw_only=True, tag="message"):
    """A written message."""

    role: Role
    # Decoded one by one, so that an error can say which of them it is about.
    content: Annotated[list[Raw], Meta(min_length=1, max_length=64)]


class ClientCall(ClientItemBase, frozen=True, kw_only=True, tag="function_call"):
    """A call that was made earlier, told again."""

    name: FunctionName
    arguments: Text
    call_id: ItemId | None = None


class ClientResult(ClientItemBase, frozen=True, kw_only=True, tag="function_call_output"):
    """What came of a call."""

    call_id: ItemId
    output: Text


class ItemReference(Wire, frozen=True, tag_field="type", tag="item_reference"):
    """Only as the input of a response: an item that the conversation has."""

    id: ItemId


ClientItem: TypeAlias = ClientMessage | ClientCall | ClientResult
InputItems: TypeAlias = Annotated[list[Raw], Meta(max_length=256)]
_InputItem: TypeAlias = ClientMessage | ClientCall | ClientResult | ItemReference


def item_from(item: ClientItem, new_id: Callable[[str], str], at: str = "item") -> Item:
    """The item as the conversation keeps it. at: the field it is, for errors. Raises CallerError naming the part."""
    id_ = item.id or new_id("item")
    match item:
        case ClientMessage():
            return Item(id_, item.role, _text(item, at))
        case ClientCall():
            _check_arguments(item.arguments, f"{at}.arguments")
            call = ToolCall(item.call_id or new_id("call"), item.name, item.arguments)
            return Item(id_, "assistant", None, call=call)
        case ClientResult():
            return Item(id_, "tool", item.output, call_id=item.call_id)


def input_from(raws: Sequence[Raw], new_id: Callable[[str], str]) -> tuple[Item | Reference, ...]:
    """The input of a response. Raises CallerError naming the item at fault."""
    return tuple(_input(raw, new_id, f"response.input[{index}]") for index, raw in enumerate(raws))


def _input(raw: Raw, new_id: Callable[[str], str], at: str) -> Item | Reference:
    item: _InputItem = decode(raw, _InputItem, at)
    return Reference(item.id) if isinstance(item, ItemReference) else item_from(item, new_id, at)


def _text(message: ClientMessage, at: str) -> str:
    texts = [_part(raw, f"{at}.content[{index}]", message.role) for index, raw in enumerate(message.content)]
    text = "\n".join(texts)
    if len(text) > TEXT_LIMIT:
        raise CallerError(
            f"'{at}.content' holds {len(text)} characters; a message may have at most {TEXT_LIMIT}.",
            param=f"{at}.content",
        )
    return text


def _part(raw: Raw, at: str, role: Role) -> str:
    part: ClientPart = decode(raw, ClientPart, at)
    if isinstance(part, InputText) == (role == "assistant"):
        right = "output_text" if role == "assistant" else "input_text"
        raise CallerError(f"The content of a message of role '{role}' must be of type '{right}'.", param=f"{at}.type")
    return part.text


def _check_arguments(arguments: str, param: str) -> None:
    """The language model's server reads them again, and fails on what is no JSON object."""
    try:
        fine = isinstance(msgspec.json.decode(arguments), dict)
    except (msgspec.DecodeError, RecursionError):
        fine = False
    if not fine:
        raise CallerError(f"'{param}' must be the JSON text of an object.", param=param)
