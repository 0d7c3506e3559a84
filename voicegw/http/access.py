"""Who may call: the key, and the pages that may use it."""

import hmac
import time
from collections.abc import Set
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from pipeline.errors import VoiceError
from voicegw.loopback import is_loopback
from voicegw.sessions.ephemeral import PREFIX, EphemeralKey, EphemeralKeys

SUBPROTOCOL = "realtime"
KEY_SUBPROTOCOL = "openai-insecure-api-key."
"""Browsers cannot set headers on a WebSocket; the key then comes as a subprotocol of this prefix."""


class Refused(VoiceError):
    """Not let in. status: of the HTTP answer. code: machine-readable reason. param: the field at fault."""

    def __init__(self, message: str, status: int, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


class Doorkeeper:
    """Checks every caller. key: what they must bring, None to let everybody on this machine in.

    origins: of pages that may come without a key, besides our own.
    """

    def __init__(self, key: str | None, ephemeral: EphemeralKeys, origins: Set[str] = frozenset()) -> None:
        self._key = key
        self._ephemeral = ephemeral
        self._origins = origins

    def check(self, connection: HTTPConnection) -> None:
        """Whether somebody with the gateway's own key calls. Raises Refused."""
        given = _given_key(connection)
        if given is not None and given.startswith(PREFIX):
            raise Refused("An ephemeral key opens a session, and nothing else.", 401, "invalid_api_key")
        self._check_origin(connection)
        if self._key is None:
            return
        if given is None:
            raise Refused("Bring the key: Authorization: Bearer KEY.", 401, "invalid_api_key")
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            raise Refused("Incorrect API key provided.", 401, "invalid_api_key")

    def check_session(self, connection: HTTPConnection) -> EphemeralKey | None:
        """The same for who opens a session: an ephemeral key will do, from any page. Raises Refused."""
        given = _given_key(connection)
        if given is None or not given.startswith(PREFIX):
            self.check(connection)
            return None
        if key := self._ephemeral.find(given, time.time()):
            return key
        raise Refused("The ephemeral key is unknown or has expired; ask for another one.", 401, "invalid_api_key")

    def _check_origin(self, connection: HTTPConnection) -> None:
        """Any page can reach a server on its browser's machine; only ours and named ones may, unless they have a key.

        A page can give its own name the address of this machine (DNS rebinding); the Host header then has that name.
        """
        if self._key is not None:
            return
        host = urlsplit("//" + connection.headers.get("host", "")).hostname or ""
        if not is_loopback(host):
            raise Refused(f"Without a key this gateway answers to loopback names, not to {host}.", 403, "host_refused")
        origin = connection.headers.get("origin")
        if origin is None or origin in self._origins:
            return
        if urlsplit(origin).netloc != connection.headers.get("host"):
            raise Refused(f"Pages from {origin} may not call without a key.", 403, "origin_not_allowed")


def subprotocols(connection: HTTPConnection) -> list[str]:
    offered = connection.headers.get("sec-websocket-protocol", "")
    return [name.strip() for name in offered.split(",") if name.strip()]


def _given_key(connection: HTTPConnection) -> str | None:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    if key := connection.headers.get("api-key", ""):
        return key
    for name in subprotocols(connection):
        if name.startswith(KEY_SUBPROTOCOL):
            return name.removeprefix(KEY_SUBPROTOCOL)
    return None
