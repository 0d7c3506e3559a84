"""What is in a recording: JSON beside each `.wav`, described in docs/quality.md.

Our own corpus and anybody else's are read by the same rules; a label that does not follow them is refused with the name
of its file.
"""

from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from bench.quality.script import PauseKind
from pipeline.errors import OperatorError

Seconds: TypeAlias = float
Span: TypeAlias = tuple[Seconds, Seconds]
Kind = Literal["turn", "television", "noise", "backchannel", "interruption", "echo"]


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Silence of the speaker inside a turn that goes on, in seconds of the recording.

    drawl: how much the last sounds before it are drawn out, 1 for not at all; for the report.
    """

    start: Seconds
    end: Seconds
    kind: PauseKind
    drawl: float = 1.0


class Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """kind: `babble`, `cough`, … snr_db: of speech over noise; None where nobody speaks."""

    kind: str
    snr_db: float | None = None


class Tutor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tutor says `text` when the call begins; the recording starts `offset` seconds into it."""

    text: str
    offset: Seconds


class Echo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tutor's voice comes back into the microphone. level_db: relative to what the loudspeaker was given."""

    level_db: float
    delay_ms: float


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One recording.

    audio: file name of the recording, in the same folder.
    text: what is said in it. language: ISO 639-1.
    speech: [start, end] of each stretch of speech; the last one ends where the turn ends.
    complete: False when the speaker never comes to the end of the sentence; such an end is not judged.
    voice: who speaks, for the report.
    """

    audio: str
    kind: Kind
    text: str = ""
    language: str = "en"
    speech: list[Span] = []
    pauses: list[Pause] = []
    complete: bool = True
    voice: str = ""
    noise: Noise | None = None
    tutor: Tutor | None = None
    echo: Echo | None = None

    def __post_init__(self) -> None:
        spans = [time for span in self.speech for time in span]
        if spans != sorted(spans) or any(start >= end for start, end in self.speech):
            raise ValueError("speech must be stretches of rising times")
        if self.kind in ("turn", "television") and not self.speech:
            raise ValueError("a turn needs its stretches of speech")
        inner = [pause for pause in self.pauses if any(before == pause.start for _, before in self.speech)]
        if len(inner) != len(self.pauses):
            raise ValueError("a pause must begin where a stretch of speech ends")
        if self.kind in ("interruption", "backchannel") and (self.tutor is None or not self.speech):
            raise ValueError(f"a label of kind {self.kind} needs speech, and a tutor that it falls into the word of")
        if self.kind == "echo" and (self.tutor is None or self.echo is None):
            raise ValueError("an echo needs a tutor to echo, and a level")


def noise_name(label: Label) -> str:
    if label.noise is None:
        return "quiet"
    return label.noise.kind if label.noise.snr_db is None else f"{label.noise.kind} {label.noise.snr_db:g} dB"


class Item(msgspec.Struct, frozen=True):
    """A label and where its recording is."""

    name: str
    label: Label
    path: Path


def write(folder: Path, name: str, label: Label) -> None:
    text = msgspec.json.format(msgspec.json.encode(label, order="deterministic"), indent=1)
    (folder / f"{name}.json").write_bytes(text + b"\n")


def read(folder: Path) -> list[Item]:
    """Every labelled recording in `folder`, by name. Raises OperatorError."""
    if not folder.is_dir():
        raise OperatorError(f"There is no folder {folder}: give one with labelled recordings.")
    items = [_item(path) for path in sorted(folder.glob("*.json"))]
    if not items:
        raise OperatorError(f"The folder {folder} holds no labels (*.json); docs/quality.md describes them.")
    return items


def _item(path: Path) -> Item:
    try:
        label = msgspec.json.decode(path.read_bytes(), type=Label)
    except (OSError, msgspec.DecodeError) as error:
        raise OperatorError(f"The label {path} is not usable: {error}. docs/quality.md describes labels.") from error
    recording = path.parent / label.audio
    if not recording.is_file():
        raise OperatorError(f"The label {path} names the recording {label.audio}, which is not beside it.")
    return Item(path.stem, label, recording)
