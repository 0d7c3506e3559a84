"""Remembers which files were hashed, so that a gigabyte is read again only when it may have changed."""

import hashlib
import os
from pathlib import Path

import msgspec

from models.weights import durable


class _Seen(msgspec.Struct, frozen=True):
    """What a file looked like when its hash was taken. Who writes to it, or puts another in its place, changes that."""

    size: int
    mtime_ns: int
    sha256: str
    ctime_ns: int = 0
    inode: int = 0


class Ledger:
    """A small JSON file. It is a cache and no proof: `verify` hashes anyway, and losing it only costs time."""

    def __init__(self, path: Path, spare: Path | None = None) -> None:
        """spare: where it is kept when the models are mounted read-only."""
        self._path = path
        self._spare = spare

    def knows(self, file: Path, sha256: str) -> bool:
        """Whether `file` had this hash and has not been touched since."""
        return self._read().get(file.name) == _seen(file.stat(), sha256)

    def measure(self, file: Path) -> str:
        """Hash `file` now, and remember it."""
        with file.open("rb") as stream:
            before = os.fstat(stream.fileno())
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        self._keep(file, _seen(before, sha256))
        return sha256

    def note(self, file: Path, sha256: str) -> None:
        self._keep(file, _seen(file.stat(), sha256))

    def _keep(self, file: Path, seen: _Seen) -> None:
        data = msgspec.json.encode({**self._read(), file.name: seen})
        for path in (self._path, self._spare):
            try:
                if path is not None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    durable.write(path, data)
                    return
            except OSError:
                continue  # read-only, or full; if there is no other place, the next check hashes again, nothing else

    def _read(self) -> dict[str, _Seen]:
        known: dict[str, _Seen] = {}
        for path in (self._spare, self._path):
            try:
                if path is not None:
                    known |= msgspec.json.decode(path.read_bytes(), type=dict[str, _Seen])
            except (OSError, msgspec.DecodeError):
                continue
        return known


def _seen(stat: os.stat_result, sha256: str) -> _Seen:
    return _Seen(stat.st_size, stat.st_mtime_ns, sha256, stat.st_ctime_ns, stat.st_ino)
