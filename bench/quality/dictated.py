"""A third corpus: names spelled and numbers dictated by people, letter by letter, with even pauses.

The letters, digits and spelling words are those of the Asterisk telephone system's sounds, one recording each (Debian:
asterisk-core-sounds-{en,es,fr,it}-g722, folders letters, digits and phonetic). Which strings they make is drawn with a
seed, so another seed is another corpus: rules are tuned on one, and judged on others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from bench.quality import labels, sound
from bench.quality.labels import Label, Pause
from bench.quality.noises import Rng, room
from bench.quality.recorded import FORMATS, LEAD_S, SPEECH_DBFS, TRAIL_S
from bench.quality.sound import RATE, Floats
from pipeline.errors import OperatorError

Manner = Literal["letters", "digits", "phonetic"]

GAPS_S: Final = (0.3, 0.5, 0.8, 1.0)
UNEVEN: Final = 0.15
"""Pauses are longer or shorter than the gap by this share at most."""
NAMES: Final = (
    "johnson smith garcia maria anna peter rodriguez kim nguyen schmidt olivia wu brown taylor martin lopez keller "
    "novak rossi dubois fischer moreau silva ivanov hansen walker quinn zhang yusuf xavier"
)
DIGITS: Final = (4, 11)
"""Fewest and most digits of a number."""


@dataclass(frozen=True, slots=True)
class Line:
    """items: names of the recordings, such as `digits/5`."""

    manner: Manner
    items: Sequence[str]
    gap_s: float

    @property
    def text(self) -> str:
        return " ".join(item.rpartition("/")[2].removesuffix("_p").upper() for item in self.items)


def made(sounds: Path, folder: Path, language: str, strings: int, seed: int) -> int:
    """Write so many strings into `folder`, which is there, and return how many they are. Raises OperatorError."""
    rng = np.random.default_rng(seed)
    for number, line in enumerate(_lines(sounds, strings, rng)):
        _write(folder, f"dictated-{language}-{seed}-{number:03}", line, sounds, language, rng)
    return strings


def _lines(sounds: Path, strings: int, rng: Rng) -> Iterator[Line]:
    manners = [manner for manner in ("letters", "digits", "phonetic") if (sounds / manner).is_dir()]
    if not manners:
        raise OperatorError(f"{sounds} has no folder letters, digits or phonetic: give that of one language.")
    for number in range(strings):
        manner = manners[number % len(manners)]
        gap = GAPS_S[number // len(manners) % len(GAPS_S)]
        if manner == "digits":
            items = [str(rng.integers(10)) for _ in range(int(rng.integers(DIGITS[0], DIGITS[1] + 1)))]
        else:
            items = list(str(rng.choice(NAMES.split())))
        ending = "_p" if manner == "phonetic" else ""
        yield Line(manner, [f"{manner}/{item}{ending}" for item in items], gap)  # type: ignore[arg-type]


def _item(sounds: Path, name: str) -> Floats:
    path = next((path for ending in FORMATS if (path := sounds / f"{name}{ending}").is_file()), None)
    if path is None:
        raise OperatorError(f"{sounds} has no recording {name}: give the folder of one language.")
    whole = sound.at_level(sound.from_s16(sound.read(path).data), SPEECH_DBFS)
    start, end = sound.bounds(whole)
    return sound.faded(whole[start:end])


def _write(folder: Path, name: str, line: Line, sounds: Path, language: str, rng: Rng) -> None:
    parts: list[Floats] = [sound.silence(LEAD_S)]
    spans: list[labels.Span] = []
    pauses: list[Pause] = []
    at = LEAD_S
    for item in line.items:
        if spans:
            gap = line.gap_s * float(rng.uniform(1 - UNEVEN, 1 + UNEVEN))
            parts.append(sound.silence(gap))
            at = spans[-1][1] + len(parts[-1]) / RATE
            pauses.append(Pause(spans[-1][1], round(at, 4), "dictated"))
        parts.append(_item(sounds, item))
        spans.append((round(at, 4), round(at + len(parts[-1]) / RATE, 4)))
    mixed = np.concatenate([*parts, sound.silence(TRAIL_S)])
    mixed += room(rng, len(mixed) / RATE)[: len(mixed)]
    label = Label(f"{name}.wav", "turn", line.text, language, spans, pauses, voice=f"{line.manner} {line.gap_s:g} s")
    sound.write(folder / label.audio, mixed)
    labels.write(folder, name, label)
