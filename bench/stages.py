"""The stages of a turn: what the gateway says about its own part, and the rest from what the caller saw."""

from typing import Final

from voicegw.client.conversation import Turn
from voicegw.client.timing import since_speech_end

STAGES: Final = {
    "pause": "pause noticed",
    "asr": "words known",
    "first_token": "first words of the answer",
    "first_chunk": "enough to begin to speak",
    "tts": "first sound made",
    "release": "end of the turn",
    "delivery": "first sound arrived",
    "lead_in": "silence before the voice",
}
"""In the order of their coming. The first six are the gateway's (see `voicegw.protocol.timings`)."""
BESIDE: Final = "smart_turn"
"""Formed beside the stages, from the pause on."""


def stages(turn: Turn) -> dict[str, float]:
    """Milliseconds of each stage, which add up to the latency of the turn; empty when the gateway says nothing of it.

    delivery also holds what the two sides do not agree on: the gateway hears speech end in whole windows, and often a
    little later than the loudness of the recording says.
    """
    seen = since_speech_end(turn.moments)
    if turn.timed is None or not {"first_audio", "first_audible"} <= seen.keys():
        return {}
    return dict(turn.timed.stages_ms) | {
        "delivery": round(seen["first_audio"] - turn.timed.latency_ms, 1),
        "lead_in": round(seen["first_audible"] - seen["first_audio"], 1),
    }


def smart_turn(turn: Turn) -> float | None:
    """Milliseconds from the pause to Smart Turn's opinion; None when it was not asked, or nobody says."""
    if turn.timed is None or turn.timed.judged_ms is None:
        return None
    return round(turn.timed.judged_ms - turn.timed.stages_ms["pause"], 1)
