"""Items that a client may write, onto those of the conversation.

The parts of a message become one: texts and the words of its sound, a line each. Parts of kinds that are not here
(images) are refused alone; so are items of such kinds (MCP) in the input of a response.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw

from pipeline.audio import Pcm
from pipeline.engines import ToolCall
from pipeline.errors import CallerError
from pipeline.history import Item
from pipeline.settings import Reference
from voicegw.protocol.alone import LOOKED_THROUGH, Refusals, converted
from voicegw.protocol.formats import AudioFormat
from voicegw.protocol.recorded import recorded
from voicegw.protocol.tools import FunctionName
from voicegw.protocol.validation import decode
from voicegw.protocol.wire import TEXT_LIMIT, AudioBytes, ItemId, Text, Wire

Role: TypeAlias = Literal["system", "user", "assistant"]
ItemStatus: TypeAlias = Literal["in_progress", "completed", "incomplete"]


class InputText(Wire, frozen=True, tag_field="type", tag="input_text"):
    text: Text


class OutputText(Wire, frozen=True, tag_field="type", tag="output_text"):
    text: Text


class PlainText(Wire, frozen=True, tag_field="type", tag="text"):
    """The older name of `output_text`, which clients still send."""

    text: Text


class InputAudio(Wire, frozen=True, tag_field="type", tag="input_audio"):
    """Sound of the caller's. One whose words are known already need not be heard again, nor sent."""

    audio: AudioBytes | None = None
    transcript: Text | None = None


class OutputAudio(Wire, frozen=True, tag_field="type", tag="output_audio"):
    """What was answered before, told again: its words count, and its sound is not needed."""

    transcript: Text
    audio: AudioBytes | None = None


class PlainAudio(Wire, frozen=True, tag_field="type", tag="audio"):
    """The older name of `output_audio`."""

    transcript: Text
    audio: AudioBytes | None = None


ClientPart: TypeAlias = InputText | OutputText | PlainText | InputAudio | OutputAudio | PlainAudio
OF_ASSISTANTS = (OutputText, PlainText, OutputAudio, PlainAudio)
OF_USERS = (InputText, PlainText, InputAudio)
FOREIGN_PARTS = frozenset({"input_image"})
FOREIGN_ITEMS = frozenset({"mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"})


@dataclass(frozen=True, slots=True)
class Written:
    """An item of the conversation, and the sound whose words it does not have yet."""

    item: Item
    sound: Pcm | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """What items are made with. new_id: see RealtimeProtocol. wire: the session's input format."""

    new_id: Callable[[str], str]
    wire: AudioFormat
    refusals: Refusals = field(default_factory=Refusals)


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


def item_from(item: ClientItem, reader: Reader, at: str = "item") -> Written:
    """The item as the conversation keeps it. at: the field it is, for errors. Raises CallerError naming the part."""
    id_ = item.id or reader.new_id("item")
    match item:
        case ClientMessage():
            return _message(id_, item, reader, at)
        case ClientCall():
            _check_arguments(item.arguments, f"{at}.arguments")
            call = ToolCall(item.call_id or reader.new_id("call"), item.name, item.arguments)
            return Written(Item(id_, "assistant", None, call=call))
        case ClientResult():
            return Written(Item(id_, "tool", item.output, call_id=item.call_id))


def input_from(raws: Sequence[Raw], reader: Reader) -> tuple[Written | Reference, ...]:
    """The input of a response. Raises CallerError naming the item at fault."""
    found = (_input(raw, reader, f"response.input[{index}]") for index, raw in enumerate(raws))
    return tuple(one for one in found if one is not None)


def _input(raw: Raw, reader: Reader, at: str) -> Written | Reference | None:
    item: _InputItem | None = _read(raw, _InputItem, reader.refusals, at, FOREIGN_ITEMS)
    if item is None:
        return None
    return Reference(item.id) if isinstance(item, ItemReference) else item_from(item, reader, at)


def _message(id_: str, message: ClientMessage, reader: Reader, at: str) -> Written:
    texts: list[str] = []
    sounds: list[Pcm] = []
    audio = False
    for index, raw in enumerate(message.content):
        place = f"{at}.content[{index}]"
        part = _part(raw, reader.refusals, place, message.role)
        match part:
            case InputText() | OutputText() | PlainText():
                texts.append(part.text)
            case InputAudio(bytes() as given, None | "") if given:
                sounds.append(recorded(given, reader.wire, f"{place}.audio"))
            case InputAudio(_, None | ""):
                raise CallerError(f"'{place}' has neither 'audio' nor a 'transcript'.", param=f"{place}.audio")
            case InputAudio() | OutputAudio() | PlainAudio():
                audio = True
                texts.append(part.transcript or "")
    if not texts and not sounds and reader.refusals.error:
        raise reader.refusals.error  # nothing of it is left
    text = "\n".join(texts)
    if len(text) > TEXT_LIMIT:
        raise CallerError(
            f"'{at}.content' holds {len(text)} characters; a message may have at most {TEXT_LIMIT}.",
            param=f"{at}.content",
        )
    if not sounds:
        return Written(Item(id_, message.role, text, audio=audio))
    if len({sound.rate for sound in sounds}) > 1:
        raise CallerError(f"The sounds in '{at}.content' differ in their rates.", param=f"{at}.content")
    sound = Pcm(b"".join(sound.data for sound in sounds), sounds[0].rate)
    return Written(Item(id_, message.role, text or None, audio=True), sound)


def _part(raw: Raw, refusals: Refusals, at: str, role: Role) -> ClientPart | None:
    part: ClientPart | None = _read(raw, ClientPart, refusals, at, FOREIGN_PARTS)
    right = OF_ASSISTANTS if role == "assistant" else OF_USERS if role == "user" else (InputText, PlainText)
    if part is None or isinstance(part, right):
        return part
    name = right[0].__struct_config__.tag
    raise CallerError(f"The content of a message of role '{role}' must be of type '{name}'.", param=f"{at}.type")


def _read(raw: Raw, shape: Any, refusals: Refusals, at: str, foreign: Set[str]) -> Any:
    """`raw` as `shape`; None for what is of a kind that is refused alone."""
    try:
        return decode(raw, shape, at)
    except CallerError as error:
        if len(bytes(raw)) > LOOKED_THROUGH:
            raise
        value = msgspec.json.decode(raw)
        if isinstance(value, dict) and isinstance(value.get("type"), str) and value["type"] in foreign:
            refusals.add(error)
            return None
        return converted(value, shape, refusals, at)


def _check_arguments(arguments: str, param: str) -> None:
    """The language model's server reads them again, and fails on what is no JSON object."""
    try:
        fine = isinstance(msgspec.json.decode(arguments), dict)
    except (msgspec.DecodeError, RecursionError):
        fine = False
    if not fine:
        raise CallerError(f"'{param}' must be the JSON text of an object.", param=param)
