"""The normal form in which a server gets a conversation, and stricter ones for servers whose templates insist. Pure.

A conversation is as it happened: a caller speaks twice before the answer, an answer is cancelled before its first
word, a tutor greets first. Many templates (Mistral's, Gemma's) raise an error unless caller and assistant take turns,
and then no later request succeeds. So neighbours of one role are one message, which changes nothing of what was read
before them, and the caller begins. What only some templates refuse is given up only where one has refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import IntEnum

from models.told_tools import told
from pipeline.engines import ChatMessage, ChatRequest

OPENING = "(The call begins.)"
"""The caller's part in front of an assistant's greeting, or of one that is yet to be made."""
GO_ON = "(Please go on.)"
"""The caller's part behind an answer to which another is wanted."""
ACKNOWLEDGED = "All right."
"""The assistant's part between a function's result and what the caller says next."""


class Form(IntEnum):
    """How strict. Each keeps the rules of those before it."""

    JOINED = 0
    """Neighbours of one role are one message; the caller begins."""
    TURNS = 1
    """Standing orders stand at the beginning only, those that come later are notes to the caller's words; caller and
    assistant take turns to the end."""
    BARE = 2
    """No role but caller and assistant: standing orders and tools are told in words."""


def formed(request: ChatRequest, form: Form, *, whole: bool = True) -> ChatRequest:
    """`request` in this form. whole: False for the beginning of one that will go on."""
    if form == Form.BARE:
        request = told(request)
    messages = request.messages
    if form >= Form.TURNS:
        messages = (*messages[:1], *(_note(message) for message in messages[1:]))
    if form == Form.BARE:
        messages = tuple(replace(message, role="user") if message.role == "system" else message for message in messages)
    messages = _begun_by_the_caller(_joined(messages), whole=whole)
    if form >= Form.TURNS:
        messages = _answered(messages)
        if whole and messages and messages[-1].role == "assistant" and not messages[-1].calls:
            messages = (*messages, ChatMessage("user", GO_ON))
    return replace(request, messages=messages)


def _note(message: ChatMessage) -> ChatMessage:
    return ChatMessage("user", f"(Note: {message.text})") if message.role == "system" else message


def _joined(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    found: list[ChatMessage] = []
    for message in messages:
        last = found[-1] if found else None
        if last and last.role == message.role and message.role != "tool" and not last.calls:
            text = "\n".join(filter(None, (last.text, message.text)))
            found[-1] = replace(last, text=text, calls=message.calls)
        else:
            found.append(message)
    return tuple(found)


def _begun_by_the_caller(messages: Sequence[ChatMessage], *, whole: bool) -> tuple[ChatMessage, ...]:
    at = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
    if messages[at].role != "assistant" if at < len(messages) else not whole:
        return tuple(messages)
    return (*messages[:at], ChatMessage("user", OPENING), *messages[at:])


def _answered(messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    found: list[ChatMessage] = []
    for message in messages:
        if message.role == "user" and found and found[-1].role == "tool":
            found.append(ChatMessage("assistant", ACKNOWLEDGED))
        found.append(message)
    return tuple(found)
