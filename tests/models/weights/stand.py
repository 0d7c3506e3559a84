"""Small models, so that fetching can be tested with real servers, real packages and real processes in milliseconds."""

import hashlib
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from models.weights.files import ModelStore
from models.weights.manifest import Hub, Manifest, Model, ModelFile, Part
from models.weights.progress import Moved
from models.weights.pull import Pull
from models.weights.sources import Source

HUB = Hub(repo="someone/tiny", revision="0123456789abcdef0123456789abcdef01234567", folder="v1/")


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that do not compress, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def file_of(name: str, data: bytes, parts: Sequence[Part] = ()) -> ModelFile:
    return ModelFile(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest(), parts=tuple(parts))


def model_of(*files: ModelFile, model_id: str = "tiny", hub: Hub | None = None) -> Model:
    return Model(
        id=model_id, role="llm", about="A test", licence="CC0-1.0", languages=("en",), files=files, hub=hub
    )  # fmt: skip


def write_manifest(path: Path, *models: Model) -> Path:
    """For a process of its own, which reads it with `read_manifest`."""
    path.write_bytes(msgspec.json.encode(Manifest(models=models, profiles={"default": tuple(m.id for m in models)})))
    return path


def read_manifest(path: Path) -> Manifest:
    return msgspec.json.decode(path.read_bytes(), type=Manifest)


class Recorder:
    """A Report that keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.tracks: dict[str, list[int]] = {}

    def notice(self, sentence: str) -> None:
        self.notices.append(sentence)

    @contextmanager
    def track(self, label: str, size: int) -> Iterator[Moved]:
        yield self.tracks.setdefault(label, []).append


def pull(store: ModelStore, model: Model, *sources: Source) -> Recorder:
    report = Recorder()
    Pull(store, sources, report).run([model])
    return report


def content(store: ModelStore, model: Model) -> list[bytes]:
    return [store.path(model, file).read_bytes() for file in model.files]


class Gate:
    """Holds a server back at a point the test chooses."""

    PATIENCE_S = 30.0

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()

    def hold(self) -> None:
        self._reached.set()
        self._open.wait(self.PATIENCE_S)

    def wait_until_reached(self) -> None:
        assert self._reached.wait(self.PATIENCE_S), "nobody came this far"

    def open(self) -> None:
        self._open.set()
