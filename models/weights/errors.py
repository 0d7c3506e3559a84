"""What can go wrong with model files. Each needs a person's hand, so each is an OperatorError."""

from pathlib import Path

from models.weights.sizes import human
from pipeline.errors import OperatorError


class ManifestError(OperatorError):
    """The manifest cannot be read, or does not have what was asked for."""


class ModelsMissing(OperatorError):
    """Files of a model are not on this machine."""


class ModelsDamaged(OperatorError):
    """Files of a model are there, but are not what they should be."""


class WrongHash(OperatorError):
    """A file is not the one the manifest describes."""

    def __init__(self, file: str, *, expected: str, found: str, source: str) -> None:
        super().__init__(
            f"{file} has the wrong sha256: expected {expected}, got {found}, from {source}. "
            "Nothing of it was kept. Try again; if it happens again, that source has another file under this name."
        )
        self.expected = expected
        self.found = found


class DiskFull(OperatorError):
    """There is no room for the files. What is there already stays, and the next try goes on from it."""

    def __init__(self, folder: Path, *, needed: int, free: int, reason: str = "") -> None:
        """needed, free: bytes. reason: what the system said, which may be a quota or a limit rather than the disk."""
        said = f" ({reason})" if reason else ""
        super().__init__(
            f"Not enough disk space{said}: {human(needed)} more are needed in {folder}, {human(free)} are free. "
            "Make room, or choose another folder with --root; then the same command goes on where it stopped."
        )
        self.needed = needed
