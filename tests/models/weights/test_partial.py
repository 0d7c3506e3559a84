from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.weights.manifest import ModelFile
from models.weights.partial import MARK_EVERY, Partial
from tests.models.weights.stand import file_of, noise

DATA = noise(100_000)
FILE = file_of("a.bin", DATA)
Open = Callable[..., Partial]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Open]:
    begun: list[Partial] = []

    def begin(source: str = "here", file: ModelFile = FILE) -> Partial:
        begun.append(Partial(tmp_path, file, source, free=lambda _: 0, moved=lambda _: None))
        return begun[-1]

    yield begin
    for partial in begun:
        partial.close()


def test_goes_on_where_it_was_closed(begin: Open, tmp_path: Path) -> None:
    first = begin("here")
    first.append(DATA[:40_000])
    first.close()

    second = begin("there")
    assert second.size == 40_000
    assert second.sources == ("here", "there")
    second.append(DATA[40_000:])
    assert second.sha256 == FILE.sha256
    second.settle(tmp_path / "final" / "a.bin")
    assert (tmp_path / "final" / "a.bin").read_bytes() == DATA
    assert list(tmp_path.glob("a.bin*")) == []


def test_what_follows_the_last_mark_is_thrown_away(begin: Open) -> None:
    first = begin()
    first.append(DATA[:40_000])
    first.mark()
    first.append(b"half a write before the power failed")
    first._out.close()  # as if the process had been killed

    second = begin()
    assert second.size == 40_000
    assert second.path.stat().st_size == 40_000


def test_a_beginning_that_changed_is_not_trusted(begin: Open) -> None:
    first = begin()
    first.append(DATA[:40_000])
    first.close()
    first.path.write_bytes(b"x" + DATA[1:40_000])

    second = begin()
    assert (second.size, second.path.stat().st_size, second.sources) == (0, 0, ("here",))


def test_a_beginning_that_was_cut_is_not_trusted(begin: Open) -> None:
    first = begin()
    first.append(DATA[:40_000])
    first.close()
    first.path.write_bytes(DATA[:30_000])
    assert begin().size == 0


def test_a_damaged_mark_means_starting_again(begin: Open, tmp_path: Path) -> None:
    first = begin()
    first.append(DATA[:40_000])
    first.close()
    (tmp_path / "a.bin.mark").write_bytes(b'{"target":')
    second = begin()
    assert second.size == 0
    second.append(DATA)
    assert second.sha256 == FILE.sha256


def test_the_beginning_of_another_file_is_of_no_use(begin: Open) -> None:
    first = begin()
    first.append(DATA[:40_000])
    first.close()
    assert begin(file=file_of("a.bin", noise(100_000, seed=2))).size == 0


def test_a_long_file_is_marked_on_the_way(begin: Open) -> None:
    data = bytes(MARK_EVERY)
    file = file_of("a.bin", data + DATA)
    first = begin(file=file)
    first.append(data)
    first.append(DATA[:10])
    first._out.close()  # killed
    second = begin(file=file)
    assert second.size == MARK_EVERY


def test_discard_leaves_nothing(begin: Open, tmp_path: Path) -> None:
    partial = begin()
    partial.append(DATA)
    partial.mark()
    partial.discard()
    partial.close()
    assert list(tmp_path.iterdir()) == []


def test_progress_never_goes_back_and_never_beyond_the_end(tmp_path: Path) -> None:
    told: list[int] = []
    partial = Partial(tmp_path, FILE, "here", free=lambda _: 0, moved=told.append)
    partial.ahead(60_000)
    partial.append(DATA[:30_000])
    partial.ahead(90_000)
    partial.close()
    assert told == [0, 60_000, 60_000, 100_000]
