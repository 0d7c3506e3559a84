"""A recording of any length, through a recognizer that hears a few seconds at a time.

It is cut where nobody speaks, into pieces short enough to take their turn among those of callers who wait.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm, Span, samples_in
from pipeline.engines import Engines, Listening, Transcript, Word

THRESHOLD = 0.5
GAP_MS = 600
"""Silence within one piece."""
EDGE_MS = 200
"""Kept around a piece, so that no first or last sound is lost."""
LONGEST_MS = 25_000
STEP = HEARING_RATE * SAMPLE_BYTES
"""Bytes given to voice activity detection at a time: a second."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the recording and what was said in it. start, end: seconds. Its words are timed in the recording."""

    start: float
    end: float
    heard: Transcript


async def transcribed(recording: Pcm, how: Listening, engines: Engines) -> list[Segment]:
    """Every piece with words in it, in order. Raises EngineError."""
    caller = f"file_{secrets.token_hex(4)}"
    segments: list[Segment] = []
    for span in await speech(recording, engines, caller):
        piece = Pcm(recording.data[span.start * SAMPLE_BYTES : span.end * SAMPLE_BYTES], HEARING_RATE)
        heard = await engines.recognizer.transcribe(piece, how, caller=caller)
        if heard.text:
            segments.append(_placed(heard, span))
    return segments


async def speech(recording: Pcm, engines: Engines, caller: str) -> list[Span]:
    """Where somebody speaks."""
    stream = engines.vad.open(caller)
    found: list[Span] = []
    for at in range(0, len(recording.data), STEP):
        pcm = Pcm(recording.data[at : at + STEP], HEARING_RATE, at // SAMPLE_BYTES)
        found += [score.span for score in await stream.push(pcm) if score.probability >= THRESHOLD]
    return _joined(found, recording.samples)


def _joined(found: Sequence[Span], end: int) -> list[Span]:
    gap, edge = samples_in(GAP_MS, HEARING_RATE), samples_in(EDGE_MS, HEARING_RATE)
    longest = samples_in(LONGEST_MS, HEARING_RATE)
    spans: list[Span] = []
    for span in found:
        if spans and span.start - spans[-1].end < gap and span.end - spans[-1].start <= longest:
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
    return [Span(max(0, span.start - edge), min(end, span.end + edge)) for span in spans]


def _placed(heard: Transcript, span: Span) -> Segment:
    start, end = span.start / HEARING_RATE, span.end / HEARING_RATE
    words = tuple(Word(word.text, start + word.start, start + word.end) for word in heard.words)
    return Segment(start, end, Transcript(heard.text, heard.language, heard.no_speech, heard.logprob, words))
