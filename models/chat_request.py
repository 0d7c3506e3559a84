"""What a chat-completions server is sent: our contract's request in OpenAI's JSON. Pure."""

import json
from typing import Any

from models.call_forms import as_object, whole
from pipeline.engines import ChatMessage, ChatRequest, Tool, ToolCall

NO_ARGUMENTS = {"type": "object", "properties": {}}
"""JSON Schema of a function that takes none; servers insist on a schema."""


def prompt(request: ChatRequest) -> dict[str, Any]:
    """The fields of a request's body that decide what the model reads."""
    fields: dict[str, Any] = {"messages": [_message(message) for message in request.messages]}
    if request.tools:
        fields["tools"] = [_tool(tool) for tool in request.tools]
        fields["tool_choice"] = request.tool_choice
    return fields


def _message(message: ChatMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.calls:
        fields["tool_calls"] = [_call(call) for call in message.calls]
    if message.call_id:
        fields["tool_call_id"] = message.call_id
    return fields


def _call(call: ToolCall) -> dict[str, Any]:
    # Servers read the arguments, and refuse the whole conversation for one call whose arguments are no object.
    arguments = call.arguments if whole(call.arguments) else json.dumps(as_object(call.arguments))
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _tool(tool: Tool) -> dict[str, Any]:
    parameters = dict(tool.parameters) or NO_ARGUMENTS
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}
