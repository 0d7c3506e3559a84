"""How a connection came to its end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """reason: for the log. lost: the caller may come back, and has not said goodbye."""

    reason: str
    lost: bool = False


HUNG_UP = Ending("this side hung up")
GONE = Ending("the caller hung up")
LOST = Ending("the caller cannot be reached", lost=True)
NEVER_CAME = Ending("the connection or its data channel never came up")
GAVE_WAY = Ending("the caller took the answer and never came, and somebody else wanted the place")
MUTE = Ending("the caller sends no media")
FLOOD = Ending("the caller sends more than a call needs")
SLOW = Ending("the caller does not read its events")
CHANNELS = Ending("the caller opened more than one data channel")
BEHIND = Ending("the gateway cannot keep up with the caller's sound")
