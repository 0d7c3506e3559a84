"""Tools told to a model in words, for templates that know none, or whose example of a call is wrong. Pure.

Qwen2.5-Coder's template shows a call in double braces, and the model writes them; told so it also calls functions that
there are not. Here the standing orders end with the tools, a call is a line of JSON, and a result is a message.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.chat_request import NO_ARGUMENTS
from pipeline.engines import ChatMessage, ChatRequest, Tool

ORDERS = (
    "You can call functions. Each is described by one line of JSON:\n{tools}\n"
    "When you need one of them for what the user asks, answer with its call and nothing else, on one line: "
    '{{"name": "its name", "arguments": {{…}}}}. In every other case answer in words.'
)

EXAMPLES = (
    ChatMessage("user", "Hello!"),
    ChatMessage("assistant", "Hello! How can I help you?"),
    ChatMessage("user", "I am a bit tired."),
    ChatMessage("assistant", "I am sorry to hear that. Take a rest."),
    ChatMessage("user", "Thanks!"),
    ChatMessage("assistant", "You are welcome."),
)
"""What needs no function, as the beginning of the conversation: told of functions only, small models call one for
everything that is said to them."""


def told(request: ChatRequest) -> ChatRequest:
    """`request` without tools, calls and results: all of them are in the words of its messages."""
    messages = tuple(_written(request.messages))
    if request.tools and request.tool_choice != "none":
        orders = ORDERS.format(tools="\n".join(map(_line, request.tools)))
        if messages and messages[0].role == "system":
            first, messages = replace(messages[0], text=f"{messages[0].text}\n\n{orders}"), messages[1:]
        else:
            first = ChatMessage("system", orders)
        messages = (first, *EXAMPLES, *messages)
    return replace(request, messages=messages, tools=(), tool_choice="auto")


def _written(messages: Sequence[ChatMessage]) -> Iterator[ChatMessage]:
    for message in messages:
        if message.role == "tool":
            yield ChatMessage("user", f"<tool_response>\n{message.text}\n</tool_response>")
        elif message.calls:
            calls = (
                f'{{"name": {json.dumps(call.name)}, "arguments": {call.arguments or "{}"}}}' for call in message.calls
            )
            yield ChatMessage(message.role, "\n".join(filter(None, [message.text, *calls])))
        else:
            yield message


def _line(tool: Tool) -> str:
    described = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters) or NO_ARGUMENTS,
    }
    return json.dumps({key: value for key, value in described.items() if value}, ensure_ascii=False)
