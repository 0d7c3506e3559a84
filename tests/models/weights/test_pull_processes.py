"""Real processes: killed, side by side, on a full disk."""

import re
from pathlib import Path

import pytest

from models.weights.files import ModelStore
from tests.models.weights.child import child, end, kill
from tests.models.weights.hub import TinyHub, tiny_hub
from tests.models.weights.index import TinyIndex, pip_env, tiny_index, wheels_of
from tests.models.weights.stand import HUB, Gate, content, file_of, model_of, noise, write_manifest

DATA = noise(300_000)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def hub_env(hub: TinyHub, **more: str) -> dict[str, str]:
    return pip_env(PIP_NO_INDEX="1", HF_ENDPOINT=hub.address) | more


def test_two_processes_fetch_a_model_once(store: ModelStore, tmp_path: Path) -> None:
    model = model_of(file_of("a.bin", DATA), hub=HUB)
    manifest = write_manifest(tmp_path / "manifest.json", model)
    gate = Gate()
    args = ("pull", "tiny", "--root", str(store.root))
    with (
        tiny_hub(TinyHub({"a.bin": DATA}, gate=gate, gate_at=100_000)) as hub,
        child(manifest, *args, env=hub_env(hub)) as first,
    ):
        gate.wait_until_reached()
        with child(manifest, *args, env=hub_env(hub)) as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "Another process is fetching tiny; waiting for it.\n"
            gate.open()
            assert end(first)[0] == 0
            status, said = end(second)
    assert status == 0
    assert "1 models (300 kB) are complete" in said
    assert content(store, model) == [DATA]
    assert hub.gets("a.bin") == ["bytes=0-"]


def test_a_killed_pull_does_not_fetch_finished_parts_again(store: ModelStore, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    model = model_of(file_of("a.bin", DATA, wheels_of(wheels, DATA, 6)))
    manifest = write_manifest(tmp_path / "manifest.json", model)
    args = ("pull", "tiny", "--root", str(store.root))
    # Three wheels are on their way at a time. The fifth is asked for when the second leaves that window, and by then
    # the first has been joined; the third never comes.
    third, fifth = Gate(), Gate()
    with tiny_index(TinyIndex(wheels, {"tiny-part3": third, "tiny-part5": fifth})) as index:
        with child(manifest, *args, env=index.env) as process:
            fifth.wait_until_reached()
            kill(process)
        assert not store.path(model, model.files[0]).exists()
        third.open()
        fifth.open()
        with child(manifest, *args, env=index.env) as process:
            status, said = end(process)
    assert status == 0, said
    assert content(store, model) == [DATA]
    assert "are here already" in said
    assert (index.downloads["tiny-part1"], index.downloads["tiny-part2"]) == (1, 1)
    assert sorted(path.name for path in store.work(model).iterdir()) == ["hashes.json", "lock"]


def test_a_full_disk_is_one_sentence_and_the_next_try_goes_on(store: ModelStore, tmp_path: Path) -> None:
    model = model_of(file_of("a.bin", DATA), hub=HUB)
    manifest = write_manifest(tmp_path / "manifest.json", model)
    args = ("pull", "tiny", "--root", str(store.root))
    with tiny_hub(TinyHub({"a.bin": DATA})) as hub:
        with child(manifest, *args, env=hub_env(hub), largest_file=200_000) as process:
            status, said = end(process)
        assert status == 1
        assert re.search(
            r"^voicegw: Not enough disk space \(File too large\): 1\d\d kB more are needed in ", said, re.MULTILINE
        )
        assert "Traceback" not in said
        assert not store.path(model, model.files[0]).exists()
        with child(manifest, *args, env=hub_env(hub)) as process:
            assert end(process)[0] == 0
    assert content(store, model) == [DATA]
    first, second = hub.gets("a.bin")
    assert first == "bytes=0-"
    assert second != first


def test_hub_settings_of_the_user_are_honoured(store: ModelStore, tmp_path: Path) -> None:
    model = model_of(file_of("a.bin", DATA), hub=HUB)
    manifest = write_manifest(tmp_path / "manifest.json", model)
    args = ("pull", "tiny", "--root", str(store.root))
    with tiny_hub(TinyHub({"a.bin": DATA})) as hub:
        with child(manifest, *args, env=hub_env(hub, HF_HUB_OFFLINE="1")) as process:
            status, said = end(process)
        assert status == 1
        assert "HF_HUB_OFFLINE is set" in said
        assert hub.requests == []
        with child(manifest, *args, env=hub_env(hub)) as process:
            assert end(process)[0] == 0
    assert content(store, model) == [DATA]
