"""Where a source puts the bytes of one model, and what decides whether they are the right ones."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from models.weights.errors import WrongHash
from models.weights.files import ModelStore
from models.weights.manifest import Model, ModelFile
from models.weights.partial import Partial, arrived
from models.weights.progress import Report
from models.weights.room import Free, ensure_room


class Landing:
    """Made by `models.weights.pull`, which holds the model's lock."""

    def __init__(self, store: ModelStore, model: Model, report: Report, free: Free) -> None:
        self.model = model
        self.scratch = store.work(model) / "scratch"
        """A folder for what a source keeps between two tries; it goes when the model is complete."""
        self._store = store
        self._report = report
        self._free = free

    def ensure_room(self, files: Sequence[ModelFile], spare: int) -> None:
        """Raises DiskFull unless `files` fit, and `spare` bytes that are taken only for a while."""
        work = self._store.work(self.model)
        ensure_room(work, max(sum(file.size for file in files) - arrived(work), 0) + spare, self._free)

    @contextmanager
    def open(self, file: ModelFile, source: str) -> Iterator[Partial]:
        """The file's beginning, to be completed within the block.

        source: what a person should read about where the bytes come from. At the end of the block the file gets its
        name if its hash is right; if not, it is removed and WrongHash is raised. If the block raises, what has arrived
        stays for the next try.
        """
        label = f"{self.model.id}/{file.name}"
        with self._report.track(label, file.size) as moved:
            partial = Partial(self._store.work(self.model), file, source, self._free, moved)
            try:
                yield partial
            finally:
                partial.close()
            self._judge(partial, file, label)
            final = self._store.path(self.model, file)
            partial.settle(final)
            self._store.ledger(self.model).note(final, file.sha256)

    def clean(self) -> None:
        """Nothing of the work is needed any more."""
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _judge(self, partial: Partial, file: ModelFile, label: str) -> None:
        if partial.sha256 == file.sha256:
            return
        partial.discard()
        found = (
            partial.sha256 if partial.size == file.size else f"a file of {partial.size} instead of {file.size} bytes"
        )
        raise WrongHash(label, expected=file.sha256, found=found, source=" and ".join(partial.sources))
