import json
import os
import signal
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


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_bench_that_is_stopped_reports_what_it_has(
    number: signal.Signals, status: int, recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "turn.json"
    with gateway(Calls()) as url:
        stopped = subprocess.Popen(
            [sys.executable, "-m", "voicegw", "bench", "turn", "--turns", "9", "--url", url,
             "--prompts", recordings, "--out", out],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert stopped.stdout
        for line in stopped.stdout:
            if line.startswith("  1/9"):
                stopped.send_signal(number)
                break
        said, _ = stopped.communicate(timeout=30)
    assert stopped.returncode == status
    assert "PARTIAL: it was stopped before its end" in said
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["partial"]
    assert report["summary"]["counted"] == 1


@pytest.mark.parametrize("command", ["turn", "quality", "page", "rough", "calls"])
def test_a_report_that_cannot_be_written_is_noticed_before_anything_is_measured(command: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(app, [command, "--out", str(tmp_path / "file" / "report.json")])
    assert isinstance(result.exception, OperatorError)
    assert "file/report.json cannot be written" in str(result.exception)
    assert not result.stdout


def budgets(folder: Path, unit: str, p50: float) -> Path:
    file = folder / "budgets.toml"
    file.write_text(
        f'[[budget]]\nprofile = "default"\nunit = "{unit}"\nanswered = 0.9\nturn = {{ p50 = {p50} }}\n',
        encoding="utf-8",
    )
    return file


def test_a_broken_budget_ends_with_its_name_after_the_report(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    out = tmp_path / "turn.json"
    given = ("--turns", 1, "--prompts", recordings, "--out", out, "--enforce", "--budgets")
    with gateway(Calls()) as url:
        kept = run(*given, budgets(tmp_path, "ms", 60_000), "--url", url)
    with gateway(Calls()) as url:
        broken = run(*given, budgets(tmp_path, "ms", 0.001), "--url", url)
    assert kept.exit_code == 0, kept.exception
    assert isinstance(broken.exception, OperatorError)
    assert "A budget is broken. turn p50: measured" in str(broken.exception)
    assert "allowed 0.001 ms" in str(broken.exception)
    verdicts = {each["subject"]: each["kept"] for each in json.loads(out.read_text(encoding="utf-8"))["budgets"]}
    assert verdicts == {"turns answered": True, "turn p50": False}


def test_a_gateway_elsewhere_cannot_be_held_against_a_chain_measured_here(tmp_path: Path) -> None:
    result = run("--url", "ws://127.0.0.1:1", "--enforce", "--budgets", budgets(tmp_path, "chain", 1))
    assert isinstance(result.exception, OperatorError)
    assert "leave out --url" in str(result.exception)


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
        [sys.executable, "-m", "voicegw", "bench", "turn", "--turns", "1", "--out", str(out),
         "--enforce", "--budgets", str(budgets(tmp_path, "chain", 1000))],
        env=os.environ | {"VOICEGW_MODELS_DIR": str(model_store.root)}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text(encoding="utf-8"))
    (turn,) = report["turns"]
    assert turn["failure"] is None
    assert turn["since_speech_end_ms"]["first_audible"] == turn["latency_ms"] > 0
    assert report["summary"]["wer"] < 0.5
    assert sum(turn["stages_ms"].values()) == pytest.approx(turn["latency_ms"], abs=1)
    assert report["gateway"]["memory"]["peak_mib"] > 100
    assert len(report["chain"]["before"]) == len(report["chain"]["after"]) == 3
    assert [verdict["kept"] for verdict in report["budgets"]] == [True, True]
    assert {engine["role"] for engine in report["gateway"]["info"]["engines"]} >= {"vad", "asr", "llm", "tts"}
