"""How much of a prompt a llama.cpp server has still to read, by what it was seen reading. Pure.

A slot keeps the prompt that it read last, and what it wrote itself; when messages are taken out at the front, those
behind them are moved, not read again (`n_cache_reuse`). So what it knows are messages, in whatever order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.engines import ChatMessage

Words: TypeAlias = tuple[str, str]
"""Of a message: its role and all its text."""
LEAST_TOKENS = 32
"""A shorter reading says nothing about the pace: what it takes to begin is most of it."""
NEWEST = 0.3
"""Weight of the newest measurement of the pace."""


@dataclass(slots=True)
class _Slot:
    caller: str = ""
    known: dict[Words, int] = field(default_factory=dict)  # characters of each that are read


class PromptMemory:
    """What the slots hold, and how quickly they take in more."""

    def __init__(self) -> None:
        self._slots: dict[int, _Slot] = {}
        self._token_s = 0.0
        self._token_chars = 4.0

    def reading_s(self, messages: tuple[ChatMessage, ...], slot: int | None, caller: str) -> float:
        """Seconds until the caller's slot has read all of this; 0 as long as nothing is known of the pace.

        slot: None when the caller has none yet, and all has to be read.
        """
        held = self._slots.get(slot) if slot is not None else None
        known = held.known if held and held.caller == caller else {}
        unread = sum(_unread(_words(message), known) for message in messages)
        return unread / self._token_chars * self._token_s

    def read(self, messages: tuple[ChatMessage, ...], slot: int, caller: str, share: float) -> None:
        """The slot has read so much (0..1) of a prompt, in its order."""
        held = self._slots.setdefault(slot, _Slot())
        if held.caller != caller:
            held.caller, held.known = caller, {}
        written = [_words(message) for message in messages]
        left = share * sum(len(words[1]) for words in written)
        # Of an earlier prompt only that is left which is part of this one.
        known = {words: held.known[words] for words in written if words in held.known}
        for words in written:
            length = len(words[1])
            known[words] = max(known.get(words, 0), min(length, round(left)))
            left -= length
            if left <= 0:
                break
        held.known = known

    def wrote(self, answer: str, slot: int) -> None:
        """The slot's model has written this, and knows it too."""
        if answer and slot in self._slots:
            self._slots[slot].known["assistant", answer] = len(answer)

    def forget(self) -> None:
        """The server has begun another life."""
        self._slots.clear()

    def measured(self, tokens: int, seconds: float) -> None:
        """So many tokens were read in so many seconds."""
        if tokens >= LEAST_TOKENS and seconds > 0:
            newest = seconds / tokens
            self._token_s += (newest - self._token_s) * (NEWEST if self._token_s else 1.0)

    def sized(self, messages: tuple[ChatMessage, ...], tokens: int) -> None:
        """This prompt has so many tokens."""
        chars = sum(len(_words(message)[1]) for message in messages)
        if tokens >= LEAST_TOKENS and chars:
            self._token_chars = chars / tokens


def _words(message: ChatMessage) -> Words:
    return message.role, message.text + "".join(call.name + call.arguments for call in message.calls)


def _unread(words: Words, known: Mapping[Words, int]) -> int:
    """Characters of a message that are new; one that goes on from a known one is new in its rest."""
    role, text = words
    if words in known:
        return len(text) - known[words]
    begun = max((read for (of, begin), read in known.items() if of == role and text.startswith(begin)), default=0)
    return len(text) - begun
