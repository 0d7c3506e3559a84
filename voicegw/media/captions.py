"""Words and their times as captions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.engines import Word

LONGEST_S = 6.0
"""A caption that stands for longer is hard to follow."""
MOST_CHARS = 84
"""Two lines."""
STOPS = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")
PAUSE_S = 0.8
"""A silence this long is seen as one."""


@dataclass(frozen=True, slots=True)
class Caption:
    """start, end: seconds of the recording."""

    text: str
    start: float
    end: float


def captions(words: Sequence[Word]) -> list[Caption]:
    """The words, cut at the ends of sentences, at pauses, and where a caption would become too long."""
    cut: list[list[Word]] = []
    for word in words:
        if not cut or _breaks(cut[-1], word):
            cut.append([])
        cut[-1].append(word)
    return [Caption("".join(word.text for word in part).strip(), part[0].start, part[-1].end) for part in cut]


def srt(captions: Iterable[Caption]) -> str:
    """SubRip."""
    return "".join(
        f"{number}\n{_time(caption.start, ',')} --> {_time(caption.end, ',')}\n{caption.text}\n\n"
        for number, caption in enumerate(captions, 1)
    )


def vtt(captions: Iterable[Caption]) -> str:
    """WebVTT."""
    cues = (f"{_time(caption.start, '.')} --> {_time(caption.end, '.')}\n{caption.text}\n\n" for caption in captions)
    return "WEBVTT\n\n" + "".join(cues)


def _breaks(part: Sequence[Word], word: Word) -> bool:
    last = part[-1]
    length = sum(len(other.text) for other in part) + len(word.text)
    return (
        last.text.rstrip().endswith(STOPS)
        or word.start - last.end >= PAUSE_S
        or word.end - part[0].start > LONGEST_S
        or length > MOST_CHARS
    )


def _time(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"
