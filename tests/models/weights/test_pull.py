"""Rules of a pull that do not depend on where the bytes come from; here they come from a folder."""

from pathlib import Path

import pytest

from models.weights.errors import DiskFull, ModelsMissing, WrongHash
from models.weights.files import ModelStore
from models.weights.pull import Pull
from models.weights.sources.folder import FolderSource
from pipeline.errors import OperatorError
from tests.models.weights.stand import Recorder, content, file_of, model_of, noise, pull

DATA = noise(300_000)
MODEL = model_of(file_of("a.bin", DATA), file_of("b.json", b"{}"))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given" / MODEL.id
    folder.mkdir(parents=True)
    (folder / "a.bin").write_bytes(DATA)
    (folder / "b.json").write_bytes(b"{}")
    return folder.parent


def test_from_a_folder(store: ModelStore, given: Path) -> None:
    report = pull(store, MODEL, FolderSource(given))
    assert content(store, MODEL) == [DATA, b"{}"]
    assert report.tracks["tiny/a.bin"][-1] == len(DATA)
    assert sorted(path.name for path in store.work(MODEL).iterdir()) == ["hashes.json", "lock"]


def test_files_may_lie_loose_in_the_folder(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(DATA)
    (tmp_path / "b.json").write_bytes(b"{}")
    pull(store, MODEL, FolderSource(tmp_path))
    assert content(store, MODEL) == [DATA, b"{}"]


def test_a_loose_file_of_another_size_is_another_models(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(DATA)
    (tmp_path / "b.json").write_bytes(b'{"of": "another model"}')
    with pytest.raises(ModelsMissing, match=r"Cannot fetch b\.json of tiny"):
        pull(store, MODEL, FolderSource(tmp_path))
    assert store.path(MODEL, MODEL.files[0]).exists()


def test_what_is_there_is_left_alone(store: ModelStore, given: Path) -> None:
    pull(store, MODEL, FolderSource(given))
    before = store.path(MODEL, MODEL.files[0]).stat()
    report = pull(store, MODEL)
    assert report.tracks == {}
    assert store.path(MODEL, MODEL.files[0]).stat() == before


def test_files_put_there_by_hand_are_accepted_if_they_are_right(store: ModelStore, given: Path) -> None:
    given.rename(store.root)
    assert pull(store, MODEL).tracks == {}


def test_a_damaged_file_is_fetched_again(store: ModelStore, given: Path) -> None:
    store.folder(MODEL.id).mkdir(parents=True)
    store.path(MODEL, MODEL.files[0]).write_bytes(noise(len(DATA), seed=2))
    report = pull(store, MODEL, FolderSource(given))
    assert report.notices == ["tiny/a.bin is damaged; fetching it again."]
    assert content(store, MODEL) == [DATA, b"{}"]


def test_a_wrong_hash_names_the_file_both_hashes_and_the_source(store: ModelStore, given: Path) -> None:
    wrong = file_of("a.bin", noise(len(DATA), seed=2))
    (given / MODEL.id / "a.bin").write_bytes(noise(len(DATA), seed=2))
    with pytest.raises(WrongHash) as caught:
        pull(store, MODEL, FolderSource(given))
    for expected in ("tiny/a.bin", MODEL.files[0].sha256, wrong.sha256, str(given / MODEL.id / "a.bin")):
        assert expected in str(caught.value)
    assert not store.path(MODEL, MODEL.files[0]).exists()
    assert list(store.work(MODEL).glob("a.bin*")) == []

    # and the next try starts fresh
    (given / MODEL.id / "a.bin").write_bytes(DATA)
    pull(store, MODEL, FolderSource(given))
    assert content(store, MODEL) == [DATA, b"{}"]


@pytest.mark.parametrize("data", [DATA[:-1], DATA + b"x"], ids=["short", "long"])
def test_a_file_of_the_wrong_length_is_a_wrong_file(store: ModelStore, given: Path, data: bytes) -> None:
    (given / MODEL.id / "a.bin").write_bytes(data)
    with pytest.raises(WrongHash, match=f"a file of {len(data)} instead of {len(DATA)} bytes"):
        pull(store, MODEL, FolderSource(given))
    assert not store.path(MODEL, MODEL.files[0]).exists()


def test_no_source_at_all(store: ModelStore) -> None:
    with pytest.raises(ModelsMissing, match=r"Cannot fetch a\.bin, b\.json of tiny\. No source has it\..*--from"):
        pull(store, MODEL)


def test_room_is_asked_for_before_anything_is_fetched(store: ModelStore, given: Path) -> None:
    with pytest.raises(DiskFull, match=r"300 kB more are needed in .*models, 299 kB are free\. Make room"):
        Pull(store, [FolderSource(given)], Recorder(), free=lambda _: 299_000).run([MODEL])
    assert not store.root.exists()


def test_a_root_that_cannot_be_used(tmp_path: Path, given: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match=r"Cannot use .*: Not a directory\. Choose another folder with --root"):
        pull(ModelStore(tmp_path / "file" / "models"), MODEL, FolderSource(given))
