"""Users without a home, terminals of few characters: a command works there, or says what is missing in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import VoiceError
from voicegw import settings

HOMELESS = """
import pwd, sys
def nobody(_): raise KeyError("uid not found")
pwd.getpwuid = nobody
sys.argv = ["voicegw", *sys.argv[1:]]
from voicegw.cli import main
main()
"""
"""A process whose user is in no list, as in many containers."""


def run(cwd: Path, *arguments: str, code: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    start = ["-m", "voicegw"] if code is None else ["-c", code]
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, *start, *arguments], cwd=cwd, env=kept | env, timeout=60, check=False,
        capture_output=True, encoding="latin-1",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
@pytest.mark.parametrize("command", [("settings",), ("models", "list"), ("--help",), ("talk", "Fräulein.wav")])
def test_a_terminal_of_few_characters_shows_what_it_can(command, encoding, tmp_path):
    done = run(
        tmp_path, *command, HOME=str(tmp_path), LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING=encoding, COLUMNS="60"
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if command[0] == "talk" else 0), done.stderr
    assert done.stdout or "There is no file" in done.stderr


def test_in_another_locale_paths_are_utf8_and_the_terminal_keeps_its_encoding(tmp_path):
    folder = tmp_path / "Käse"
    folder.mkdir()
    done = run(
        folder, "models", "list", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="latin-1",
        VOICEGW_MODELS_DIR=str(folder / "Modelle"), COLUMNS="300",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"In {folder / 'Modelle'}" in done.stdout


@pytest.mark.parametrize("command", [("settings",), ("models", "list"), ("doctor",)])
def test_a_user_without_a_home_is_told_what_to_set(command, tmp_path):
    done = run(tmp_path, *command, code=HOMELESS, COLUMNS="300")
    assert done.returncode == 1
    assert "no home folder" in done.stdout + done.stderr
    assert "VOICEGW_MODELS_DIR" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir()), "no folder called ~"


def test_a_user_without_a_home_needs_none_when_the_models_have_a_place(tmp_path):
    done = run(tmp_path, "models", "list", code=HOMELESS, VOICEGW_MODELS_DIR=str(tmp_path / "Käse"))
    assert done.returncode == 0, done.stderr


def test_settings_of_a_user_without_a_home(monkeypatch, tmp_path):
    def homeless(_: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(settings, "user_data_path", homeless)
    monkeypatch.setattr(settings, "user_config_path", homeless)
    with pytest.raises(VoiceError, match="VOICEGW_MODELS_DIR"):
        settings.load()
    monkeypatch.setenv("VOICEGW_MODELS_DIR", str(tmp_path))
    assert settings.load().models_dir == tmp_path
