"""What goes wrong between us and a chat-completions server, in sentences for the log. Pure.

The kind of each error is told to the caller, its sentence never: it quotes the server, its address and our settings.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx2
import msgspec

from pipeline.errors import (
    ContentFiltered,
    ConversationTooLong,
    EngineDown,
    EngineError,
    EngineOverloaded,
    EngineRefused,
    EngineTimeout,
)

LONGEST_QUOTE = 200
"""Characters of somebody else's words that an error repeats."""

NOT_A_STREAM = "check that VOICEGW_LLM_URL is the base URL of an OpenAI-compatible server."

_KINDS: tuple[tuple[type[EngineError], re.Pattern[str]], ...] = (
    (
        ConversationTooLong,
        re.compile(
            r"context.?(?:length|window|size)|context.{0,40}exceed|exceed.{0,40}context|too many tokens|"
            r"prompt.{0,20}too long"
        ),
    ),
    (ContentFiltered, re.compile(r"content.?(?:filter|policy|management)|responsible.?ai|moderation|safety system")),
    (EngineOverloaded, re.compile(r"rate.?limit|quota|overloaded|too many requests|capacity|server.?busy")),
    (EngineTimeout, re.compile(r"timed? ?out|deadline exceeded")),
)  # fmt: skip
"""What servers mean, by their words and codes: they use the same HTTP status for different things."""


_FORM = re.compile(r"\broles?\b|alternat|system (?:message|prompt)|template|jinja|tool")


def quote(words: object) -> str:
    """Somebody else's words, fit to stand in one sentence of ours."""
    line = " ".join(str(words).split())
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"


def why(error: Exception) -> str:
    """The reason of a failed connection in few words."""
    if isinstance(error, httpx2.ConnectTimeout):
        return "it does not accept a connection in time"
    return quote(error) or type(error).__name__


def unreachable(server: str, error: Exception) -> EngineDown:
    return EngineDown(f"{server} cannot be reached ({why(error)}); is it running, and is VOICEGW_LLM_URL right?")


def refused(server: str, status: int, page: bytes, *, model: str | None, key: str | None) -> EngineError:
    """The exception for an answer other than HTTP 200. page: its body. key: never repeated, whatever the page says."""
    said, code = _said(page)
    if key:
        said = said.replace(key, "***")
    says = f"It says: {quote(said)}" if said.strip() else "It gives no reason."
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return EngineRefused(f"{server} refused the key (HTTP {status}); set VOICEGW_LLM_API_KEY. {says}")
    if status == HTTPStatus.NOT_FOUND:
        return EngineRefused(
            f"{server} does not know the model '{model}', or is no OpenAI-compatible server (HTTP {status}); "
            f"check VOICEGW_LLM_MODEL and VOICEGW_LLM_URL. {says}"
        )
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return EngineOverloaded(f"{server} has too much to do (HTTP {status}); try again later. {says}")
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT):
        return EngineTimeout(f"{server} gave up waiting (HTTP {status}). {says}")
    kind = _kind(code, said, EngineRefused if status < HTTPStatus.INTERNAL_SERVER_ERROR else EngineDown)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return kind(f"{server} failed (HTTP {status}); its own log says why. {says}")
    if status < HTTPStatus.BAD_REQUEST:
        return kind(f"{server} sends us elsewhere (HTTP {status}), where we do not go; {NOT_A_STREAM} {says}")
    return kind(f"{server} refused the request (HTTP {status}). {says}")


def of_the_form(status: int, page: bytes) -> bool:
    """Whether a refusal may be about how the conversation is laid out: most templates raise errors in a few words."""
    return status in (400, 422, 500) and _FORM.search(page.decode(errors="replace").lower()) is not None


def reported(server: str, error: object) -> EngineError:
    """The exception for an error that a server reports in the middle of its stream."""
    told: Mapping[str, Any] = error if isinstance(error, dict) else {"message": error}
    code = told.get("code")
    otherwise = {429: EngineOverloaded, 503: EngineOverloaded, 408: EngineTimeout, 504: EngineTimeout}
    kind = otherwise.get(code, EngineError) if isinstance(code, int) else EngineError
    message = str(told.get("message") or told)
    kind = _kind(f"{code} {told.get('type')}", message, kind)
    return kind(f"{server} reported an error: {quote(message)}")


def _kind(code: str, said: str, otherwise: type[EngineError]) -> type[EngineError]:
    words = f"{code} {said[:2000]}".lower()
    return next((kind for kind, pattern in _KINDS if pattern.search(words)), otherwise)


def _said(page: bytes) -> tuple[str, str]:
    """What a refusal says, and the codes that it gives."""
    try:
        told = msgspec.json.decode(page)
        error = told.get("error", told.get("detail", told))
        if not isinstance(error, dict):
            return str(error), ""
        return str(error.get("message", error)), f"{error.get('code')} {error.get('type')}"
    except (msgspec.MsgspecError, AttributeError):
        return page.decode(errors="replace"), ""  # not JSON, or no object
