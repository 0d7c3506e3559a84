"""Who may call: the key, and the pages that may use it."""

import time
from collections.abc import Set

from starlette.requests import HTTPConnection

from pipeline.errors import VoiceError
from voicegw.key import Key
from voicegw.loopback import forwarded_for, host_named, is_loopback
from voicegw.sessions.ephemeral import PREFIX, EphemeralKey, EphemeralKeys

SUBPROTOCOL = "realtime"
KEY_SUBPROTOCOL = "openai-insecure-api-key."
"""Browsers cannot set headers on a WebSocket; the key then comes as a subprotocol of this prefix."""

RELAYED = (
    "x-forwarded-for", "x-real-ip", "x-original-forwarded-for", "x-client-ip", "x-cluster-client-ip", "true-client-ip",
    "cf-connecting-ip", "cf-connecting-ipv6", "fly-client-ip", "fastly-client-ip", "x-envoy-external-address",
    "x-azure-clientip", "x-azure-socketip", "x-appengine-user-ip",
)  # fmt: skip
"""Where proxies and tunnels say for whom they ask, besides `Forwarded`."""
NAMED = ("x-forwarded-host", "x-original-host")
"""Where they say by what name they were asked."""


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

    def __init__(self, key: Key | None, ephemeral: EphemeralKeys, origins: Set[str] = frozenset()) -> None:
        self._key = key
        self._ephemeral = ephemeral
        self._origins = origins

    def check(self, connection: HTTPConnection) -> None:
        """Whether somebody with the gateway's own key calls. Raises Refused."""
        given = _given_key(connection)
        if given is not None and given.startswith(PREFIX):
            raise Refused("An ephemeral key opens a session, and nothing else.", 401, "invalid_api_key")
        if self._key is None:
            self._check_neighbour(connection)
            return
        if given is None:
            raise Refused("Bring the key: Authorization: Bearer KEY.", 401, "invalid_api_key")
        if not self._key.opens(given):
            raise Refused("Incorrect API key provided.", 401, "invalid_api_key")

    def check_session(self, connection: HTTPConnection) -> EphemeralKey | None:
        """The same for who opens a session: an ephemeral key will do, from any page. Raises Refused."""
        given = _given_key(connection)
        if given is None or not given.startswith(PREFIX):
            self.check(connection)
            return None
        if key := self._ephemeral.find(given, time.time(), time.monotonic()):
            return key
        raise Refused("The ephemeral key is unknown or has expired; ask for another one.", 401, "invalid_api_key")

    def _check_neighbour(self, connection: HTTPConnection) -> None:
        """Without a key: only who is on this machine, and of the pages in its browser only ours and named ones.

        A Host header is what the caller says; the address is where the caller is. Both must be loopback: the address,
        because a stranger can write `Host: localhost`; the name, because a page can give its own name the address of
        this machine (DNS rebinding). A proxy on this machine that says for whom it asks asks for a stranger.
        """
        address = connection.client.host if connection.client else ""
        headers = connection.headers
        relayed = [value for name in RELAYED for value in headers.getlist(name)]
        strangers = [name for name in forwarded_for(relayed, headers.getlist("forwarded")) if not is_loopback(name)]
        if not is_loopback(address) or strangers:
            raise Refused("Without a key this gateway serves only the machine it runs on.", 403, "address_refused")
        names = [headers.get("host", "")]
        names += [name.strip() for header in NAMED for value in headers.getlist(header) for name in value.split(",")]
        for host in (host_named(name) for name in names):
            if host is None or not is_loopback(host):
                named = host or "a request that names none"
                raise Refused(
                    f"Without a key this gateway answers to loopback names, not to {named}.", 403, "host_refused"
                )
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return
        if origin.partition("://")[2] != headers.get("host"):
            raise Refused(f"Pages from {origin} may not call without a key.", 403, "origin_not_allowed")


def subprotocols(connection: HTTPConnection) -> list[str]:
    offered = connection.headers.get("sec-websocket-protocol", "")
    return [name.strip() for name in offered.split(",") if name.strip()]


def _given_key(connection: HTTPConnection) -> str | None:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    if key := connection.headers.get("api-key", "").strip():
        return key
    for name in subprotocols(connection):
        if name.startswith(KEY_SUBPROTOCOL):
            return name.removeprefix(KEY_SUBPROTOCOL)
    return None
