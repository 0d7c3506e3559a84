"""A folder that somebody brought along: for sites without a network."""

from collections.abc import Sequence
from pathlib import Path

from models.weights.landing import Landing
from models.weights.manifest import Model, ModelFile
from models.weights.sources import SourceUnavailable

_CHUNK = 1 << 20


class FolderSource:
    """Files as `<folder>/<model id>/<file name>`, like the store itself, or directly in the folder."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def offers(self, model: Model, file: ModelFile) -> bool:
        return self._find(model, file).is_file()

    def fetch(self, files: Sequence[ModelFile], landing: Landing) -> None:
        for file in files:
            path = self._find(landing.model, file)
            with landing.open(file, f"the file {path}") as partial:
                try:
                    with path.open("rb") as given:
                        given.seek(partial.size)
                        while data := given.read(_CHUNK):
                            partial.append(data)
                except OSError as error:
                    raise SourceUnavailable(f"{path} cannot be read: {error.strerror}") from error

    def _find(self, model: Model, file: ModelFile) -> Path:
        own = self._folder / model.id / file.name
        loose = self._folder / file.name
        # Several models have a config.json: lying loose in one folder, only its size tells whose it is.
        return loose if not own.exists() and loose.is_file() and loose.stat().st_size == file.size else own
