"""A language model behind any OpenAI-compatible server: vLLM, llama.cpp, Ollama, OpenAI itself.

An answer fails early rather than late: each wait has its own limit, and one lost connection is made good by one new
try as long as nothing has been said. Leaving the stream closes its connection; that is how these servers learn that
nobody listens any more, and they stop generating.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

import httpx2
import msgspec

from models import chat_request
from models.chat_address import base, client, shown
from models.chat_errors import NOT_A_STREAM, of_the_form, quote, refused, unreachable, why
from models.chat_form import Form, formed
from models.chat_health import ChatHealth
from models.chat_limits import DEFAULT_LIMITS, ChatLimits, Waits
from models.chat_stream import ChatStream
from models.looking import cannot_look
from models.thoughts import Habits
from models.told_tools import told
from pipeline.engines import ChatDelta, ChatMessage, ChatRequest, EngineInfo
from pipeline.errors import EngineBroken, EngineDown, EngineError, EngineOverloaded, EngineTimeout, OperatorError

log = logging.getLogger(__name__)

AFTER_LAST_TOKEN_S = 1.0
"""How long the usage counts and the end of the stream may take once the model has finished; seconds."""
HELLO = ChatRequest((ChatMessage("user", "Hi"),), max_tokens=1)
"""Asked to see whether anything is answered."""
POLL_S = 0.25
"""Pause between two looks at a server that is still starting; seconds."""
LONGEST_REFUSAL = 1 << 16
"""Bytes read of an error page."""

REMEMBERS_PREFIXES = frozenset({"vllm", "sglang", "llamacpp", "library"})
"""Servers, by what their list of models says of the owner, that keep what they read of a prompt unless told not to.

`library` is Ollama's word. A hosted service is not among them: it bills what is read early like anything else.
"""

WORTH_TELLING = 256
"""Tokens to be read of a prompt, from which on the caller's client is told how far that is."""

CONNECTION_LOST = (httpx2.NetworkError, httpx2.RemoteProtocolError)


class OpenAIChat:
    """Implements `pipeline.engines.ChatModel`."""

    def __init__(
        self,
        base_url: str,
        model: str | None = None,
        api_key: str | None = None,
        *,
        limits: ChatLimits = DEFAULT_LIMITS,
        temperature: float = 0.7,
        extra: Mapping[str, Any] | None = None,
        own: bool = False,
    ) -> None:
        """base_url: with or without `/v1`. model: None or `auto` takes the first one that the server lists.

        extra: further fields of every request's body, for what only one kind of server understands.
        own: a llama.cpp of ours, whose answers hold no thoughts, and which is told its tools in words.
        Raises OperatorError for a URL that is none.
        """
        url = base(base_url)
        self._server = f"The language model at {shown(url)}"
        self._model = None if model == "auto" else model
        self._kind = "openai-compatible"
        self._limits = limits
        self._temperature = temperature
        self._extra = dict(extra or {})
        self._key = api_key
        self._habits = Habits(trusted=own)
        self._own = own
        self._form = Form.JOINED
        self._client = client(url, api_key, limits)
        self._health = ChatHealth(self._look, self._ask)

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("llm", self._kind, self._model or "auto", "remote", "")

    async def start(self) -> None:
        offered = await self._offered()
        if self._model is None:
            if not offered:
                raise OperatorError(f"{self._server} lists no models; name one with VOICEGW_LLM_MODEL.")
            self._model = offered[0].id
        self._kind = next((model.owned_by for model in offered if model.id == self._model), "") or self._kind
        patient = replace(self._limits, first_token_s=self._limits.start_s, total_s=self._limits.start_s)
        try:
            async with aclosing(self._only_read(HELLO, Waits(patient, self._server))) as deltas:
                async for _ in deltas:
                    pass
        except EngineError as error:
            listed = ", ".join(model.id for model in offered[:5])
            raise OperatorError(f"{error}" + (f" It offers: {listed}." if listed else "")) from error

    async def close(self) -> None:
        await self._client.aclose()

    async def probe(self) -> None:
        await self._health.probe()

    async def stream(
        self, request: ChatRequest, *, caller: str, extra: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it is made. extra: further fields of this request's body.

        Raises EngineDown, EngineOverloaded, EngineTimeout, or EngineError when the server refuses the request.
        """
        if self._client.is_closed:
            raise EngineDown(f"{self._server} has been closed; the gateway is shutting down.")
        thoughts = self._habits.filter()
        answer = partial(
            ChatStream, self._server, request.tools, thoughts=thoughts, may_call=request.tool_choice != "none",
            longest=self._limits.token_chars * (request.max_tokens or self._limits.max_tokens),
        )  # fmt: skip
        waits = Waits(self._limits, self._server, reads=self._own)
        try:
            async with aclosing(self._in_form(request, answer, waits, dict(extra or {}))) as deltas:
                async for delta in deltas:
                    yield delta
            self._habits.learn(thoughts)
        except EngineError as error:
            if thoughts.opened:
                self._habits.learn(thoughts)
            if self._key and self._key in str(error):
                error = type(error)(str(error).replace(self._key, "***"))
            log.info("call %s: %s", caller, error)
            self._health.failed(error)
            raise error from None
        self._health.answered()

    async def prefill(self, request: ChatRequest, *, caller: str) -> None:
        """An answer of one token, where the server is known to remember what it reads; nothing elsewhere.

        No common interface reads a prompt without answering it. The one token and the template's tail are what this
        costs; vLLM keeps whole blocks of 16 tokens of the rest.
        """
        if self._kind not in REMEMBERS_PREFIXES:
            return
        waits = Waits(self._limits, self._server)
        async with aclosing(self._only_read(replace(request, max_tokens=1), waits)) as deltas:
            async for _ in deltas:
                pass

    def reading_s(self, request: ChatRequest, *, caller: str) -> float:
        """Not known of somebody else's server."""
        return 0.0

    def asked(self, request: ChatRequest, form: Form | None = None, *, whole: bool = True) -> ChatRequest:
        """`request` as this server is asked it. form: None for the one that it takes. whole: see `formed`."""
        return formed(told(request) if self._own else request, self._form if form is None else form, whole=whole)

    def prompt(self, request: ChatRequest, form: Form | None = None, *, whole: bool = True) -> dict[str, Any]:
        """The fields of a body that decide what the model reads."""
        return chat_request.prompt(self.asked(request, form, whole=whole))

    def _only_read(self, request: ChatRequest, waits: Waits) -> AsyncGenerator[ChatDelta, None]:
        """Its one token may be the beginning of a thought."""
        body = self._body(request, self.prompt(request, whole=False))
        return self._answer(body, partial(ChatStream, self._server), waits, fruitless=True)

    def _body(self, request: ChatRequest, prompt: dict[str, Any]) -> dict[str, Any]:
        return {
            "model": self._model or "default",
            **prompt,
            "max_tokens": self._limits.max_tokens if request.max_tokens is None else request.max_tokens,
            "temperature": self._temperature if request.temperature is None else request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
            # It tells how far it is with a long prompt, which then is not taken for silence.
            **({"return_progress": True} if self._kind == "llamacpp" else {}),
            **self._extra,
        }

    async def _in_form(
        self, request: ChatRequest, new: Callable[[], ChatStream], waits: Waits, extra: dict[str, Any]
    ) -> AsyncGenerator[ChatDelta, None]:
        """The answer, in a stricter form where the server refuses the present one. The form that it takes is kept."""
        prompts = {form: self.prompt(request, form) for form in Form if form >= self._form}
        refusal: EngineError | None = None
        asked: dict[str, Any] | None = None
        for form, prompt in prompts.items():
            if prompt == asked:
                continue
            asked = prompt
            answers: list[ChatStream] = []
            try:
                body = self._body(request, prompt) | extra
                async with aclosing(self._answer(body, partial(_another, answers, new), waits)) as deltas:
                    async for delta in deltas:
                        yield delta
            except EngineError as error:
                refusal = refusal or error
                if not answers or not answers[-1].refused:
                    break
            else:
                self._form = max(form, self._form)
                return
        assert refusal is not None
        raise refusal

    async def _answer(
        self, body: dict[str, Any], new: Callable[[], ChatStream], waits: Waits, *, fruitless: bool = False
    ) -> AsyncGenerator[ChatDelta, None]:
        """new: makes the reader of an answer. fruitless: it does not matter whether anything comes of it."""
        for tries_left in (1, 0):
            answer = new()
            try:
                async with aclosing(self._attempt(body, answer, waits)) as deltas:
                    async for delta in deltas:
                        yield delta
                break
            except (*CONNECTION_LOST, EngineTimeout) as error:
                if answer.finish:  # only its farewell is missing
                    break
                if isinstance(error, EngineTimeout):
                    raise
                if answer.begun:
                    raise EngineDown(f"{self._server} broke off an answer; it may have died.") from error
                if not tries_left:
                    raise unreachable(self._server, error) from error
            except httpx2.PoolTimeout as error:
                raise EngineOverloaded(
                    f"{self._server} is answering {self._limits.streams} requests already, its limit; try later."
                ) from error
            except httpx2.HTTPError as error:
                raise unreachable(self._server, error) from error
        if answer.finish is None:
            raise EngineDown(f"{self._server} ended its stream before its answer was complete; it may have died.")
        if not fruitless:
            for delta in answer.end():
                yield delta

    async def _attempt(self, body: dict[str, Any], answer: ChatStream, waits: Waits) -> AsyncGenerator[ChatDelta, None]:
        request = self._client.build_request("POST", "chat/completions", json=body)
        response = await waits.on(self._client.send(request, stream=True))
        try:
            pieces = response.aiter_bytes()
            await self._check(response, answer, pieces, waits)
            # Read to the very end, beyond [DONE]: only then can the connection be used again.
            while not answer.cut and (piece := await waits.on(anext(pieces, None))) is not None:
                before = answer.reading
                deltas = answer.feed(piece)
                if (now := answer.reading) and now != before:
                    waits.read_on(done=now.done >= now.total)
                    if now.total - now.known > WORTH_TELLING:
                        yield ChatDelta(reading=now)
                if answer.finish:
                    waits.renew(AFTER_LAST_TOKEN_S)
                elif answer.begun:
                    waits.renew(self._limits.gap_s)
                for delta in deltas:
                    yield delta
        finally:
            await response.aclose()

    async def _check(
        self, response: httpx2.Response, answer: ChatStream, pieces: AsyncIterator[bytes], waits: Waits
    ) -> None:
        """Raises what is wrong with an answer that is no stream of words."""
        status = response.status_code
        if status == HTTPStatus.OK:
            kind = response.headers.get("content-type", "nothing").partition(";")[0]
            if kind != "text/event-stream":
                raise EngineBroken(
                    f"{self._server} answered with {quote(kind)} instead of a stream of events; {NOT_A_STREAM}"
                )
            return
        page = b""
        while len(page) < LONGEST_REFUSAL and (piece := await waits.on(anext(pieces, None))) is not None:
            page += piece
        answer.refused = of_the_form(status, page)
        raise refused(self._server, status, page, model=self._model, key=self._key)

    async def _look(self) -> None:
        """Whether the server gives its list of models: free, and enough as long as requests are answered."""
        try:
            response = await self._client.get("models")
        except httpx2.HTTPError as error:
            if not cannot_look(error):
                raise unreachable(self._server, error) from error
            return
        status = response.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise refused(self._server, status, b"", model=self._model, key=self._key)

    async def _ask(self) -> None:
        """For one token."""
        async with aclosing(self._only_read(HELLO, Waits(self._limits, self._server))) as deltas:
            async for _ in deltas:
                pass

    async def _offered(self) -> "list[_Model]":
        """The models that the server lists, none when it keeps no list. Raises OperatorError when it stays away."""
        problem = "no answer"
        try:
            async with asyncio.timeout(self._limits.start_s):
                while True:
                    try:
                        response = await self._client.get("models")
                    except httpx2.HTTPError as error:
                        problem = why(error)
                    else:
                        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                            break
                        problem = f"HTTP {response.status_code}"
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise OperatorError(
                f"{self._server} cannot be reached ({problem}, for {self._limits.start_s:g} s); "
                "start it, or correct VOICEGW_LLM_URL."
            ) from None
        if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise OperatorError(
                f"{self._server} refused the key (HTTP {response.status_code}); set VOICEGW_LLM_API_KEY."
            )
        if response.is_redirect:
            raise OperatorError(
                f"{self._server} sends on to another address (HTTP {response.status_code}); "
                "name that with VOICEGW_LLM_URL, or correct it."
            )
        try:
            return msgspec.json.decode(response.content, type=_Models).data if response.is_success else []
        except msgspec.MsgspecError:
            raise OperatorError(
                f"{self._server} does not answer like an OpenAI-compatible server; correct VOICEGW_LLM_URL."
            ) from None


def _another(answers: list[ChatStream], new: Callable[[], ChatStream]) -> ChatStream:
    answers.append(new())
    return answers[-1]


class _Model(msgspec.Struct):
    id: str
    owned_by: str | None = None


class _Models(msgspec.Struct):
    data: list[_Model]
