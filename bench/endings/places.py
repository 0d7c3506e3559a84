"""Places at which a caller stops, with the words so far: a complete answer or sentence, or a piece of one.

A set is a JSON list of `{"language": "en", "text": "Yes, I am.", "complete": true, "question": "Are you ready?"}`;
`question`, what the tutor said before, may be left out. Texts are written as a recognizer would write them: it puts a
full stop behind many a fragment. Our own set has two halves. Rules and weights are tuned on one; the other is only
measured.
"""

from pathlib import Path
from typing import Final

import msgspec

from pipeline.errors import OperatorError

TUNING: Final = Path(__file__).with_name("tuning.json")
HELD_OUT: Final = Path(__file__).with_name("held_out.json")
SHAPE: Final = '[{"language": "en", "text": "Yes, I am.", "complete": true, "question": "Are you ready?"}, …]'


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """language: ISO 639-1. text: what was heard. complete: nothing need follow. question: the tutor's, before."""

    language: str
    text: str
    complete: bool
    question: str = ""


def read(path: Path) -> list[Place]:
    """Raises OperatorError."""
    try:
        places = msgspec.json.decode(path.read_bytes(), type=list[Place])
    except OSError as error:
        raise OperatorError(f"The set {path} cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise OperatorError(f"The set {path} is not usable: {error}. It must be {SHAPE}") from error
    if not places:
        raise OperatorError(f"The set {path} is empty. It must be {SHAPE}")
    return places
