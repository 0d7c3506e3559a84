"""How two machines find a way to each other: STUN and TURN servers, and credentials for them that run out.

TURN relays traffic, so it must not be open to everybody, and a page cannot keep a secret. The scheme that coturn calls
its REST API (`use-auth-secret`; draft-uberti-behave-turn-rest-00) needs no account for each caller: the gateway and the
TURN server share a secret, the user name is the moment at which it runs out, and the password is its keyed hash.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TypedDict


class IceServer(TypedDict, total=False):
    """As a browser wants it in `new RTCPeerConnection({iceServers: [...]})`."""

    urls: list[str]
    username: str
    credential: str


@dataclass(frozen=True, slots=True)
class IceServers:
    """The servers of this installation; none by default, which is right on one machine and in one network.

    stun, turn: URLs (RFC 7064, RFC 7065). secret: shared with the TURN server. ttl_s: seconds that credentials last.
    own: the gateway asks these servers too, because it is behind a NAT itself; otherwise only its callers do.
    """

    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    secret: str | None = None
    ttl_s: int = 3600
    own: bool = False

    def told(self, who: str, now: float) -> list[IceServer]:
        """The servers with credentials for one caller. who: for the TURN server's log. now: seconds since the epoch."""
        servers: list[IceServer] = []
        if self.stun:
            servers.append({"urls": list(self.stun)})
        if self.turn:
            server: IceServer = {"urls": list(self.turn)}
            if self.secret:
                server["username"], server["credential"] = turn_credentials(self.secret, who, int(now) + self.ttl_s)
            servers.append(server)
        return servers


def turn_credentials(secret: str, who: str, expires_at: int) -> tuple[str, str]:
    """User name and password; expires_at: seconds since the epoch."""
    username = f"{expires_at}:{who}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
