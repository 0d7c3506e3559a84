"""Files that are whole or not there, even if the power fails in between."""

import os
from pathlib import Path


def settle(temporary: Path, final: Path) -> None:
    """Give a finished file its final name. Both must be on the same file system."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
    # The new name lives in the folder, which has to reach the disk as well.
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write(path: Path, data: bytes) -> None:
    """Replace the content of a small file at once."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        temporary.write_bytes(data)
        settle(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
