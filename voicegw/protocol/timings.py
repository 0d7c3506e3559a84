"""Where the time of a turn went, in the words of our wire and of our logs.

`voicegw.turn.timings` is an event of our own, so it goes only to clients that ask for it: with `voicegw_timings=1` in
the query of the address that they call. It comes once for every spoken answer to something spoken, when its first sound
leaves:

    latency_ms   from the end of the caller's speech, as the gateway heard it, to that moment
    stages_ms    what each step took after all that came before it; together they are latency_ms:
                 pause        the pause was noticed
                 asr          the words were known
                 first_token  the first words of the answer came
                 first_chunk  enough of them to begin to speak
                 tts          the first sound was there
                 release      it waited until the turn was over
    judged_ms    when Smart Turn had its opinion, which is formed beside these steps; null when it was not asked

`voicegw.response.reading` goes to the same clients, some times a second at most, while an answer waits for the language
model to read a long conversation: `response_id`, and `read`, the share of it that is read (0..1).
"""

from typing import TypedDict

from pipeline.timings import TurnTimings

TIMINGS = "voicegw_timings"
"""Name in the query."""


class Milliseconds(TypedDict):
    latency_ms: float
    stages_ms: dict[str, float]
    judged_ms: float | None


def in_milliseconds(timings: TurnTimings) -> Milliseconds:
    """To a tenth."""
    return {
        "latency_ms": round(timings.sent * 1000, 1),
        "stages_ms": {name: round(seconds * 1000, 1) for name, seconds in timings.stages.items()},
        "judged_ms": None if timings.judged is None else round(timings.judged * 1000, 1),
    }
