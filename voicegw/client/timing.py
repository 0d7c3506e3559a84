"""Where the time of one turn went, from what the caller itself sent and received."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Moments:
    """When each step of a turn was seen: seconds of the caller's clock, None for what did not happen.

    speech_end: the frame with the last speech sample (see `levels`) was handed to the socket.
    speech_stopped: the gateway said that the turn was over.
    transcript: the caller's words arrived.
    response_created: the answer was announced.
    first_text: the first caption of the answer arrived.
    first_audio: the first bytes of its voice arrived.
    first_audible: its first audible sample (see `levels`) sounds, if playing starts with the first bytes: silence at
        the start of the voice counts as waiting.
    done: the answer was complete.
    played: its last sample has sounded.
    """

    speech_end: float | None = None
    speech_stopped: float | None = None
    transcript: float | None = None
    response_created: float | None = None
    first_text: float | None = None
    first_audio: float | None = None
    first_audible: float | None = None
    done: float | None = None
    played: float | None = None


STEPS: Final = {
    "speech_stopped": "end of speech heard",
    "transcript": "transcript",
    "response_created": "answer announced",
    "first_text": "first words",
    "first_audio": "first audio bytes",
    "first_audible": "first audible sample",
    "done": "answer complete",
    "played": "answer played",
}
"""What comes after the end of speech, in words, in the order in which it usually comes."""


def since_speech_end(moments: Moments) -> dict[str, float]:
    """Milliseconds from the caller's last speech sample to each step that happened; empty without a speech end."""
    if moments.speech_end is None:
        return {}
    return {
        name: round((at - moments.speech_end) * 1000, 1)
        for name in STEPS
        if (at := getattr(moments, name)) is not None
    }  # fmt: skip


def waits(moments: Moments) -> dict[str, float]:
    """Milliseconds that each step kept the caller waiting after all that came before it.

    Steps are taken in the order in which they happened in this turn (a transcript may come after the answer has begun),
    so the waits up to any step add up to its time since the end of speech. A step from before the end of speech, when
    the gateway was early, gives a negative first wait.
    """
    past = 0.0
    found: dict[str, float] = {}
    for name, at in sorted(since_speech_end(moments).items(), key=lambda step: step[1]):
        found[name] = round(at - past, 1)
        past = at
    return found


def latency(moments: Moments) -> float | None:
    """The turn's latency in ms: first audible sample of the answer minus last speech sample sent; None without both."""
    return since_speech_end(moments).get("first_audible")
