"""Where a command's result goes: proved at the beginning, written whole, never in place of the old by halves."""

import os
from pathlib import Path

import pytest

from pipeline.errors import OperatorError
from voicegw.client.output import opened


def test_it_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    with opened(tmp_path / "new" / "report.json") as out:
        assert not (tmp_path / "new" / "report.json").exists(), "nothing is there before there is something to say"
        out.write(b"all of it")
    assert (tmp_path / "new" / "report.json").read_bytes() == b"all of it"
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "report.json"]


def test_what_was_there_stays_until_the_new_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), opened(path):
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    with opened(path) as out:
        out.write(b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_it_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with opened(tmp_path / "a") as out:
            out.write(b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("path", [".", "file/below", "/proc/report.json"])
def test_a_place_that_takes_nothing_is_known_at_once(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match="cannot be written"), opened(Path(path)):
        pytest.fail("it was opened")


def test_a_device_is_written_to_and_not_replaced() -> None:
    with opened(Path(os.devnull)) as out:
        out.write(b"gone")
    assert not Path(os.devnull).is_file()
