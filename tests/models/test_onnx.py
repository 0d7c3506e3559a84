"""Model files that are missing, doubled or broken: one sentence for the operator, with the remedy."""

import tempfile
from pathlib import Path

import pytest

from models.onnx import onnx_file, open_session
from pipeline.errors import OperatorError


def test_the_one_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "voice.onnx").touch()
    (tmp_path / "voice.onnx.json").touch()
    assert onnx_file(tmp_path) == tmp_path / "voice.onnx"


@pytest.mark.parametrize("folder", ["", "not there"])
def test_a_missing_file_names_the_folder_and_the_command(tmp_path: Path, folder: str) -> None:
    with pytest.raises(OperatorError, match="voicegw models pull") as caught:
        onnx_file(tmp_path / folder)
    assert str(tmp_path / folder) in str(caught.value)


def test_two_files_are_one_too_many(tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).touch()
    with pytest.raises(OperatorError, match=r"a\.onnx, b\.onnx"):
        onnx_file(tmp_path)


def test_a_broken_file_is_named_with_the_command_that_looks_for_the_cause(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(OperatorError, match="voicegw models verify") as caught:
        open_session(path, threads=1)
    assert str(path) in str(caught.value)


def test_a_temporary_folder_that_takes_nothing_is_named_as_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    with pytest.raises(OperatorError, match="TMPDIR") as caught:
        open_session(tmp_path / "voice.onnx", threads=1, graph=b"a graph")
    assert "not there" in str(caught.value)
