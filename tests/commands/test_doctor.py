"""`voicegw doctor` and `voicegw settings` on this machine and on broken ones."""

import asyncio
import shutil
import socket
import tempfile
import threading
from contextlib import suppress

import pytest
from typer.testing import CliRunner

from pipeline.errors import VoiceError
from tests.commands.refusals import REFUSALS
from tests.commands.test_serve import linked
from tests.support.gateway import gateway
from tests.support.llm_server import Exchange, llm_server
from voicegw.cli import app
from voicegw.commands import examination


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
    monkeypatch.setattr(examination, "_gpus", lambda: gpus)
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("VOICEGW_PROFILE", "gpu")
    done = CliRunner().invoke(app, ["doctor"])
    assert verdict in lines(done.output, "GPU")
    assert ("pip install '.[gpu]'" in done.output) == (not gpus)
    assert "name a server with VOICEGW_LLM_URL" in lines(done.output, "wrong")


def test_the_embedded_model_is_not_needed_with_a_server_of_ones_own(monkeypatch, tmp_path):
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("VOICEGW_LLM_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("VOICEGW_LLM_START_S", "0.5")
    done = CliRunner().invoke(app, ["doctor"])
    assert "note" in lines(done.output, "model qwen2.5-coder-1.5b")
    assert "cannot be reached" in lines(done.output, "language model")


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_serve_would_refuse_doctor_says_first(refusal, monkeypatch, tmp_path):
    monkeypatch.setenv("VOICEGW_PORT", "0")
    for name, value in refusal.set_up(tmp_path).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1, done.output
    assert all(part in lines(done.output, "wrong") for part in refusal.parts), done.output


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize(
    "page",
    [None, b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\n<p>status: excellent</p>",
     b'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n"status"'],
)  # fmt: skip
def test_a_port_that_another_program_has_is_wrong_whatever_it_says(host, page, monkeypatch):
    """page: None when it accepts nothing at all."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        if page is not None:
            threading.Thread(target=answer_once, args=(taken, page), daemon=True).start()
        monkeypatch.setenv("VOICEGW_HOST", host)
        monkeypatch.setenv("VOICEGW_PORT", str(taken.getsockname()[1]))
        done = CliRunner().invoke(app, ["doctor"])
    assert isinstance(done.exception, SystemExit), done.exception
    assert "wrong" in lines(done.output, f"Cannot listen on {'[::1]' if ':' in host else host}:")


def answer_once(server, page):
    with suppress(OSError):
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(page)


async def test_a_gateway_that_runs_already_is_a_note(monkeypatch):
    async with gateway() as running:
        monkeypatch.setenv("VOICEGW_PORT", str(running.port))
        done = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert "a voicegw is running on 127.0.0.1" in lines(done.output, "note")


@pytest.mark.parametrize(
    ("status", "parts"),
    [(401, ("refused the key", "VOICEGW_LLM_API_KEY")), (403, ("refused the key",)),
     (404, ("does not know the model",)), (200, ("does not answer like an OpenAI-compatible server",))],
)  # fmt: skip
async def test_a_language_model_that_would_refuse_serve_is_wrong(status, parts, monkeypatch):
    async def script(exchange: Exchange) -> None:
        assert exchange.headers["authorization"] == "Bearer sk-of-the-operator"
        await exchange.page(status, "no")

    monkeypatch.setenv("VOICEGW_LLM_API_KEY", "sk-of-the-operator")
    async with llm_server(script, models=(script,)) as server:
        monkeypatch.setenv("VOICEGW_LLM_URL", server.url)
        monkeypatch.setenv("VOICEGW_LLM_MODEL", "some-model")
        done = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert done.exit_code == 1
    assert all(part in lines(done.output, "wrong") for part in parts), done.output
    assert "sk-of-the-operator" not in done.output


@pytest.mark.real
def test_a_damaged_model_is_wrong(monkeypatch, tmp_path, model_store):
    root = linked(model_store, tmp_path)
    (root / "silero-vad-6.2").unlink()
    shutil.copytree(model_store.folder("silero-vad-6.2"), root / "silero-vad-6.2")
    with next((root / "silero-vad-6.2").glob("*.onnx")).open("r+b") as broken:
        broken.seek(1000)
        broken.write(b"!")
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(root))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "is damaged" in lines(done.output, "wrong")
    assert "voicegw models pull silero-vad-6.2" in lines(done.output, "wrong")


@pytest.mark.real
def test_a_temporary_folder_that_takes_nothing_is_wrong(monkeypatch, tmp_path, model_store):
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(model_store.root))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "set TMPDIR" in lines(done.output, "wrong")


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
