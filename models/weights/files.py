"""The model files on this machine: `<root>/<model id>/<file name>`.

Beside them lies `.work/<model id>/`: what is being fetched, the lock of who fetches it, and the ledger of hashes.
A file has its final name only when its hash was right.
"""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path

from models.weights.errors import ModelsDamaged, ModelsMissing
from models.weights.ledger import Ledger
from models.weights.manifest import Model, ModelFile
from models.weights.sizes import human
from pipeline.errors import OperatorError

HASHERS = min(4, os.cpu_count() or 1)
"""Models whose files are hashed at the same time."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a full check of one file found. found: the file's sha256, None when it was not worth hashing."""

    model: Model
    file: ModelFile
    path: Path
    state: Literal["ok", "missing", "wrong size", "wrong hash"]
    found: str | None = None


class ModelStore:
    """The folder of models. Reads only, but for the ledger; `models.weights.pull` is what brings files in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, model_id: str) -> Path:
        return self.root / model_id

    def path(self, model: Model, file: ModelFile) -> Path:
        return self.folder(model.id) / file.name

    def work(self, model: Model) -> Path:
        """Where a model is while it is being fetched; on the same file system as its final place."""
        return self.root / ".work" / model.id

    def ledger(self, model: Model) -> Ledger:
        return Ledger(self.work(model) / "hashes.json", self._spare(model))

    def missing(self, model: Model) -> tuple[ModelFile, ...]:
        """Files that are not there or have the wrong size. Quick: nothing is read."""
        return tuple(file for file in model.files if _size(self.path(model, file)) != file.size)

    def require(self, model: Model) -> Path:
        """The folder of a model whose files are all there and right.

        Raises ModelsMissing or ModelsDamaged, with the command that fetches them.
        """
        if missing := self.missing(model):
            names = ", ".join(file.name for file in missing)
            size = human(sum(file.size for file in missing))
            raise ModelsMissing(
                f"The model {model.id} is not complete: {names} ({size}) should be in {self.folder(model.id)}. "
                f"Fetch it with `voicegw models pull {model.id} --root {self.root}`."
            )
        if damaged := self.unproven(model):
            names = ", ".join(file.name for file in damaged)
            raise ModelsDamaged(
                f"The model {model.id} is damaged: {names} in {self.folder(model.id)} does not hold what it should. "
                f"Fetch it again with `voicegw models pull {model.id} --root {self.root}`."
            )
        return self.folder(model.id)

    def prove(self, models: Iterable[Model]) -> None:
        """Look at the files of these models at the same time, so that `require` need not one after the other.

        Takes a few milliseconds, and a second for each gigabyte that may have changed.
        """
        with ThreadPoolExecutor(HASHERS) as pool:
            list(pool.map(self.unproven, models))

    def unproven(self, model: Model) -> tuple[ModelFile, ...]:
        """Files that are not known to have the right hash. Hashes those that nobody has hashed since they changed."""
        return tuple(file for file in model.files if not self._proven(model, file))

    def _spare(self, model: Model) -> Path | None:
        folder = _spare_folder()
        root = hashlib.sha256(str(self.root.absolute()).encode()).hexdigest()[:16]
        return None if folder is None else folder / root / f"{model.id}.json"

    def verify(self, model: Model) -> tuple[FileCheck, ...]:
        """Hash every file of a model, whatever the ledger says."""
        return tuple(self._check(model, file) for file in model.files)

    def _proven(self, model: Model, file: ModelFile) -> bool:
        path = self.path(model, file)
        if _size(path) != file.size:
            return False
        ledger = self.ledger(model)
        try:
            return ledger.knows(path, file.sha256) or ledger.measure(path) == file.sha256
        except OSError:  # it cannot be read
            return False

    def _check(self, model: Model, file: ModelFile) -> FileCheck:
        path = self.path(model, file)
        size = _size(path)
        if size is None:
            return FileCheck(model, file, path, "missing")
        if size != file.size:
            return FileCheck(model, file, path, "wrong size")
        found = self.ledger(model).measure(path)
        return FileCheck(model, file, path, "ok" if found == file.sha256 else "wrong hash", found)


def _spare_folder() -> Path | None:
    """Of ledgers, beside no models; None where a user has no place for such things."""
    place = user_cache_path("voicegw")
    return place / "hashes" if place.is_absolute() else None


def _size(path: Path) -> int | None:
    """In bytes; None when there is no such file. Raises OperatorError when one may not look."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError as error:
        raise OperatorError(
            f"Cannot look at {path}: {error.strerror}. Run as a user who may, or choose another folder: "
            "VOICEGW_MODELS_DIR."
        ) from None
