"""Room on the disk, asked for before it is needed."""

import shutil
from collections.abc import Callable
from pathlib import Path

from models.weights.errors import DiskFull

Free = Callable[[Path], int]
"""Bytes that are free where a folder is, or will be."""


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(next(path for path in (folder, *folder.absolute().parents) if path.exists())).free


def ensure_room(folder: Path, needed: int, free: Free) -> None:
    """Raises DiskFull when `needed` bytes do not fit."""
    if needed > free(folder):
        raise DiskFull(folder, needed=needed, free=free(folder))
