"""What the engines say at every place where a turn might end: the raw material for tuning `pipeline.endpoint`.

No rule is applied here. Each pause, and each end of a turn, is one row: P(complete) after several lengths of silence, the
words as they are recognized so far, and how those words end.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from bench.quality import sound
from bench.quality.labels import Item
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.endings import ending
from pipeline.engines import Engines, Listening
from pipeline.settings import TurnPolicy

TAILS_MS: Final = (100, 200, 300, 400)
"""Silence that the turn detector has heard when it is asked."""


async def gathered(items: Sequence[Item], engines: Engines, tell: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """Rows of all turns among `items`; tell(done, all) is told of each place."""
    places = [place for item in items if item.label.kind == "turn" for place in _places(item)]
    recordings = {item.name: sound.read(item.path).data for item, _, _, _ in places}
    rows = []
    for number, (item, kind, at, silent_s) in enumerate(places):
        rows.append(await _row(item, kind, at, silent_s, recordings[item.name], engines))
        tell(number + 1, len(places))
    return rows


def _places(item: Item) -> Iterator[tuple[Item, str, float, float]]:
    """Every place where speech stops: what it is, when, and for how long nobody speaks."""
    label = item.label
    for pause in label.pauses:
        yield item, pause.kind, pause.start, pause.end - pause.start
    if label.complete:
        yield item, "end", label.speech[-1][1], 5.0


async def _row(item: Item, kind: str, at: float, silent_s: float, data: bytes, engines: Engines) -> dict[str, Any]:
    label, caller = item.label, "evidence"
    start = max(0.0, label.speech[0][0] - TurnPolicy().prefix / 1000)

    def heard(until: float) -> Pcm:
        first, last = (round(seconds * HEARING_RATE) * SAMPLE_BYTES for seconds in (start, until))
        return Pcm(data[first:last], HEARING_RATE)

    complete: dict[str, float | None] = {}
    for tail in TAILS_MS:
        known = engines.turn_detector is not None and tail / 1000 <= silent_s
        complete[str(tail)] = (
            round(await engines.turn_detector.completion(heard(at + tail / 1000), caller=caller), 4)
            if known and engines.turn_detector
            else None
        )
    words = await engines.recognizer.transcribe(
        heard(at + TAILS_MS[0] / 1000), Listening(language=label.language), caller=caller
    )
    return {
        "item": item.name,
        "place": kind,
        "voice": label.voice,
        "noise": f"{label.noise.kind} {label.noise.snr_db:g} dB" if label.noise else "quiet",
        "pause_s": round(silent_s, 2) if kind != "end" else None,
        "said": label.text,
        "speech_s": round(at - label.speech[0][0], 2),
        "complete": complete,
        "heard": words.text,
        "no_speech": round(words.no_speech, 3),
        "logprob": round(words.logprob, 3),
        "ending": ending(words.text, words.language).value,
    }
