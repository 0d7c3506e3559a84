"""How one client writes events, and reads them. A connection keeps to the dialect that it began with."""

from collections.abc import Callable
from dataclasses import dataclass

from voicegw.protocol.codec import encode
from voicegw.protocol.server_events import ServerEvent


@dataclass(frozen=True, slots=True)
class Dialect:
    """read: a frame of the client as this gateway reads it; what cannot be understood stays as it is, to be refused.

    write: the frames that say an event: usually one.
    """

    read: Callable[[str | bytes], str | bytes]
    write: Callable[[ServerEvent], list[str]]


GA = Dialect(read=lambda frame: frame, write=lambda event: [encode(event)])
"""The protocol as it is."""
