"""Has llama.cpp read the beginning of a prompt before the rest is known.

The template puts marks around every message. What is read early must end where the last message's words end, or the
marks behind them would be in the way of the next words: so the server is asked for the prompt as text, which is cut
there, and then for a completion of no tokens. It keeps what it read in the slot, also when it is told to stop in the
middle, and compares tokens, not text, with the next prompt; a last word that goes on in another way costs one token.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import httpx2
import msgspec

from models import chat_request
from models.chat_address import client
from models.chat_errors import refused, unreachable
from models.chat_limits import ChatLimits
from models.chat_stream import progress
from models.llama_endings import ASKED, stopping
from models.llama_process import Address
from pipeline.engines import ChatRequest, Reading
from pipeline.errors import EngineError, EngineTimeout

SERVER = "The embedded language model"
MARK = "\ue000"
"""A character of no alphabet (Unicode's private use), to find the end of the last message again."""


class PromptReader:
    """A client of one life of the server."""

    def __init__(self, address: Address, limits: ChatLimits) -> None:
        self._limits = limits
        self._http = client(httpx2.URL(address.url), address.key, limits)
        # On this machine a new connection costs nothing, and an old one may be closed just when it is used again.
        self._http.headers["Connection"] = "close"

    async def read(self, request: ChatRequest, slot: int, seen: Callable[[Reading], None]) -> None:
        """Returns when all has been read. request: in the form in which the answer will be asked for.

        seen: told how far it is.

        Raises EngineError; cancelling stops the server at its next batch.
        """
        try:
            async with asyncio.timeout(self._limits.reading_s):
                if beginning := await self._beginning(request):
                    await self._read(beginning, slot, seen)
        except TimeoutError:
            raise EngineTimeout(f"{SERVER} did not read a prompt within {self._limits.reading_s:g} s.") from None
        except httpx2.HTTPError as error:
            raise unreachable(SERVER, error) from error

    async def ends(self, request: ChatRequest, slot: int, within_s: float) -> float:
        """P(the last message ends with its words as they are). What is read for that stays read, also when it is late.

        request: in the form in which the answer will be asked for. Raises EngineError; cancelling stops the server.
        """
        try:
            async with asyncio.timeout(within_s):
                beginning = await self._beginning(request)
                if not beginning:
                    raise EngineError("The model's template hides where the caller's words end.")
                body = {"prompt": beginning, "cache_prompt": True, "id_slot": slot, **ASKED}
                response = await self._http.post("completion", json=body)
        except TimeoutError:
            raise EngineTimeout(f"{SERVER} did not judge a pause within {within_s:g} s.") from None
        except httpx2.HTTPError as error:
            raise unreachable(SERVER, error) from error
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response.status_code, response.content)
        return stopping(response.content)

    async def token(self, text: str) -> int | None:
        """The one token that `text` is to this model, None if it is several. Raises EngineError."""
        try:
            response = await self._http.post("tokenize", json={"content": text})
        except httpx2.HTTPError as error:
            raise unreachable(SERVER, error) from error
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response.status_code, response.content)
        tokens = msgspec.json.decode(response.content, type=_Tokens).tokens
        return tokens[0] if len(tokens) == 1 else None

    async def close(self) -> None:
        await self._http.aclose()

    async def _beginning(self, request: ChatRequest) -> str:
        """The prompt up to the last message's last word; nothing when the template hides that place."""
        *before, last = request.messages
        marked = replace(request, messages=(*before, replace(last, text=last.text + MARK)))
        response = await self._http.post("apply-template", json=chat_request.prompt(marked))
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response.status_code, response.content)
        return msgspec.json.decode(response.content, type=_Prompt).prompt.rpartition(MARK)[0]

    async def _read(self, prompt: str, slot: int, seen: Callable[[Reading], None]) -> None:
        # By sending reports of progress the server also finds out who has left.
        body: Mapping[str, Any] = {
            "prompt": prompt, "n_predict": 0, "cache_prompt": True, "id_slot": slot,
            "stream": True, "return_progress": True,
        }  # fmt: skip
        async with self._http.stream("POST", "completion", json=body) as response:
            if response.status_code == HTTPStatus.OK:
                async for line in response.aiter_lines():
                    if line.startswith("data:") and (reading := progress(line.removeprefix("data:"))):
                        seen(reading)
                return
            page = await response.aread()
        raise _refusal(response.status_code, page)


class _Tokens(msgspec.Struct):
    tokens: list[int]


class _Prompt(msgspec.Struct):
    prompt: str


def _refusal(status: int, page: bytes) -> EngineError:
    return refused(SERVER, status, page, model=None, key=None)
