"""What was heard in a recording, in the shapes that the OpenAI API tells it in."""

import zlib
from collections.abc import Iterable, Sequence
from math import ceil

from pipeline.engines import Token
from voicegw.media.captions import Caption, captions
from voicegw.media.languages import name_of
from voicegw.media.transcribe import Segment, Transcribed
from voicegw.protocol.usage import HEARD_PER_S

FRAMES_PER_S = 100
"""Of the recognizer's spectrogram, in which `seek` is counted."""


def whole_text(segments: Sequence[Segment]) -> str:
    return " ".join(segment.heard.text for segment in segments)


def shown(segments: Sequence[Segment]) -> list[Caption]:
    """By the words' own times; a recognizer that cannot tell them gives one caption for each piece."""
    found: list[Caption] = []
    for segment in segments:
        if segment.heard.words:
            found += captions(segment.heard.words)
        else:
            found.append(Caption(segment.heard.text, segment.start, segment.end))
    return found


def plain(heard: Transcribed, *, logprobs: bool) -> dict[str, object]:
    """`json`."""
    told: dict[str, object] = {"text": whole_text(heard.segments)}
    if logprobs:
        told["logprobs"] = [one for segment in heard.segments for one in likely(segment.heard.tokens)]
    return told | {"usage": duration(heard)}


def verbose(heard: Transcribed, *, task: str, temperature: float, words: bool) -> dict[str, object]:
    """`verbose_json`, with every field of its segments."""
    segments = heard.segments
    language = "en" if task == "translate" else segments[0].heard.language if segments else ""
    result: dict[str, object] = {
        "task": task,
        "language": name_of(language),
        "duration": round(heard.seconds, 3),
        "text": whole_text(segments),
        "segments": [_segment(number, segment, temperature) for number, segment in enumerate(segments)],
        "usage": duration(heard),
    }
    if words:
        result["words"] = [
            {"word": word.text.strip(), "start": round(word.start, 3), "end": round(word.end, 3)}
            for segment in segments
            for word in segment.heard.words
        ]
    return result


def likely(tokens: Iterable[Token]) -> list[dict[str, object]]:
    return [{"token": one.text, "logprob": one.logprob, "bytes": list(one.text.encode())} for one in tokens]


def duration(heard: Transcribed) -> dict[str, object]:
    return {"type": "duration", "seconds": round(heard.seconds, 3)}


def tokens(heard: Transcribed) -> dict[str, object]:
    """The same in tokens: of sound as in a call, of text as the recognizer wrote it."""
    sound, text = ceil(heard.seconds * HEARD_PER_S), sum(len(segment.heard.ids) for segment in heard.segments)
    return {
        "type": "tokens",
        "input_tokens": sound,
        "input_token_details": {"audio_tokens": sound, "text_tokens": 0},
        "output_tokens": text,
        "total_tokens": sound + text,
    }


def _segment(number: int, segment: Segment, temperature: float) -> dict[str, object]:
    text = segment.heard.text.encode()
    return {
        "id": number,
        "seek": round(segment.start * FRAMES_PER_S),
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.heard.text,
        "tokens": list(segment.heard.ids),
        "temperature": temperature,
        "avg_logprob": segment.heard.logprob,
        "compression_ratio": round(len(text) / len(zlib.compress(text)), 3),
        "no_speech_prob": segment.heard.no_speech,
    }
