"""What the engines say at every place where a turn might end: the raw material for tuning `pipeline.endpoint`.

No rule is applied here. Each pause, and each end of a turn, is one row: P(complete) after several lengths of silence,
the words as they are recognized so far, how those words end, and whether a sentence could end there.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bench.patience import patiently
from bench.quality import sound
from bench.quality.labels import Item, Pause, noise_name
from bench.quality.telling import Tell
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.endings import ending
from pipeline.engines import Engines, Listening
from pipeline.settings import TurnPolicy

TAILS_MS: Final = (100, 200, 300, 400)
"""Silence that the turn detector has heard when it is asked."""


async def collected(items: Sequence[Item], engines: Engines, tell: Tell) -> list[dict[str, Any]]:
    """Rows of all turns among `items`. The listening engines are started for it, and closed."""
    listening = (engines.recognizer, engines.turn_detector, engines.sentence_detector)
    needed = [engine for engine in listening if engine]
    try:
        await asyncio.gather(*(engine.start() for engine in needed))
        return await _rows(items, engines, tell)
    finally:
        await asyncio.gather(*(engine.close() for engine in needed))


async def _rows(items: Sequence[Item], engines: Engines, tell: Tell) -> list[dict[str, Any]]:
    places = [place for item in items if item.label.kind == "turn" for place in _places(item)]
    recordings = {item.name: sound.read(item.path).data for item, _, _, _ in places}
    rows = []
    for number, (item, pause, at, silent_s) in enumerate(places):
        rows.append(await _row(item, pause, at, silent_s, recordings[item.name], engines))
        tell("places where a turn might end", number + 1, len(places))
    return rows


def _places(item: Item) -> Iterator[tuple[Item, Pause | None, float, float]]:
    """Every place where speech stops: the pause (None: the end of the turn), when, for how long nobody speaks."""
    label = item.label
    for pause in label.pauses:
        yield item, pause, pause.start, pause.end - pause.start
    if label.complete:
        yield item, None, label.speech[-1][1], 5.0


async def _row(
    item: Item, pause: Pause | None, at: float, silent_s: float, data: bytes, engines: Engines
) -> dict[str, Any]:
    label, caller = item.label, "evidence"
    start = max(0.0, label.speech[0][0] - TurnPolicy().prefix / 1000)

    def heard(until: float) -> Pcm:
        first, last = (round(seconds * HEARING_RATE) * SAMPLE_BYTES for seconds in (start, until))
        return Pcm(data[first:last], HEARING_RATE)

    detector = engines.turn_detector
    complete: dict[str, float | None] = {}
    for tail in TAILS_MS:
        if detector and tail / 1000 <= silent_s:
            complete[str(tail)] = round(await detector.completion(heard(at + tail / 1000), caller=caller), 4)
        else:
            complete[str(tail)] = None
    words = await engines.recognizer.transcribe(
        heard(at + TAILS_MS[0] / 1000), Listening(language=label.language), caller=caller
    )
    sentences = engines.sentence_detector
    finished = None
    if sentences and words.text and words.language in sentences.languages:
        finished = round(await patiently(lambda: sentences.finished(words.text, before="", caller=caller)), 4)
    return {
        "item": item.name,
        "place": pause.kind if pause else "end",
        "voice": label.voice,
        "noise": noise_name(label),
        "pause_s": round(silent_s, 2) if pause else None,
        "drawl": pause.drawl if pause else None,
        "said": label.text,
        "speech_s": round(at - label.speech[0][0], 2),
        "complete": complete,
        "heard": words.text,
        "no_speech": round(words.no_speech, 3),
        "logprob": round(words.logprob, 3),
        "finished": finished,
        "ending": ending(words.text, words.language).value,
    }
