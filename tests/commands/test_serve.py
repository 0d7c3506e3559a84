"""`voicegw serve` as an operator runs it: what is wrong is one sentence with the remedy, and exit status 1."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from models.weights.files import ModelStore
from tests.commands.refusals import REFUSALS

PATIENCE_S = 60


def serve(cwd: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, in an empty folder and with no other settings than these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOICEGW_")}
    return subprocess.run(
        [sys.executable, "-m", "voicegw", "serve", *arguments],
        cwd=cwd, env=kept | env, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def the_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What it said at last, when it failed as it should; the last words of a dead process may follow."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr[done.stderr.rindex("voicegw: ") :]


def linked(store: ModelStore, folder: Path) -> Path:
    """The real models under another root, so that one of them can be broken."""
    for model in store.root.iterdir():
        if not model.name.startswith("."):
            (folder / model.name).symlink_to(model)
    return folder


def test_a_taken_port_is_named_before_anything_is_loaded(tmp_path, model_store):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(tmp_path, "--port", str(port), VOICEGW_MODELS_DIR=str(model_store.root))
    said = the_sentence(done)
    assert f"Cannot listen on 127.0.0.1:{port}" in said
    assert "VOICEGW_PORT=" in said
    assert "ready" not in done.stdout


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_cannot_be_served_is_one_sentence(tmp_path, refusal):
    said = the_sentence(serve(tmp_path, "--port", "0", **refusal.set_up(tmp_path)))
    assert all(part in said for part in refusal.parts), said


def test_an_address_is_refused_on_the_command_line_too(tmp_path):
    said = the_sentence(serve(tmp_path, "--port", "0", "--host", "0.0.0.0"))
    assert "VOICEGW_API_KEY=" in said


@pytest.mark.real
@pytest.mark.parametrize(
    ("model", "file", "names"),
    [
        ("qwen2.5-coder-1.5b", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", "gguf"),
        ("piper-en_US-joe-medium", "en_US-joe-medium.onnx", "en_US-joe-medium.onnx"),
        ("whisper-base", "model.bin", "whisper-base"),
    ],
)
def test_a_model_file_that_is_broken(tmp_path, model_store, model, file, names):
    root = linked(model_store, tmp_path)
    (root / model).unlink()
    shutil.copytree(model_store.folder(model), root / model, copy_function=os.link)
    size = (root / model / file).stat().st_size
    (root / model / file).unlink()
    with (root / model / file).open("wb") as broken:
        broken.truncate(size)  # the right size, so that only reading it can tell
    said = the_sentence(serve(tmp_path, "--port", "0", VOICEGW_MODELS_DIR=str(root)))
    assert names in said
    assert "voicegw models" in said


@pytest.mark.real
def test_a_language_model_server_that_is_not_there(tmp_path, model_store):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    env = {"VOICEGW_MODELS_DIR": str(model_store.root), "VOICEGW_LLM_URL": url, "VOICEGW_LLM_START_S": "1"}
    said = the_sentence(serve(tmp_path, "--port", "0", **env))
    assert url.removeprefix("http://").removesuffix("/v1") in said
