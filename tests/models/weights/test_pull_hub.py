import socket
from pathlib import Path

import pytest

from models.weights.errors import ModelsMissing, WrongHash
from models.weights.files import ModelStore
from models.weights.sources.folder import FolderSource
from models.weights.sources.hub import PROBE_S, HubSource
from tests.models.weights.hub import TinyHub, tiny_hub
from tests.models.weights.index import TinyIndex, tiny_index
from tests.models.weights.stand import HUB, content, file_of, model_of, noise, pull

DATA = noise(300_000)
MODEL = model_of(file_of("a.bin", DATA), file_of("b.json", b"{}"), hub=HUB)
FILES = {"a.bin": DATA, "b.json": b"{}"}


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.mark.parametrize("large", [frozenset[str](), frozenset({"a.bin"})], ids=["small", "redirected"])
def test_from_the_hub(store: ModelStore, large: frozenset[str]) -> None:
    with tiny_hub(TinyHub(FILES, large=large)) as hub:
        pull(store, MODEL, HubSource(hub.address))
    assert content(store, MODEL) == [DATA, b"{}"]
    assert hub.requests[0] == ("HEAD", "a.bin", None)
    assert hub.gets("a.bin") == ["bytes=0-"]


def test_a_connection_that_breaks_goes_on_where_it_was(store: ModelStore) -> None:
    with tiny_hub(TinyHub(FILES, breaks=[100_000, 150_000])) as hub:
        pull(store, MODEL, HubSource(hub.address))
    assert content(store, MODEL) == [DATA, b"{}"]
    assert hub.gets("a.bin") == ["bytes=0-", "bytes=100000-", "bytes=250000-"]


def test_a_later_pull_goes_on_where_an_earlier_one_gave_up(store: ModelStore) -> None:
    with tiny_hub(TinyHub(FILES, breaks=[200_000, 0])) as hub:
        with pytest.raises(
            ModelsMissing, match=r"The model hub: http://.*a\.bin cannot be read \(.*goes on where it stopped"
        ):
            pull(store, MODEL, HubSource(hub.address))
        assert not store.path(MODEL, MODEL.files[0]).exists()
        report = pull(store, MODEL, HubSource(hub.address))
    assert content(store, MODEL) == [DATA, b"{}"]
    assert hub.gets("a.bin") == ["bytes=0-", "bytes=200000-", "bytes=200000-"]
    assert report.tracks["tiny/a.bin"][0] == 200_000


def test_a_server_without_ranges_sends_all_of_it_again(store: ModelStore) -> None:
    with tiny_hub(TinyHub(FILES, breaks=[200_000], ranges=False)) as hub:
        pull(store, MODEL, HubSource(hub.address))
    assert content(store, MODEL) == [DATA, b"{}"]


def test_another_source_goes_on_where_the_hub_gave_up(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(DATA)
    (tmp_path / "b.json").write_bytes(b"{}")
    with tiny_hub(TinyHub(FILES, breaks=[200_000, 0])) as hub:
        report = pull(store, MODEL, HubSource(hub.address), FolderSource(tmp_path))
    assert content(store, MODEL) == [DATA, b"{}"]
    assert report.tracks["tiny/a.bin"].count(200_000) >= 2, "the folder began where the hub had stopped"


def test_a_wrong_file_on_the_hub_is_refused(store: ModelStore) -> None:
    with (
        tiny_hub(TinyHub(FILES | {"a.bin": noise(len(DATA), seed=2)})) as hub,
        pytest.raises(WrongHash, match=rf"from {hub.address}/{HUB.repo}/resolve/{HUB.revision}/v1/a\.bin\. Nothing"),
    ):
        pull(store, MODEL, HubSource(hub.address))
    assert not store.path(MODEL, MODEL.files[0]).exists()
    assert list(store.work(MODEL).glob("a.bin*")) == []


def test_an_endless_file_is_not_read_to_its_end(store: ModelStore) -> None:
    with (
        tiny_hub(TinyHub(FILES | {"a.bin": DATA + bytes(50_000_000)})) as hub,
        pytest.raises(WrongHash, match=f"instead of {len(DATA)} bytes"),
    ):
        pull(store, MODEL, HubSource(hub.address))
    assert list(store.work(MODEL).glob("a.bin*")) == []


def test_a_file_the_hub_does_not_have(store: ModelStore) -> None:
    with (
        tiny_hub(TinyHub({"b.json": b"{}"})) as hub,
        pytest.raises(ModelsMissing, match=r"a\.bin answered 404"),
    ):
        pull(store, MODEL, HubSource(hub.address))


def test_something_else_that_answers_is_no_hub(store: ModelStore, tmp_path: Path) -> None:
    with (
        tiny_index(TinyIndex(tmp_path)) as index,
        pytest.raises(ModelsMissing, match="The model hub: "),
    ):
        pull(store, MODEL, HubSource(f"{index.address}/simple"))


def test_a_hub_that_refuses_the_connection(store: ModelStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ModelsMissing, match=r"The model hub: no answer from http://.*refused"):
        pull(store, MODEL, HubSource(f"http://127.0.0.1:{port}"))


def test_a_hub_that_never_answers_is_asked_once_and_not_for_long(store: ModelStore, tmp_path: Path) -> None:
    assert PROBE_S < 5
    (tmp_path / "a.bin").write_bytes(DATA)
    (tmp_path / "b.json").write_bytes(b"{}")
    other = model_of(*MODEL.files, model_id="other", hub=HUB)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hub = HubSource(f"http://127.0.0.1:{silent.getsockname()[1]}", probe_s=0.2)
        report = pull(store, MODEL, hub, FolderSource(tmp_path))
        pull(store, other, hub, FolderSource(tmp_path))
        silent.settimeout(5)
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert len(report.notices) == 1
    assert "Not from the model hub: no answer" in report.notices[0]
    assert content(store, other) == [DATA, b"{}"]
