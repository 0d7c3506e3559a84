"""The answer of a chat-completions server, read from its bytes. No socket: `llm_openai` feeds it.

The format is that of OpenAI's `/v1/chat/completions` with `stream: true`: one JSON object per server-sent event, then
`[DONE]`. vLLM, llama.cpp and Ollama speak it too, each with additions: fields not named here are ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from models.call_pieces import CallPieces
from models.chat_errors import NOT_A_STREAM, reported
from models.sse import EventStream
from models.thoughts import ThoughtFilter
from models.written_calls import WrittenCalls
from pipeline.engines import ChatDelta, Finish, Reading, Tool, Usage
from pipeline.errors import EngineBroken, NoAnswer

THOUGHTS = 65_536
"""Most characters that a model may think before, or within, one answer."""
ARGUMENTS = 65_536
"""Most characters of all arguments of an answer together: as many as the wire's own limit for a function's."""


class _CachedTokens(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _CachedTokens | None = None


class _Timings(msgspec.Struct):
    """llama.cpp's own: `cache_n` tokens of the prompt were still in the slot."""

    cache_n: int = 0


class _Progress(msgspec.Struct):
    """llama.cpp's own, while it reads the prompt: tokens of it, those in the slot already, those done with them."""

    total: int
    cache: int = 0
    processed: int = 0
    time_ms: float = 0


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: Any = None


class _Call(msgspec.Struct):
    index: int | str | None = None
    id: str | int | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | list[Any] | dict[str, Any] | None = None
    refusal: str | None = None
    # What a reasoning model thinks: llama.cpp and older vLLM, then newer vLLM and Ollama.
    # Some send objects, or lists of parts.
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: list[_Call] | None = None
    # How calls were told before there could be several.
    function_call: _Function | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None
    # OpenRouter's place for what went wrong at a provider.
    error: Any = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    timings: _Timings | None = None
    prompt_progress: _Progress | None = None
    error: Any = None
    # Of servers whose errors are not in OpenAI's form.
    detail: Any = None
    message: Any = None


class ChatStream:
    """One answer.

    begun: the model has made its first token, spoken, thought or part of a call.
    finish: why it ended, None while it has not said so.
    done: the server has nothing more to say. cut: it has said more than it may, and is not listened to any more.
    reading: how far it is with the prompt, where it tells.
    refused: the server would not take the form of the conversation.
    """

    def __init__(
        self,
        server: str,
        tools: Sequence[Tool] = (),
        *,
        thoughts: ThoughtFilter | None = None,
        may_call: bool = True,
        longest: int = 1 << 20,
    ) -> None:
        """server: how error messages name it. tools: of the session. may_call: this answer may call them.

        longest: characters after which an answer is cut, whatever its server thinks of a limit.
        """
        self.begun = False
        self.done = False
        self.cut = False
        self.finish: Finish | None = None
        self.usage: Usage | None = None
        self.reading: Reading | None = None
        self.refused = False
        self._server = server
        self._events = EventStream()
        self._thoughts = thoughts or ThoughtFilter()
        self._written = WrittenCalls(tools, may_call=may_call)
        self._pieces = CallPieces(tools)
        self._left = {"words": longest, "thoughts": THOUGHTS, "arguments": ARGUMENTS}
        self._fruitful = False  # something was said or called
        self._decoder = msgspec.json.Decoder(_Chunk)

    def feed(self, data: bytes) -> list[ChatDelta]:
        """Words to speak and pieces of calls that `data` brings.

        Raises EngineError for what is not such a stream, or reports one.
        """
        try:
            found = [delta for event in self._events.feed(data) for delta in self._take(event)]
        except (ValueError, RecursionError, msgspec.MsgspecError) as error:
            raise EngineBroken(
                f"{self._server} sent something that is not a chat-completions stream ({error}); {NOT_A_STREAM}"
            ) from error
        return self._told(found)

    def end(self) -> list[ChatDelta]:
        """The last words, after the last `feed`. Raises NoAnswer when there was nothing but what nobody may hear."""
        words, calls = self._thoughts.end(), [ChatDelta(call=piece) for piece in self._pieces.end()]
        before = [ChatDelta(words), *calls] if calls else []
        told = self._told([*before, ChatDelta("" if calls else words, finish=self.finish, usage=self.usage)])
        if not self._fruitful:
            if self._thoughts.thought or self._left["thoughts"] < THOUGHTS:
                raise NoAnswer(
                    f"{self._server} only thought, and gave no answer; a model that thinks less, or a larger "
                    "VOICEGW_LLM_MAX_TOKENS, may help."
                )
            if self.finish != "length" and (self._written.withheld or self._pieces.withheld):
                raise NoAnswer(f"{self._server} tried to call a function that there is not, or in a form that is none.")
        return told

    def _told(self, found: Sequence[ChatDelta]) -> list[ChatDelta]:
        told = [one for delta in found for one in self._written.feed(delta)]
        self._fruitful = self._fruitful or any(one.call or one.text.strip() for one in told)
        return told

    def _take(self, event: str) -> Iterator[ChatDelta]:
        if event == "[DONE]":
            self.done = True
            if self.begun:
                self.finish = self.finish or "stop"
            return
        chunk = self._decoder.decode(event)
        complaint = chunk.error or (None if chunk.choices else chunk.detail or chunk.message)
        if complaint:
            raise reported(self._server, complaint)
        if chunk.usage is not None:
            self.usage = _counted(chunk.usage, chunk.timings)
        if chunk.prompt_progress:
            self.reading = _reading(chunk.prompt_progress)
        for choice in (chunk.choices or ())[:1]:
            yield from self._choice(choice)

    def _choice(self, choice: _Choice) -> Iterator[ChatDelta]:
        if choice.error:
            raise reported(self._server, choice.error)
        delta = choice.delta or _Delta()
        words, thought = _parts(delta.content)
        words += delta.refusal or ""
        thought += _written(delta.reasoning_content or delta.reasoning)
        calls = [*(delta.tool_calls or ()), *([_Call(function=delta.function_call)] if delta.function_call else ())]
        if words or thought or calls or choice.finish_reason:
            self.begun = True
        self._spend("thoughts", thought)
        words = self._thoughts.feed(self._spend("words", words))
        if self._thoughts.late:
            raise NoAnswer(
                f"{self._server} thinks aloud with no mark in front; from now on its thought's end is waited for."
            )
        if words:
            yield ChatDelta(words)
        for call in calls:
            function = call.function or _Function()
            arguments = function.arguments or ""
            if not isinstance(arguments, str):
                arguments = msgspec.json.encode(arguments).decode()
            arguments = self._spend("arguments", arguments)
            for piece in self._pieces.take(_number(call.index), str(call.id or ""), function.name or "", arguments):
                yield ChatDelta(call=piece)
        if reason := choice.finish_reason:
            # Whatever else it may be, a tool call for example, the answer has come to its end.
            self.finish = self.finish or {"length": "length", "content_filter": "content_filter"}.get(reason, "stop")  # type: ignore[assignment]

    def _spend(self, what: str, text: str) -> str:
        """As much of `text` as the answer may still have; when that is not all, the answer is over."""
        kept = text[: self._left[what]]
        self._left[what] -= len(kept)
        if len(kept) < len(text):
            self.finish, self.cut = "length", True
        return kept


def progress(event: str) -> Reading | None:
    """How far llama.cpp is with a prompt, if that is what this event tells."""
    told = msgspec.json.decode(event, type=_Chunk).prompt_progress
    return _reading(told) if told else None


def _reading(told: _Progress) -> Reading:
    return Reading(told.total, told.cache, told.processed, told.time_ms / 1000)


def _number(index: int | str | None) -> int | None:
    return int(index) if isinstance(index, int) or (index or "").isdecimal() else None  # type: ignore[arg-type]


def _written(thought: object) -> str:
    """As text, whatever it came as: only its length matters."""
    if not thought:
        return ""
    return thought if isinstance(thought, str) else msgspec.json.encode(thought).decode()


def _parts(content: str | list[Any] | dict[str, Any] | None) -> tuple[str, str]:
    """Words and thoughts of a content that may be a part or a list of parts, as Mistral's is."""
    if content is None or isinstance(content, str):
        return content or "", ""
    if isinstance(content, dict):
        content = [content]
    words = thought = ""
    for part in content:
        if isinstance(part, str):
            words += part
        elif isinstance(part, Mapping):
            kind, inner = part.get("type", "text"), part.get("text")
            if isinstance(inner, Mapping):
                inner = inner.get("value")
            if kind in ("text", "output_text") and isinstance(inner, str) and not part.get("thought"):
                words += inner
            else:
                thought += str(part.get(str(kind)) or inner or "")
    return words, thought


def _counted(usage: _Usage, timings: _Timings | None) -> Usage:
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    if cached is None:
        cached = timings.cache_n if timings else 0
    return Usage(input=usage.prompt_tokens or 0, output=usage.completion_tokens or 0, cached=cached)
