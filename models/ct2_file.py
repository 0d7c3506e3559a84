"""The weights in a model file of CTranslate2, where they lie on the disk.

The format is CTranslate2's own (model_spec.py, `_serialize`): a header, then each variable with its name, shape and
type, then names that stand for other variables. Nothing is read before it is asked for.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

VERSION = 6
"""Of the file format; the only one that is read here."""
TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""CTranslate2's numbers for the types of variables. The one left out, bfloat16, has no counterpart in numpy."""


class Unreadable(Exception):
    """The file is not of the one format that is known; the message says in what."""


@dataclass(frozen=True, slots=True)
class _Place:
    kind: int
    shape: tuple[int, ...]
    offset: int


class Ct2Weights:
    """Made by `open`."""

    def __init__(self, path: Path, places: dict[str, _Place]) -> None:
        self._path = path
        self._places = places

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises Unreadable, and OSError."""
        with path.open("rb") as file:
            try:
                return cls(path, _places(file))
            except (struct.error, UnicodeDecodeError) as error:
                raise Unreadable(f"it ends, or makes no sense, in the middle ({error})") from error

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def stored(self, name: str) -> NDArray[Any]:
        """The variable as it lies in the file; what is read of it is read from there. Raises Unreadable."""
        place = self._places.get(name)
        if place is None:
            raise Unreadable(f"it has no {name}")
        if place.kind not in TYPES:
            raise Unreadable(f"{name} is of a type that is not known here ({place.kind})")
        # A mapping for each variable: what was read of it counts as this process's memory as long as it is open.
        return np.memmap(self._path, TYPES[place.kind], "r", place.offset, place.shape)

    def shape(self, name: str) -> tuple[int, ...]:
        """Raises Unreadable."""
        return self.stored(name).shape

    def number(self, name: str) -> int:
        """Raises Unreadable."""
        return int(self.stored(name).reshape(()))

    def table(self, name: str) -> "Table":
        """Raises Unreadable."""
        found = self.stored(name)
        if found.dtype == np.int8:
            return Table(found, self.stored(f"{name}_scale"))
        if found.dtype.kind != "f":
            raise Unreadable(f"{name} is kept as {found.dtype}")
        return Table(found)

    def dense(self, name: str, rows: slice = slice(None)) -> NDArray[np.float32]:
        """Some rows of the variable, or all of it. Raises Unreadable."""
        return self.table(name)[rows]


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers on the disk, even if they are kept in eight bits, with a scale for each row."""

    kept: NDArray[Any]
    scales: NDArray[Any] | None = None

    def __getitem__(self, rows: slice | Sequence[int]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.kept[rows].astype(np.float32)
        return found if self.scales is None else found / self.scales[rows].astype(np.float32)[:, None]


def _places(file: BinaryIO) -> dict[str, _Place]:
    version = _number(file, "I")
    if version != VERSION:
        raise Unreadable(f"it is of version {version}, not {VERSION}")
    _string(file)  # the name of the kind of model
    _number(file, "I")  # and its revision
    places = {}
    for _ in range(_number(file, "I")):
        name = _string(file)
        shape = tuple(_number(file, "I") for _ in range(_number(file, "B")))
        kind, size = _number(file, "B"), _number(file, "I")
        places[name] = _Place(kind, shape, file.tell())
        file.seek(size, 1)
    for _ in range(_number(file, "I")):
        alias, name = _string(file), _string(file)
        for part in ("", "_scale"):  # that of eight bits has no alias of its own
            if name + part in places:
                places.setdefault(alias + part, places[name + part])
    return places


def _number(file: BinaryIO, form: str) -> int:
    (value,) = struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))
    return int(value)


def _string(file: BinaryIO) -> str:
    return file.read(_number(file, "H")).rstrip(b"\0").decode()
