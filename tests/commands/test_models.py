"""`voicegw models` as a person uses it. Fetching itself is tested in tests/models/test_pull*.py."""

import io
import json
import re
import signal
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from models.weights.files import ModelStore
from models.weights.manifest import Manifest, default_manifest
from pipeline.errors import OperatorError
from tests.models.weights.child import child, end
from tests.models.weights.hub import TinyHub, tiny_hub
from tests.models.weights.index import pip_env
from tests.models.weights.stand import HUB, Gate, content, file_of, model_of, noise, write_manifest
from voicegw.commands.models import app
from voicegw.commands.progress import LINE_EVERY_S, Bars, Lines

DATA = noise(300_000)
MODEL = model_of(file_of("a.bin", DATA), file_of("b.json", b"{}"), hub=HUB)
OTHER = model_of(file_of("c.bin", b"other"), model_id="other")
MANIFEST = Manifest(models=(MODEL, OTHER), profiles={"default": ("tiny",), "small": ("other",)})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """Where the environment says that models are."""
    monkeypatch.chdir(tmp_path)  # away from any voicegw.toml
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(tmp_path / "models"))
    return ModelStore(tmp_path / "models")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    for name, data in {"a.bin": DATA, "b.json": b"{}", "c.bin": b"other"}.items():
        (folder / name).write_bytes(data)
    return folder


def run(*args: str, manifest: Manifest = MANIFEST) -> str:
    result = CliRunner().invoke(app, args, obj=manifest, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_list_shows_what_there_is_and_what_is_here(store: ModelStore, given: Path) -> None:
    run("pull", "tiny", "--from", str(given))
    said = run("list")
    assert re.search(r"tiny +llm +CC0-1.0 +en +300 kB +yes +default +A test", said)
    assert re.search(r"other +llm +CC0-1.0 +en +5 B +no +small +A test", said)
    assert str(store.root) in said


def test_list_for_programs(store: ModelStore) -> None:
    store.folder("tiny").mkdir(parents=True)
    store.path(MODEL, MODEL.files[1]).write_bytes(b"{}")
    tiny, other = json.loads(run("list", "--json"))
    assert tiny == {
        "id": "tiny", "role": "llm", "about": "A test", "licence": "CC0-1.0", "languages": ["en"], "size": 300_002,
        "installed": "partly", "profiles": ["default"], "folder": str(store.root / "tiny"),
    }  # fmt: skip
    assert other["installed"] == "no"


def test_list_knows_every_model_of_the_project(store: ModelStore) -> None:
    rows = json.loads(CliRunner().invoke(app, ["list", "--json"]).output)
    assert [row["id"] for row in rows] == [model.id for model in default_manifest().models]


@pytest.mark.parametrize(
    ("args", "models"),
    [
        ((), {"tiny"}),
        (("other",), {"other"}),
        (("--profile", "small"), {"other"}),
        (("tiny", "--profile", "small"), {"tiny", "other"}),
        (("--all",), {"tiny", "other"}),
    ],
)
def test_pull_brings_what_was_asked_for(
    store: ModelStore, given: Path, args: tuple[str, ...], models: set[str]
) -> None:
    said = run("pull", "--from", str(given), *args)
    assert {path.name for path in store.root.iterdir() if path.name != ".work"} == models
    assert f"{len(models)} models (" in said


def test_pull_into_another_folder(store: ModelStore, given: Path, tmp_path: Path) -> None:
    run("pull", "tiny", "--from", str(given), "--root", str(tmp_path / "elsewhere"))
    assert content(ModelStore(tmp_path / "elsewhere"), MODEL) == [DATA, b"{}"]
    assert not store.root.exists()


def test_pull_again_has_nothing_to_do(store: ModelStore, given: Path) -> None:
    run("pull", "--from", str(given))
    assert run("pull") == f"1 models (300 kB) are complete in {store.root}.\n"


def test_verify_reads_everything(store: ModelStore, given: Path) -> None:
    run("pull", "--from", str(given))
    assert run("verify") == "tiny/a.bin: right\ntiny/b.json: right\n"
    store.path(MODEL, MODEL.files[0]).write_bytes(noise(len(DATA), seed=2))
    store.path(MODEL, MODEL.files[1]).unlink()
    result = CliRunner().invoke(app, ["verify", "tiny"], obj=MANIFEST)
    assert result.exit_code == 1
    assert f"and should be {MODEL.files[0].sha256}" in result.output
    assert "tiny/b.json: MISSING" in result.output
    assert str(result.exception).startswith("2 files are not right. `voicegw models pull")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("pull", "huge"), "There is no model 'huge'"),
        (("verify", "--profile", "huge"), "There is no profile 'huge'"),
        (("pull", "--from", "nowhere"), "--from nowhere is not a folder"),
    ],
)
def test_a_mistake_is_one_sentence(store: ModelStore, args: tuple[str, ...], says: str) -> None:
    result = CliRunner().invoke(app, args, obj=MANIFEST)
    assert isinstance(result.exception, OperatorError)
    assert says in str(result.exception)


def test_ctrl_c_stops_and_the_next_pull_goes_on(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "manifest.json", MODEL)
    store = ModelStore(tmp_path / "models")
    gate = Gate()
    args = ("pull", "tiny", "--root", str(store.root))
    with tiny_hub(TinyHub({"a.bin": DATA, "b.json": b"{}"}, gate=gate, gate_at=200_000)) as hub:
        env = pip_env(HF_ENDPOINT=hub.address)
        with child(manifest, *args, env=env) as process:
            gate.wait_until_reached()
            process.send_signal(signal.SIGINT)
            status, said = end(process)
        assert status == 130
        assert "Stopped. What has arrived is kept" in said
        assert "Traceback" not in said
        gate.open()
        with child(manifest, *args, env=env) as process:
            assert end(process)[0] == 0
    assert content(store, MODEL) == [DATA, b"{}"]


def test_bars_show_size_speed_and_time_left() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with Bars(console) as bars, bars.track("tiny/a.bin", 4_000_000) as moved:
        moved(1_000_000)
        moved(2_000_000)
        bars.notice("A sentence [between] the bars.")
    assert isinstance(console.file, io.StringIO)
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    assert "A sentence [between] the bars." in said
    assert re.search(r"tiny/a\.bin .*2\.0/4\.0 MB .*(B/s|\?) .*[0-9:-]+", said)


def test_lines_come_now_and_then() -> None:
    said: list[str] = []
    now = 0.0
    lines = Lines(said.append, clock=lambda: now)
    with lines.track("tiny/a.bin", 4_000_000) as moved:
        moved(1_000_000)
        now = 1.0
        moved(1_500_000)
        now = LINE_EVERY_S
        moved(2_000_000)
        now += 1
        moved(2_100_000)
        now = 20.0
        moved(4_000_000)
    assert said == [
        "tiny/a.bin: fetching 4 MB, 1 MB are here already",
        "tiny/a.bin: 2 MB of 4 MB, 100 kB/s, 20 s left",
        "tiny/a.bin: 4 MB of 4 MB, 150 kB/s, 0 s left",
        "tiny/a.bin: done in 20.0 s (150 kB/s)",
    ]
