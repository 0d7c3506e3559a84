"""`voicegw doctor` and `voicegw settings` on this machine and on broken ones."""

import socket

import pytest
from typer.testing import CliRunner

from pipeline.errors import VoiceError
from voicegw.cli import app
from voicegw.commands import doctor


@pytest.fixture(autouse=True)
def wide(monkeypatch, tmp_path):
    """A terminal that cuts no line, in a folder with no settings file."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)


def lines(output: str, subject: str) -> str:
    return "\n".join(line for line in output.splitlines() if subject in line)


@pytest.mark.real
def test_a_machine_that_has_everything(monkeypatch):
    monkeypatch.setenv("VOICEGW_PORT", "0")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0, done.output
    assert "ok" in lines(done.output, "model whisper-base")
    assert "wrong" not in done.output
    assert "cores" in lines(done.output, "processor")


def test_models_that_are_missing_are_wrong_and_the_remedy_is_there(monkeypatch, tmp_path):
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(tmp_path))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "voicegw models pull whisper-base" in done.output


@pytest.mark.parametrize(("gpus", "verdict"), [(0, "wrong"), (1, "ok")])
def test_the_gpu_profile_wants_a_gpu_and_a_server(gpus, verdict, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_gpus", lambda: gpus)
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("VOICEGW_PROFILE", "gpu")
    done = CliRunner().invoke(app, ["doctor"])
    assert verdict in lines(done.output, "GPU")
    assert ("pip install '.[gpu]'" in done.output) == (not gpus)
    assert "name a server with VOICEGW_LLM_URL" in lines(done.output, "wrong")


def test_the_embedded_model_is_not_needed_with_a_server_of_ones_own(monkeypatch, tmp_path):
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("VOICEGW_LLM_URL", "http://127.0.0.1:9/v1")
    done = CliRunner().invoke(app, ["doctor"])
    assert "note" in lines(done.output, "model qwen2.5-coder-1.5b")
    assert "does not answer" in lines(done.output, "language model")


def test_a_taken_port_is_wrong(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("VOICEGW_PORT", str(taken.getsockname()[1]))
        done = CliRunner().invoke(app, ["doctor"])
    assert "wrong" in lines(done.output, "Cannot listen")


def test_settings_that_are_wrong_are_said(monkeypatch):
    monkeypatch.setenv("VOICEGW_PRT", "1")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "VOICEGW_PORT?" in lines(done.output, "settings")


def test_settings_shows_values_but_no_keys(monkeypatch):
    monkeypatch.setenv("VOICEGW_API_KEY", "hunter2")
    monkeypatch.setenv("VOICEGW_LLM_MAX_TOKENS", "77")
    done = CliRunner().invoke(app, ["settings"])
    assert "77" in lines(done.output, "VOICEGW_LLM_MAX_TOKENS")
    assert "hunter2" not in done.output


def test_settings_refuses_what_it_does_not_know(monkeypatch):
    monkeypatch.setenv("VOICEGW_LLM_MODLE", "x")
    done = CliRunner().invoke(app, ["settings"])
    assert isinstance(done.exception, VoiceError)
    assert "VOICEGW_LLM_MODEL?" in str(done.exception)
