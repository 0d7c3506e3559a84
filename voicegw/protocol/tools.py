"""Functions that the client offers to the language model."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from pipeline.engines import Tool
from pipeline.errors import CallerError
from pipeline.settings import ToolChoice
from voicegw.protocol.wire import Wire

SCHEMA_LIMIT = 131_072
"""Bytes of JSON that all parameters together may have: the language model reads them with every answer."""

FunctionName: TypeAlias = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_.-]{1,64}\Z")]


class FunctionTool(Wire, frozen=True, tag_field="type", tag="function", omit_defaults=True):
    name: FunctionName
    description: Annotated[str, Meta(max_length=16_384)] | None = None
    parameters: dict[str, Any] | None = None
    """JSON Schema of the arguments."""


Tools: TypeAlias = Annotated[list[FunctionTool], Meta(max_length=128)]


class ForcedFunction(Wire, frozen=True, tag_field="type", tag="function"):
    """The model has to call this one."""

    name: FunctionName


WireToolChoice: TypeAlias = Literal["auto", "none", "required"] | ForcedFunction


def offered(tools: Sequence[FunctionTool], choice: WireToolChoice, at: str) -> tuple[tuple[Tool, ...], ToolChoice]:
    """What the language model is offered. at: the object that holds both fields, for errors.

    To force one function is to offer no other. Raises CallerError.
    """
    names = [tool.name for tool in tools]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise CallerError(f"There are two tools named '{name}'.", param=f"{at}.tools[{index}].name")
    if len(msgspec.json.encode([tool.parameters for tool in tools])) > SCHEMA_LIMIT:
        raise CallerError(
            f"The parameters of all tools together may have at most {SCHEMA_LIMIT} bytes.", param=f"{at}.tools"
        )
    if isinstance(choice, ForcedFunction):
        if choice.name not in names:
            raise CallerError(f"There is no tool named '{choice.name}'.", param=f"{at}.tool_choice.name")
        tools, choice = [tool for tool in tools if tool.name == choice.name], "required"
    elif not tools:
        choice = "auto"  # clients choose before they offer; there is nothing to require yet
    return tuple(Tool(tool.name, tool.description or "", tool.parameters or {}) for tool in tools), choice
