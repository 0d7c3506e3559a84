"""Users without a home, terminals of few characters: a command works there, or says what is missing in one sentence."""

import os
import re
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


@pytest.mark.parametrize(
    ("command", "closed"),
    [("settings", ">&-"), ("models list", ">&- 2>&-"), ("--help", "2>&-"), ("bench spoken", "<&- >&-")],
)
def test_a_stream_that_is_closed_takes_what_it_gets(command, closed, tmp_path):
    done = shell(tmp_path, f"{{voicegw}} {command} {closed}")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["settings", "models list --json"])
def test_an_output_without_room_is_one_sentence(command, tmp_path):
    done = shell(tmp_path, f"{{voicegw}} {command} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "voicegw: The output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("command", ["settings", "models list"])
def test_a_reader_that_has_read_enough_is_no_error(command, tmp_path):
    done = shell(tmp_path, f"{{voicegw}} {command} | head -1")
    assert done.stderr == ""


@pytest.mark.parametrize("columns", ["", "40"])
def test_names_of_settings_are_never_cut(columns, tmp_path):
    done = run(tmp_path, "settings", HOME=str(tmp_path), **({"COLUMNS": columns} if columns else {}))
    assert done.returncode == 0
    cells = [line.split("\u2502")[1].strip() for line in utf8(done.stdout).splitlines() if line.count("\u2502") == 4]
    assert set(settings.variables()) <= set(re.findall(r"VOICEGW_[A-Z_]+?(?=VOICEGW_|$)", "".join(cells)))


def utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8")


def shell(cwd: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell, in which `{voicegw}` is the command."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        ["sh", "-c", line.format(voicegw=f"{sys.executable} -m voicegw")], cwd=cwd, env=kept | {"HOME": str(cwd)},
        timeout=60, check=False, capture_output=True, encoding="latin-1",
    )  # fmt: skip


def test_a_settings_file_that_may_not_be_read_is_named(monkeypatch, tmp_path):
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "voicegw.toml")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "voicegw.toml").write_text("")
    monkeypatch.setattr(settings, "TomlConfigSettingsSource", forbidden)
    with pytest.raises(VoiceError, match=r"voicegw\.toml cannot be read: Permission denied"):
        settings.load()
