import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.weights.files import ModelStore
from pipeline.errors import OperatorError
from tests.bench.test_caller import Calls
from tests.commands.test_talk import gateway
from tests.support.scripted_gateway import tone
from voicegw.client import realtime, wav
from voicegw.commands.bench import app


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    wav.write(folder / "a.wav", tone(60))
    (folder / "a.txt").write_text("call zero, question one", encoding="utf-8")
    return folder


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["turn", *map(str, args)])


def test_a_running_gateway_is_measured_with_recordings(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    out = tmp_path / "results" / "turn.json"
    with gateway(Calls(), key="secret") as url:
        result = run("--turns", 2, "--url", url, "--key", "secret", "--prompts", recordings, "--out", out)
    assert result.exit_code == 0, result.exception
    assert "2/2  a.wav: " in result.stdout
    assert "first audible sample" in result.stdout
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["summary"]["counted"] == 2
    assert report["summary"]["wer"] is not None
    assert "secret" not in json.dumps(report["gateway"])


def test_a_profile_is_not_for_a_gateway_that_runs_already() -> None:
    result = run("--url", "ws://127.0.0.1:1", "--profile", "small")
    assert isinstance(result.exception, OperatorError)
    assert "--profile" in str(result.exception)


def test_without_the_development_packages_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("bench")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jiwer", None)
    result = run()
    assert isinstance(result.exception, OperatorError)
    assert "needs the package jiwer: pip install '.[dev]'" in str(result.exception)


@pytest.mark.real
def test_the_whole_bench_with_its_own_gateway(model_store: ModelStore, tmp_path: Path) -> None:
    out = tmp_path / "turn.json"
    done = subprocess.run(
        [sys.executable, "-m", "voicegw", "bench", "turn", "--turns", "1", "--out", str(out)],
        env=os.environ | {"VOICEGW_MODELS_DIR": str(model_store.root)}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text(encoding="utf-8"))
    (turn,) = report["turns"]
    assert turn["failure"] is None
    assert turn["since_speech_end_ms"]["first_audible"] == turn["latency_ms"] > 0
    assert report["summary"]["wer"] < 0.5
    assert {engine["role"] for engine in report["gateway"]["info"]["engines"]} >= {"vad", "asr", "llm", "tts"}
