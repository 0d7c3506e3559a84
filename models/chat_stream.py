"""The answer of a chat-completions server, read from its bytes. No socket: `llm_openai` feeds it.

The format is that of OpenAI's `/v1/chat/completions` with `stream: true`: one JSON object per server-sent event, then
`[DONE]`. vLLM, llama.cpp and Ollama speak it too, each with additions: fields not named here are ignored.
"""

import secrets
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from models.chat_errors import NOT_A_STREAM, reported
from models.sse import EventStream
from models.thoughts import ThoughtFilter
from pipeline.engines import ChatDelta, ToolCallPiece, Usage
from pipeline.errors import EngineError


class _CachedTokens(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _CachedTokens | None = None


class _Timings(msgspec.Struct):
    """llama.cpp's own: `cache_n` tokens of the prompt were still in the slot."""

    cache_n: int = 0


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    # What a reasoning model thinks: llama.cpp and older vLLM, then newer vLLM and Ollama.
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    timings: _Timings | None = None
    error: Any = None


class ChatStream:
    """One answer.

    begun: the model has made its first token, spoken, thought or part of a call.
    finish: why it ended, None while it has not said so.
    done: the server has nothing more to say.
    """

    def __init__(self, server: str) -> None:
        """server: how error messages name it."""
        self.begun = False
        self.done = False
        self.finish: Literal["stop", "length"] | None = None
        self.usage: Usage | None = None
        self._server = server
        self._events = EventStream()
        self._thoughts = ThoughtFilter()
        self._calls: set[int] = set()
        self._decoder = msgspec.json.Decoder(_Chunk)

    def feed(self, data: bytes) -> list[ChatDelta]:
        """Words to speak and pieces of calls that `data` brings.

        Raises EngineError for what is not such a stream, or reports one.
        """
        try:
            return [delta for event in self._events.feed(data) for delta in self._take(event)]
        except (ValueError, msgspec.MsgspecError) as error:
            raise EngineError(
                f"{self._server} sent something that is not a chat-completions stream ({error}); {NOT_A_STREAM}"
            ) from error

    def end(self) -> str:
        """The last words, after the last `feed`."""
        return self._thoughts.end()

    def _take(self, event: str) -> Iterator[ChatDelta]:
        if event == "[DONE]":
            self.done = True
            if self.begun:
                self.finish = self.finish or "stop"
            return
        chunk = self._decoder.decode(event)
        if chunk.error is not None:
            raise reported(self._server, chunk.error)
        if chunk.usage is not None:
            self.usage = _counted(chunk.usage, chunk.timings)
        for choice in (chunk.choices or ())[:1]:
            delta = choice.delta or _Delta()
            thought = delta.reasoning_content or delta.reasoning
            if delta.content or thought or delta.tool_calls or choice.finish_reason:
                self.begun = True
            if words := self._thoughts.feed(delta.content or ""):
                yield ChatDelta(words)
            for call in delta.tool_calls or ():
                yield ChatDelta(call=self._piece(call))
            if choice.finish_reason:
                # Whatever else it may be (a content filter, a tool call), the answer has come to its end.
                self.finish = "length" if choice.finish_reason == "length" else "stop"

    def _piece(self, call: _Call) -> ToolCallPiece:
        """Names a call in its first piece and only there, as some servers repeat the name, and some give no id."""
        function = call.function or _Function()
        arguments = function.arguments or ""
        if call.index in self._calls:
            return ToolCallPiece(call.index, arguments)
        self._calls.add(call.index)
        return ToolCallPiece(call.index, arguments, call.id or f"call_{secrets.token_hex(12)}", function.name or "")


def _counted(usage: _Usage, timings: _Timings | None) -> Usage:
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    if cached is None:
        cached = timings.cache_n if timings else 0
    return Usage(input=usage.prompt_tokens or 0, output=usage.completion_tokens or 0, cached=cached)
