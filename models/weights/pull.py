"""Brings models onto this machine: from the first source that has them, checked, resumable, one process at a time."""

from collections.abc import Sequence
from functools import partial

from models.weights.errors import ModelsMissing
from models.weights.files import ModelStore
from models.weights.landing import Landing
from models.weights.lock import exclusive
from models.weights.manifest import Model, ModelFile
from models.weights.partial import arrived
from models.weights.progress import Report
from models.weights.room import Free, ensure_room, free_bytes
from models.weights.sources import Source, SourceUnavailable
from pipeline.errors import OperatorError

PATIENCE_S = 3600.0
"""How long to wait for another process that fetches the same model."""


class Pull:
    """One run of `voicegw models pull`."""

    def __init__(
        self,
        store: ModelStore,
        sources: Sequence[Source],
        report: Report,
        *,
        free: Free = free_bytes,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """sources: asked in this order, file by file."""
        self._store = store
        self._sources = sources
        self._report = report
        self._free = free
        self._patience_s = patience_s
        self._said: set[str] = set()

    def run(self, models: Sequence[Model]) -> None:
        """Make every model complete and proven. Raises OperatorError; what has arrived stays for the next try."""
        try:
            wanted = [model for model in models if self._store.unproven(model)]
            self._ensure_room(wanted)
            for model in wanted:
                self._fetch_locked(model)
        except OSError as error:
            place = error.filename or self._store.root
            raise OperatorError(f"Cannot use {place}: {error.strerror}. Choose another folder with --root.") from error

    def _fetch_locked(self, model: Model) -> None:
        work = self._store.work(model)
        work.mkdir(parents=True, exist_ok=True)
        waiting = partial(self._report.notice, f"Another process is fetching {model.id}; waiting for it.")
        with exclusive(work / "lock", waiting, self._patience_s):
            self._fetch(model, Landing(self._store, model, self._report, self._free))

    def _fetch(self, model: Model, landing: Landing) -> None:
        wanted = self._store.unproven(model)  # again: who had the lock before may have brought them
        for file in wanted:
            if file not in self._store.missing(model):
                self._report.notice(f"{model.id}/{file.name} is damaged; fetching it again.")
        reasons: list[str] = []
        for source in self._sources:
            if offered := [file for file in wanted if source.offers(model, file)]:
                try:
                    source.fetch(offered, landing)
                except SourceUnavailable as reason:
                    reasons.append(f"The {source.name}: {reason}.")
                    self._say_once(f"Not from the {source.name}: {reason}.")
                wanted = self._store.unproven(model)
        if wanted:
            raise _undelivered(model, wanted, reasons)
        landing.clean()

    def _ensure_room(self, models: Sequence[Model]) -> None:
        if missing := [(model, file) for model in models for file in self._store.missing(model)]:
            here = sum(arrived(self._store.work(model)) for model in models)
            ensure_room(self._store.root, max(sum(file.size for _, file in missing) - here, 0), self._free)

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._report.notice(sentence)


def _undelivered(model: Model, files: Sequence[ModelFile], reasons: Sequence[str]) -> ModelsMissing:
    names = ", ".join(file.name for file in files)
    return ModelsMissing(
        f"Cannot fetch {names} of {model.id}. {' '.join(reasons) or 'No source has it.'} Check the network and run the "
        "same command again, it goes on where it stopped; or fetch on another machine and bring the folder with --from."
    )
