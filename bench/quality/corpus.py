"""The corpus as recordings with labels: made once per seed and size, then kept in a folder."""

import hashlib
import itertools
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.quality import labels, noises, sound
from bench.quality.labels import Item, Label, Pause
from bench.quality.noises import EVENTS, Rng
from bench.quality.plan import Planner, Size, Take
from bench.quality.script import Sentence, sentences
from bench.quality.sound import RATE, Floats
from bench.quality.telling import Tell
from bench.quality.voices import Actor, cast
from pipeline.errors import OperatorError

LEAD_S = 0.5
"""Room before the first word."""
TRAIL_S = 5.0
"""Room, with the same background, after the last one: as long as a turn is waited for."""
SPEECH_DBFS = -23.0
_EVENT_DBFS = {"cough": -24.0, "click": -30.0, "keyboard": -38.0, "breath": -36.0, "babble": -42.0, "music": -40.0}
"""Loudness of sounds on their own: a cough is about as loud as speech, the rest is not."""
_IDLE_S = 6.0
_SYLLABLE_S = 0.3
OF_EACH = 3
"""Sentences of each actor that are said in the background."""


def prepared(cache: Path, voice: Path, seed: int, size: Size, tell: Tell) -> list[Item]:
    """The corpus, from `cache` if it was made before, else made now. voice: folder with a Piper voice.

    tell: told as recordings are made. Raises OperatorError when the folder cannot be written.
    """
    made_from = [repr((seed, size)), *(path.read_text(encoding="utf-8") for path in _sources())]
    folder = cache / hashlib.sha256("".join(made_from).encode()).hexdigest()[:16]
    if not folder.is_dir():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as beside:
                unfinished = Path(beside) / "corpus"
                unfinished.mkdir()
                make(unfinished, cast(voice, seed), sentences(), seed, size, tell)
                unfinished.rename(folder)
        except OSError as error:
            raise OperatorError(f"The corpus cannot be written to {cache}: {error.strerror}.") from error
    return labels.read(folder)


def copied(items: Sequence[Item], folder: Path) -> None:
    """Put the corpus where somebody wants to look at it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for item in items:
            shutil.copy(item.path, folder)
            shutil.copy(item.path.with_suffix(".json"), folder)
    except OSError as error:
        raise OperatorError(f"The corpus cannot be written to {folder}: {error.strerror}.") from error


def make(
    folder: Path,
    actors: Sequence[Actor],
    script: Sequence[Sentence],
    seed: int,
    size: Size,
    tell: Tell,
) -> None:
    """Speak, mix and write every take into `folder`."""
    takes = Planner(script, len(actors), np.random.default_rng(seed)).takes(size)
    crowd = [np.concatenate(actor.say([one.words])) for actor in actors for one in script[:OF_EACH]]
    for number, take in enumerate(takes):
        rng = np.random.default_rng([seed, number])
        mixed, label = _recorded(take, actors, crowd, rng)
        sound.write(folder / label.audio, mixed)
        labels.write(folder, take.name, label)
        tell("our corpus", number + 1, len(takes))


def _recorded(take: Take, actors: Sequence[Actor], crowd: Sequence[Floats], rng: Rng) -> tuple[Floats, Label]:
    foreground, label = _foreground(take, actors, crowd, rng)
    mixed = foreground + noises.room(rng, len(foreground) / RATE)[: len(foreground)]
    if take.noise and take.noise.snr_db is not None:
        background = _background(take.noise.kind, rng, len(foreground) / RATE, crowd)
        mixed += sound.at_level(background, SPEECH_DBFS - take.noise.snr_db)[: len(foreground)]
    return mixed, label


def _foreground(take: Take, actors: Sequence[Actor], crowd: Sequence[Floats], rng: Rng) -> tuple[Floats, Label]:
    noise, speech, voice = take.noise, list[labels.Span](), ""
    if take.event:
        mixed, noise = _event(take.event, rng, crowd), labels.Noise(take.event)
    elif take.parts:
        lead, trail = (LEAD_S, TRAIL_S) if take.kind in ("turn", "television") else (0.0, 1.0)
        voice = actors[take.actor].name
        parts = actors[take.actor].say(take.parts)
        parts[0] = _drawn_out(parts[0], take.drawl)
        mixed, speech = _said(parts, take.pause_s, lead, trail)
    else:
        mixed = sound.silence(0.1)  # only an echo
    label = Label(
        f"{take.name}.wav",
        take.kind,
        text=" ".join(take.parts),
        speech=speech,
        pauses=[Pause(one[1], two[0], take.pause_kind, take.drawl) for one, two in itertools.pairwise(speech)],
        voice=voice,
        noise=noise,
        tutor=take.tutor,
        echo=take.echo,
    )
    return mixed, label


def _drawn_out(part: Floats, factor: float) -> Floats:
    """Hesitation as phonetics knows it: the last syllable before the pause is longer."""
    if factor == 1.0:
        return part
    at = max(0, len(part) - round(_SYLLABLE_S * RATE))
    return np.concatenate([part[:at], sound.slowed(part[at:], factor)])


def _said(parts: Sequence[Floats], pause_s: float, lead: float, trail: float) -> tuple[Floats, list[labels.Span]]:
    """The parts with pauses between them, and where each of them is in seconds."""
    spoken = sound.at_level(np.concatenate(parts), SPEECH_DBFS)
    pieces, speech, at, used = [sound.silence(lead)], [], round(lead * RATE), 0
    for part in parts:
        pieces += [spoken[used : used + len(part)], sound.silence(pause_s)]
        speech.append((at / RATE, (at + len(part)) / RATE))
        used += len(part)
        at += len(part) + round(pause_s * RATE)
    return np.concatenate([*pieces[:-1], sound.silence(trail)]), speech


def _event(event: str, rng: Rng, crowd: Sequence[Floats]) -> Floats:
    made = EVENTS[event](rng) if event in EVENTS else _background(event, rng, _IDLE_S, crowd)
    return np.concatenate([sound.silence(LEAD_S), sound.at_level(made, _EVENT_DBFS[event]), sound.silence(1.0)])


def _background(kind: str, rng: Rng, seconds: float, crowd: Sequence[Floats]) -> Floats:
    match kind:
        case "babble":
            return noises.babble(rng, seconds, crowd)
        case "television":
            one = OF_EACH * int(rng.integers(len(crowd) // OF_EACH))
            return noises.television(rng, seconds, crowd[one : one + OF_EACH])
        case "music":
            return noises.music(rng, seconds)
        case "keyboard":
            return noises.keyboard(rng, seconds)
    raise ValueError(f"there is no background {kind!r}")


def _sources() -> list[Path]:
    """Whatever the recordings depend on: when one of these changes, the corpus is made anew."""
    here = Path(__file__).parent
    names = ("plan.py", "corpus.py", "noises.py", "voices.py", "sound.py", "script/__init__.py", "script/en.txt")
    return [*(here / name for name in names), here.parents[1] / "models" / "tts_espeak_library.py"]
