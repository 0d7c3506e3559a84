"""A file that a long command writes at its end, proved to be writable at its beginning."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from pipeline.errors import OperatorError


class Output:
    """Where the result goes. What lies there already stays until `write` has written all of the new."""

    def __init__(self, path: Path, beside: Path | None) -> None:
        """beside: the file that is written and then takes the place of `path`; None writes to `path` itself."""
        self.path = path
        self._beside = beside

    def write(self, data: bytes) -> None:
        """Raises OperatorError when it does not fit."""
        place = self._beside or self.path
        try:
            place.write_bytes(data)
            if self._beside:
                self._beside.replace(self.path)
        except OSError as error:
            raise unwritable(self.path, error) from error


@contextmanager
def opened(path: Path) -> Iterator[Output]:
    """`path`, with the folders above it. Nothing is left where nothing was written. Raises OperatorError at once."""
    if path.exists() and not path.is_file() and not path.is_dir():  # a device or a pipe cannot be replaced
        yield Output(path, None)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.fchmod(handle, 0o666 & ~_umask())
        os.close(handle)
    except OSError as error:
        raise unwritable(path, error) from error
    beside = Path(name)
    try:
        yield Output(path, beside)
    finally:
        beside.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> OperatorError:
    return OperatorError(f"{path} cannot be written: {error.strerror}. Name another place, or make room there.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
