"""What goes wrong between us and a chat-completions server, in sentences. Pure."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx2
import msgspec

from pipeline.errors import EngineDown, EngineError, EngineOverloaded

LONGEST_QUOTE = 200
"""Characters of somebody else's words that an error repeats."""

NOT_A_STREAM = "check that VOICEGW_LLM_URL is the base URL of an OpenAI-compatible server."


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
    said = _said(page)
    if key:
        said = said.replace(key, "***")
    says = f"It says: {quote(said)}" if said.strip() else "It gives no reason."
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return EngineError(f"{server} refused the key (HTTP {status}); set VOICEGW_LLM_API_KEY. {says}")
    if status == HTTPStatus.NOT_FOUND:
        return EngineError(
            f"{server} does not know the model '{model}', or is no OpenAI-compatible server (HTTP {status}); "
            f"check VOICEGW_LLM_MODEL and VOICEGW_LLM_URL. {says}"
        )
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return EngineOverloaded(f"{server} has too much to do (HTTP {status}); try again later. {says}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return EngineDown(f"{server} failed (HTTP {status}); its own log says why. {says}")
    return EngineError(f"{server} refused the request (HTTP {status}). {says}")


def reported(server: str, error: object) -> EngineError:
    """The exception for an error that a server reports in the middle of its stream."""
    told: Mapping[str, Any] = error if isinstance(error, dict) else {"message": error}
    kind = EngineOverloaded if told.get("code") in (429, 503) else EngineError
    return kind(f"{server} reported an error: {quote(told.get('message') or told)}")


def _said(page: bytes) -> str:
    try:
        error = msgspec.json.decode(page)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (msgspec.MsgspecError, LookupError, TypeError):
        return page.decode(errors="replace")  # not in OpenAI's form
