"""Remembers which files were hashed, so that a gigabyte is read again only when it may have changed."""

import hashlib
from pathlib import Path

import msgspec

from models.weights import durable


class _Seen(msgspec.Struct, frozen=True):
    """What a file looked like when its hash was taken."""

    size: int
    mtime_ns: int
    sha256: str


class Ledger:
    """A small JSON file. It is a cache and no proof: `verify` hashes anyway, and losing it only costs time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def knows(self, file: Path, sha256: str) -> bool:
        """Whether `file` had this hash and has not been touched since."""
        stat = file.stat()
        return self._read().get(file.name) == _Seen(stat.st_size, stat.st_mtime_ns, sha256)

    def measure(self, file: Path) -> str:
        """Hash `file` now, and remember it."""
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        self.note(file, sha256)
        return sha256

    def note(self, file: Path, sha256: str) -> None:
        stat = file.stat()
        seen = {**self._read(), file.name: _Seen(stat.st_size, stat.st_mtime_ns, sha256)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.write(self._path, msgspec.json.encode(seen))
        except OSError:
            # Models may be mounted read-only, or the disk full; then the next check hashes again, nothing else.
            return

    def _read(self) -> dict[str, _Seen]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Seen])
        except (OSError, msgspec.DecodeError):
            return {}
