import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.quality import labels
from models.weights.files import ModelStore
from pipeline.errors import OperatorError
from tests.bench.quality.recordings import interruption, paused, scripted, whole
from voicegw.commands import bench_quality
from voicegw.commands.bench import app


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["quality", *map(str, args)])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    paused(folder, 0.6)
    whole(folder)
    interruption(folder)
    return folder


@pytest.fixture
def _no_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench_quality, "_engines", lambda profile: scripted())
    monkeypatch.setattr(bench_quality, "_cache", lambda: tmp_path / "cache")


@pytest.mark.usefixtures("_no_models")
def test_any_folder_of_labelled_recordings_can_be_measured(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "results" / "quality.json"
    args = ("--corpus", corpus, "--quick", "--reuse", "--latency", "asr=0.2,turn=0.05,tts=0.1", "--out", out)
    result = run(*args, "--policy", "patience=900")
    assert result.exit_code == 0, result.exception
    assert "median wait on complete sentences" in result.stdout
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["policy"]["patience"] == 900
    assert out.with_suffix(".svg").is_file()
    assert (tmp_path / "cache" / "engines.msgpack").is_file()
    again = run(*args)
    assert again.exit_code == 0, again.exception


@pytest.mark.usefixtures("_no_models")
def test_evidence_is_only_collected(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "evidence.json"
    result = run("--corpus", corpus, "--evidence", "--out", out)
    assert result.exit_code == 0, result.exception
    assert len(json.loads(out.read_text(encoding="utf-8"))["places"]) == 3


@pytest.mark.usefixtures("_no_models")
def test_somebody_elses_corpus_is_not_copied(corpus: Path, tmp_path: Path) -> None:
    result = run("--corpus", corpus, "--corpus-out", tmp_path / "copy")
    assert isinstance(result.exception, OperatorError)
    assert "--corpus-out" in str(result.exception)


@pytest.mark.real
def test_the_real_engines_hear_a_real_voice(model_store: ModelStore, tmp_path: Path) -> None:
    from bench.quality import corpus as ours
    from bench.quality.plan import Size

    size = Size(2, 0, 2, 0, 0, 0, 0, 0, 0, 0)
    items = ours.prepared(tmp_path / "made", bench_quality._voice(), 1, size, lambda *_: None)
    ours.copied(items, tmp_path / "corpus")
    assert len(labels.read(tmp_path / "corpus")) == 4
    out = tmp_path / "quality.json"
    result = run("--corpus", tmp_path / "corpus", "--quick", "--out", out)
    assert result.exit_code == 0, result.exception
    report = json.loads(out.read_text(encoding="utf-8"))
    assert {engine["role"] for engine in report["engines"]} >= {"vad", "asr", "turn", "tts"}
    heard = [row for row in report["recordings"] if row["wait_ms"] is not None]
    assert len(heard) >= 3
    assert all(0 < row["wait_ms"] < 5000 for row in heard)
