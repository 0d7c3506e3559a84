"""Where a gateway is, from what a person types: the page's address, an API's base URL, or the WebSocket's own."""

from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pipeline.errors import OperatorError

REALTIME: Final = "/v1/realtime"
_WEBSOCKETS: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_PAGES: Final = {"ws": "http", "wss": "https"}


def realtime(given: str) -> str:
    """The WebSocket address of calls at a gateway; nothing is asked of the network.

    Without a scheme `ws://` is meant. A base URL (`…/v1`), as OpenAI's clients take it, stands for the calls below it;
    any other path is taken as it is, for gateways of others. Raises OperatorError for what cannot be an address.
    """
    parts = _parts(given)
    path = parts.path.rstrip("/")
    if not path:
        path = REALTIME
    elif path.endswith("/v1"):
        path += REALTIME.removeprefix("/v1")
    return urlunsplit((_WEBSOCKETS[parts.scheme], parts.netloc, path, parts.query, ""))


def located(host: str, port: int) -> str:
    """Host and port as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def beside(url: str, path: str) -> str:
    """The HTTP address of what lies beside the calls: `beside("ws://host/v1/realtime", "info")` ends in `/v1/info`."""
    parts = urlsplit(url)
    folder = parts.path.removesuffix("/").rpartition("/")[0]
    return urlunsplit((_PAGES[parts.scheme], parts.netloc, f"{folder}/{path}", "", ""))


def _parts(given: str) -> SplitResult:
    text = given.strip()
    try:
        parts = urlsplit(text if "://" in text else f"ws://{text}")
        port = parts.port
        (parts.hostname or "").encode("idna")  # as whoever calls it will
    except ValueError as error:
        raise OperatorError(f"The address {given!r} cannot be read ({error}): give one like {_LIKE}.") from None
    if parts.scheme not in _WEBSOCKETS:
        raise OperatorError(f"The address {given!r} begins with {parts.scheme}://: give one like {_LIKE}.")
    if not parts.hostname or port == 0 or any(character.isspace() for character in text):
        raise OperatorError(f"The address {given!r} names no host that can be called: give one like {_LIKE}.")
    return parts


_LIKE: Final = "http://127.0.0.1:8080"
