"""Where the bytes of a model can come from. A source is never trusted: the hash decides."""

from collections.abc import Sequence
from typing import Protocol

from models.weights.landing import Landing
from models.weights.manifest import Model, ModelFile


class SourceUnavailable(Exception):
    """This source cannot deliver, another may. The message says why, without a full stop."""


class Source(Protocol):
    @property
    def name(self) -> str:
        """As a person would call it: `model hub`."""

    def offers(self, model: Model, file: ModelFile) -> bool:
        """Whether it is worth asking for `file`. Quick, no network."""

    def fetch(self, files: Sequence[ModelFile], landing: Landing) -> None:
        """Bring `files` of `landing.model`. Raises SourceUnavailable, WrongHash, DiskFull."""
