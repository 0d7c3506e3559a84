"""Items of the conversation as a language model reads them.

Chat servers want a function's result right behind the message that asked for it. In a conversation it comes when it
comes: other things may have been said meanwhile, or the result may still be missing. So each call is shown with its
result, and a result whose call is not shown any more is left out.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines import ChatMessage, ChatRequest
from pipeline.history import History, Item
from pipeline.settings import CallSettings, Reference, ReplyOptions

PENDING = "The result is not there yet."


def request(history: History, settings: CallSettings, options: ReplyOptions, words: str = "") -> ChatRequest:
    """What the language model is asked for an answer. words: what the caller is about to have said."""
    instructions = settings.instructions if options.instructions is None else options.instructions
    messages = chat_messages(_answered(history, settings, options))
    if instructions:
        messages = (ChatMessage("system", instructions), *messages)
    if (spoken := words or options.occasion) and options.input is None:
        messages = (*messages, ChatMessage("user", spoken))
    return ChatRequest(
        messages,
        options.max_tokens or settings.max_tokens,
        tools=settings.tools if options.tools is None else options.tools,
        tool_choice=options.tool_choice or settings.tool_choice,
    )


def _answered(history: History, settings: CallSettings, options: ReplyOptions) -> list[Item]:
    """The conversation as far as it is remembered, or the input that takes its place."""
    if options.input is None:
        return history.remembered(settings.memory if settings.forgets else None, settings.retained)
    found = (history.get(item.id) if isinstance(item, Reference) else item for item in options.input)
    return [item for item in found if item is not None]


def chat_messages(items: Sequence[Item]) -> tuple[ChatMessage, ...]:
    """Oldest first. Calls that follow one another, or the words they were made with, are one message."""
    results = {item.call_id: item.text or "" for item in items if item.role == "tool"}
    shown: list[ChatMessage] = []
    owed: list[ChatMessage] = []  # results of the calls in the last message
    for item in items:
        if item.call is None or not shown or shown[-1].role != "assistant":
            shown += owed
            owed = []
        if item.call is not None:
            if item.status != "completed":
                continue  # its arguments are no JSON yet, or never will be
            if not shown or shown[-1].role != "assistant":
                shown.append(ChatMessage("assistant", ""))
            shown[-1] = replace(shown[-1], calls=(*shown[-1].calls, item.call))
            owed.append(ChatMessage("tool", results.get(item.call.id, PENDING), call_id=item.call.id))
        elif item.role != "tool" and item.text:
            shown.append(ChatMessage(item.role, item.text))
    return tuple(shown + owed)
