"""The beginning of a file that is still being fetched, and how it survives an interruption.

The bytes lie in `<name>.part`; `<name>.mark` says how many of them can be trusted, with their hash. What follows the
last mark is thrown away on the next try, so it does not matter when or how the process ended. Every source delivers
the same bytes, so one source can go on where another stopped.
"""

import errno
import hashlib
import os
from pathlib import Path

import msgspec

from models.weights import durable
from models.weights.errors import DiskFull
from models.weights.manifest import ModelFile
from models.weights.progress import Moved
from models.weights.room import Free
from pipeline.errors import OperatorError

MARK_EVERY = 16 << 20
"""Bytes between marks: the most that a killed process has to fetch again."""
_CHUNK = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def arrived(folder: Path) -> int:
    """Bytes of unfinished files in `folder`."""
    return sum(path.stat().st_size for path in folder.glob("*.part"))


class _Mark(msgspec.Struct, frozen=True):
    """target: sha256 of the whole file. size, sha256: of the trusted beginning. sources: who delivered it."""

    target: str
    size: int
    sha256: str
    sources: tuple[str, ...]


class Partial:
    """Append-only. Not for two processes at once (`models.weights.lock`)."""

    def __init__(self, folder: Path, file: ModelFile, source: str, free: Free, moved: Moved) -> None:
        """moved: told how many bytes of the file are on this machine, whenever that changes."""
        self.path = folder / f"{file.name}.part"
        self.size = 0
        self.sources: tuple[str, ...] = ()
        self._mark = folder / f"{file.name}.mark"
        self._file = file
        self._free = free
        self._moved = moved
        self._shown = 0
        self._hash = hashlib.sha256()
        self._out = self.path.open("r+b" if self.path.exists() else "w+b", buffering=0)
        self._resume()
        self._marked = self.size
        if source not in self.sources:
            self.sources = (*self.sources, source)
        self.ahead(0)

    @property
    def sha256(self) -> str:
        """Of what is there so far."""
        return self._hash.hexdigest()

    def append(self, data: bytes) -> None:
        """Raises DiskFull; what was written before stays good."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._out.write(rest) :]
        except OSError as error:
            raise self.problem(error) from error
        self._hash.update(data)
        self.size += len(data)
        if self.size - self._marked >= MARK_EVERY:
            self.mark()
        self.ahead(0)

    def ahead(self, more: int) -> None:
        """Tell the progress that `more` bytes are on this machine, on their way into the file."""
        self._shown = max(self._shown, min(self.size + more, self._file.size))
        self._moved(self._shown)

    def mark(self) -> None:
        """Make everything so far survive a crash."""
        try:
            os.fsync(self._out.fileno())
            mark = _Mark(self._file.sha256, self.size, self.sha256, self.sources)
            durable.write(self._mark, msgspec.json.encode(mark))
        except OSError as error:
            raise self.problem(error) from error
        self._marked = self.size

    def close(self) -> None:
        """Keep what is there for the next try. Safe to call twice."""
        if self._out.closed:
            return
        try:
            if self.size > self._marked:
                self.mark()
        except OperatorError:
            # The disk is full, which is being reported already: the last mark stands, and costs MARK_EVERY at most.
            return
        finally:
            self._out.close()

    def discard(self) -> None:
        """Throw it away: it is not the beginning of the right file."""
        self._out.close()
        self.path.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def settle(self, final: Path) -> None:
        """Give the complete file its name."""
        self._out.close()
        final.parent.mkdir(parents=True, exist_ok=True)
        durable.settle(self.path, final)
        self._mark.unlink(missing_ok=True)

    def problem(self, error: OSError) -> OperatorError:
        """What an operating system error on the way into this file means to a person."""
        folder = self.path.parent
        if error.errno in _FULL:
            needed = self._file.size - self.size
            return DiskFull(folder, needed=needed, free=self._free(folder), reason=str(error.strerror))
        return OperatorError(f"Cannot write {self.path}: {error.strerror}. Choose another folder with --root.")

    def _resume(self) -> None:
        mark = self._read_mark()
        if mark is not None and mark.target == self._file.sha256 and self._hash_first(mark.size) == mark.sha256:
            self.size = mark.size
            self.sources = mark.sources
        else:
            self._hash = hashlib.sha256()
        self._out.truncate(self.size)
        self._out.seek(self.size)

    def _hash_first(self, size: int) -> str:
        while size and (data := self._out.read(min(size, _CHUNK))):
            self._hash.update(data)
            size -= len(data)
        return self._hash.hexdigest()

    def _read_mark(self) -> _Mark | None:
        try:
            return msgspec.json.decode(self._mark.read_bytes(), type=_Mark)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
