"""Where a chat-completions server is, and the HTTP client that goes there."""

import ssl

import httpx2

from models.chat_limits import ChatLimits
from pipeline.errors import OperatorError

LAST_PORT = 65535


def base(given: str) -> httpx2.URL:
    """The URL under which `chat/completions` lies, ending in a slash; `/v1/` where `given` has no path.

    Raises OperatorError.
    """
    try:
        url = httpx2.URL(given)
    except httpx2.InvalidURL as error:
        raise OperatorError(f"VOICEGW_LLM_URL is not a URL: {error}") from None
    if url.port is not None and not 0 < url.port <= LAST_PORT:
        raise OperatorError(f"VOICEGW_LLM_URL names the port {url.port}; ports go from 1 to {LAST_PORT}.")
    if url.scheme not in ("http", "https") or not url.host:
        raise OperatorError("VOICEGW_LLM_URL must begin with http:// or https://, e.g. http://127.0.0.1:8000/v1.")
    path = url.path.rstrip("/").removesuffix("/chat/completions")
    return url.copy_with(path=(path or "/v1") + "/")


def shown(url: httpx2.URL) -> str:
    """For people: without the user, password and query that a URL may hold."""
    return f"{url.scheme}://{url.netloc.decode()}{url.path.rstrip('/')}"


def client(url: httpx2.URL, api_key: str | None, limits: ChatLimits) -> httpx2.AsyncClient:
    """Keeps connections open between answers, which saves a handshake on each."""
    # Plain HTTP needs no certificates, and reading them takes a tenth of a second.
    trust = httpx2.create_ssl_context() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx2.AsyncClient(
        # The client writes the URLs it visits to its log, so the password may not stay in there.
        base_url=url.copy_with(username=None, password=None),
        auth=(url.username, url.password) if url.username else None,
        # Not compressed: what a few bytes become when unpacked has no bound.
        headers={"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {}),
        verify=trust,
        timeout=httpx2.Timeout(limits.connect_s, read=None),
        limits=httpx2.Limits(max_connections=limits.streams, max_keepalive_connections=16, keepalive_expiry=60),
        # A company's proxy is for the outside, never for this machine.
        trust_env=url.host not in ("localhost", "127.0.0.1", "::1"),
    )
