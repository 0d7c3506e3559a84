import subprocess
from pathlib import Path

import pytest

from bench import machine


def test_the_machine_is_described() -> None:
    found = machine.machine()
    assert found["cpu"]
    assert 1 <= found["usable_cores"] <= found["cores"]
    assert found["ram_gib"] > 0
    assert isinstance(found["gpus"], list)


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_revision_says_whether_files_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "machine.py"))
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert machine.revision() == {"revision": head, "dirty": False}
    (tmp_path / "new").touch()
    assert machine.revision() == {"revision": head, "dirty": True}


def test_outside_git_the_revision_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "machine.py"))
    assert machine.revision() == {"revision": None, "dirty": None}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.revision() == {"revision": None, "dirty": None}
    assert machine.machine()["gpus"] == []
