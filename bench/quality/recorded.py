"""A second corpus, from people's recordings: telephone prompts with their texts, whole and with pauses cut in.

What the rules were tuned on cannot say how good they are. The prompts of the Asterisk telephone system are read by
people, in several languages, and come with their texts (Debian: asterisk-core-sounds-en-g722, asterisk-core-sounds-en).
Each whole sentence is used twice: as it is, and with a pause cut in between two words of one clause.

A texts file has lines of `name: what is said`. Lines that begin with a semicolon are comments.
"""

import gzip
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.quality import labels, sound
from bench.quality.labels import Label, Pause
from bench.quality.noises import Rng, room
from bench.quality.plan import PAUSES_S
from bench.quality.sound import RATE, Floats
from bench.quality.telling import Tell
from pipeline.audio import Pcm
from pipeline.engines import Word
from pipeline.errors import OperatorError

LEAD_S: Final = 0.5
TRAIL_S: Final = 5.0
LONGEST_CHARS: Final = 110
FEWEST_WORDS: Final = 5
EDGE_WORDS: Final = 2
"""Words that are said before a pause, and after it, at least."""
SEARCH_S: Final = 0.06
"""A cut is made at the quietest place this close to where the recognizer heard one word end and the next begin."""
QUIET_S: Final = 0.01
SPEECH_DBFS: Final = -23.0
FORMATS: Final = (".wav", ".g722", ".sln16", ".flac")
_WHOLE: Final = re.compile(r"^[A-ZÀ-Þ¿¡][^.!?;:*#/()\[\]0-9]*[.!?]$")
"""One sentence of plain words, with a beginning and an end."""

Hear = Callable[[Pcm], Awaitable[Sequence[Word]]]


@dataclass(frozen=True, slots=True)
class Prompt:
    name: str
    text: str
    path: Path


async def made(prompts: Sequence[Prompt], folder: Path, language: str, seed: int, hear: Hear, tell: Tell) -> int:
    """Write the recordings and their labels into `folder`, which is there, and return how many they are.

    hear: finds the words in a recording (16 kHz), with their times.
    """
    rng = np.random.default_rng(seed)
    count = 0
    for number, prompt in enumerate(prompts):
        speech = _speech(prompt)
        _write(folder, f"{prompt.name}-whole", prompt, [speech], 0.0, language, rng)
        words = await hear(Pcm(sound.s16(speech), RATE))
        places = _places(prompt, words)
        if places:
            at = _quietest(speech, places[int(rng.integers(len(places)))])
            pause = PAUSES_S[number % len(PAUSES_S)]
            parts = [sound.faded(speech[:at]), sound.faded(speech[at:])]
            _write(folder, f"{prompt.name}-paused", prompt, parts, pause, language, rng)
        count += 1 + bool(places)
        tell("recordings of people", number + 1, len(prompts))
    return count


def prompts_in(sounds: Path, texts: Path) -> list[Prompt]:
    """Every whole sentence that has both a text and a recording. Raises OperatorError when there is none."""
    try:
        data = texts.read_bytes()
        lines = (gzip.decompress(data) if texts.suffix == ".gz" else data).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise OperatorError(f"The texts in {texts} cannot be read: {error}.") from error
    found = list(_matching(sounds, lines))
    if not found:
        raise OperatorError(f"{sounds} holds no recording of a whole sentence that {texts} has the words of.")
    return found


def _matching(sounds: Path, lines: Sequence[str]) -> Iterator[Prompt]:
    seen = set()
    for line in lines:
        name, colon, text = line.partition(":")
        text = text.strip()
        if not colon or line.startswith(";") or text in seen or not _WHOLE.match(text):
            continue
        if len(text) > LONGEST_CHARS or len(text.split()) < FEWEST_WORDS:
            continue
        for path in (sounds / f"{name.strip()}{ending}" for ending in FORMATS):
            if path.is_file():
                seen.add(text)
                yield Prompt(name.strip().replace("/", "-"), text, path)
                break


def _speech(prompt: Prompt) -> Floats:
    """The recording without the silence around it, at an ordinary level."""
    whole = sound.at_level(sound.from_s16(sound.read(prompt.path).data), SPEECH_DBFS)
    start, end = sound.bounds(whole)
    return whole[start:end]


def _places(prompt: Prompt, words: Sequence[Word]) -> list[float]:
    """Seconds between two words of one clause, as heard; none when something else was heard than the text says."""
    said = prompt.text.split()
    if [_plain(word.text) for word in words] != [_plain(word) for word in said]:
        return []
    inner = range(EDGE_WORDS, len(said) - EDGE_WORDS + 1)
    return [(words[at - 1].end + words[at].start) / 2 for at in inner if said[at - 1][-1].isalnum()]


def _plain(word: str) -> str:
    return re.sub(r"\W", "", word).casefold()


def _quietest(speech: Floats, seconds: float) -> int:
    """Sample in the middle of the quietest stretch near a place."""
    step = round(QUIET_S * RATE)
    first = max(0, round((seconds - SEARCH_S) * RATE))
    starts = range(first, min(len(speech) - step, round((seconds + SEARCH_S) * RATE)), step // 2)
    return min(starts, key=lambda at: sound.rms(speech[at : at + step]), default=first) + step // 2


def _write(
    folder: Path, name: str, prompt: Prompt, parts: Sequence[Floats], pause_s: float, language: str, rng: Rng
) -> None:
    pieces: list[Floats] = [sound.silence(LEAD_S)]
    spans: list[labels.Span] = []
    at = LEAD_S
    for part in parts:
        if spans:
            pieces.append(sound.silence(pause_s))
            at += pause_s
        pieces.append(part)
        spans.append((round(at, 4), round(at + len(part) / RATE, 4)))
        at += len(part) / RATE
    mixed = np.concatenate([*pieces, sound.silence(TRAIL_S)])
    mixed += room(rng, len(mixed) / RATE)[: len(mixed)]
    pauses = [Pause(spans[0][1], spans[1][0], "mid-clause")] if len(spans) > 1 else []
    label = Label(f"{name}.wav", "turn", text=prompt.text, language=language, speech=spans, pauses=pauses)
    sound.write(folder / label.audio, mixed)
    labels.write(folder, name, label)
