import os
from pathlib import Path
from typing import NoReturn

import pytest

from models.weights.errors import ModelsDamaged, ModelsMissing
from models.weights.files import ModelStore
from models.weights.manifest import Model
from pipeline.errors import OperatorError
from tests.models.weights.stand import file_of, model_of, noise

DATA = noise(1000)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def model() -> Model:
    return model_of(file_of("a.bin", DATA), file_of("b.json", b"{}"))


def put(store: ModelStore, model: Model, *contents: bytes) -> None:
    store.folder(model.id).mkdir(parents=True, exist_ok=True)
    for file, data in zip(model.files, contents, strict=True):
        store.path(model, file).write_bytes(data)


def test_a_complete_model_is_found(store: ModelStore, model: Model) -> None:
    put(store, model, DATA, b"{}")
    assert store.missing(model) == ()
    assert store.require(model) == store.root / "tiny"


def test_a_missing_model_names_the_command_that_fetches_it(store: ModelStore, model: Model) -> None:
    with pytest.raises(ModelsMissing, match=r"a\.bin, b\.json \(1 kB\).*voicegw models pull tiny --root") as caught:
        store.require(model)
    assert str(store.root) in str(caught.value)


def test_a_folder_that_may_not_be_looked_into_is_named(
    store: ModelStore, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root, whom nothing is forbidden, only so."""

    def forbidden(_: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", forbidden)
    for look in (store.missing, store.require, store.unproven, store.verify):
        with pytest.raises(OperatorError, match=r"Cannot look at .*a\.bin: Permission denied.*VOICEGW_MODELS_DIR"):
            look(model)


def test_a_file_of_the_wrong_size_is_missing(store: ModelStore, model: Model) -> None:
    put(store, model, DATA[:-1], b"{}")
    assert store.missing(model) == model.files[:1]
    with pytest.raises(ModelsMissing, match=r"not complete: a\.bin \("):
        store.require(model)


def test_verify_tells_what_is_wrong(store: ModelStore, model: Model) -> None:
    put(store, model, noise(1000, seed=2), b"{ }")
    damaged, longer = store.verify(model)
    assert (damaged.state, longer.state) == ("wrong hash", "wrong size")
    assert damaged.found is not None
    assert damaged.found != model.files[0].sha256
    store.path(model, model.files[1]).unlink()
    assert [check.state for check in store.verify(model)] == ["wrong hash", "missing"]
    put(store, model, DATA, b"{}")
    assert [check.state for check in store.verify(model)] == ["ok", "ok"]


def unreadable(*_: object, **__: object) -> NoReturn:
    raise AssertionError("nothing need be read")


def test_a_proven_file_is_not_read_again_until_it_changes(
    store: ModelStore, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, model, DATA, b"{}")
    assert store.unproven(model) == ()
    path = store.path(model, model.files[0])
    stat = path.stat()

    with monkeypatch.context() as patched:
        patched.setattr("hashlib.file_digest", unreadable)
        assert store.unproven(model) == ()

    # The same size and time with other bytes, as a disk repair or a careful copy leaves them.
    path.write_bytes(noise(1000, seed=2))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.unproven(model) == model.files[:1]


def test_a_file_in_the_place_of_another_is_read(store: ModelStore, model: Model) -> None:
    put(store, model, DATA, b"{}")
    assert store.unproven(model) == ()
    path = store.path(model, model.files[0])
    stat = path.stat()
    other = path.with_name("other")
    other.write_bytes(noise(1000, seed=2))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)
    assert store.unproven(model) == model.files[:1]


def test_a_damaged_model_is_refused_with_the_file_and_the_remedy(store: ModelStore, model: Model) -> None:
    put(store, model, noise(1000, seed=2), b"{}")
    with pytest.raises(ModelsDamaged, match=r"tiny is damaged: a\.bin in .*voicegw models pull tiny --root"):
        store.require(model)


def test_models_that_are_mounted_read_only_are_hashed_once(
    store: ModelStore, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.weights.files._spare_folder", lambda: tmp_path / "cache")
    put(store, model, DATA, b"{}")
    (store.root / ".work").write_text("no folder can be made here")
    store.prove([model])
    monkeypatch.setattr("hashlib.file_digest", unreadable)
    assert store.require(model) == store.folder(model.id)


def test_an_installation_without_any_place_for_the_ledger_works(
    store: ModelStore, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.weights.files._spare_folder", lambda: None)
    put(store, model, DATA, b"{}")
    (store.root / ".work").write_text("no folder can be made here")
    assert store.require(model) == store.folder(model.id)


def test_a_touched_file_is_read_again(store: ModelStore, model: Model) -> None:
    put(store, model, DATA, b"{}")
    assert store.unproven(model) == ()
    path = store.path(model, model.files[0])
    path.write_bytes(noise(1000, seed=2))
    os.utime(path, ns=(0, 0))
    assert store.unproven(model) == model.files[:1]


def test_a_damaged_ledger_only_costs_time(store: ModelStore, model: Model) -> None:
    put(store, model, DATA, b"{}")
    assert store.unproven(model) == ()
    (store.work(model) / "hashes.json").write_bytes(b"{ half a led")
    assert store.unproven(model) == ()


def test_a_new_hash_in_the_manifest_makes_the_file_unproven(store: ModelStore, model: Model) -> None:
    put(store, model, DATA, b"{}")
    assert store.unproven(model) == ()
    updated = model_of(file_of("a.bin", noise(1000, seed=2)), model.files[1])
    assert store.unproven(updated) == updated.files[:1]
