"""File descriptors: how many this process may have, and how many it keeps back for itself."""

import resource
from pathlib import Path

OWN = 16
"""For the engines, their children and the watch over them."""
EACH_CALL = 4
"""Sockets of a call over WebRTC and of its language model."""


def raise_limit() -> int:
    """As many as the system lets this process have; the number of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):
            return soft  # some systems name a limit that they do not grant
        return hard
    return soft


def limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def for_strangers(most: int, calls: int) -> int:
    """The number of a descriptor from which on connections are refused, so that the rest is there for own needs.

    most: the limit. calls: places. At least half are for those who come, or nobody could.
    """
    return most - min(OWN + EACH_CALL * calls, most // 2)


def in_use() -> int | None:
    """None where the system does not tell."""
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1  # the listing itself needs one
    except OSError:
        return None
