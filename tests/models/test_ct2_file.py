"""Reading the files of CTranslate2, which its own converter writes."""

from pathlib import Path

import numpy as np
import pytest

from models.ct2_file import Ct2Weights, Unreadable


def string(text: str) -> bytes:
    return (len(text) + 1).to_bytes(2, "little") + text.encode() + b"\0"


def number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "little")


def variable(name: str, kind: int, array: np.ndarray) -> bytes:
    shape = number(array.ndim, 1) + b"".join(number(size) for size in array.shape)
    return string(name) + shape + number(kind, 1) + number(array.nbytes) + array.tobytes()


HALVES = np.arange(6, dtype=np.float16).reshape(2, 3) / 2
EIGHTS = np.array([[127, -64], [10, 0]], dtype=np.int8)
SCALES = np.array([127.0, 10.0], dtype=np.float32)
VARIABLES = [
    variable("halves", 4, HALVES),
    variable("heads", 2, np.array(8, dtype=np.int16)),
    variable("eights", 1, EIGHTS),
    variable("eights_scale", 0, SCALES),
    variable("odd", 5, np.zeros(2, dtype=np.int16)),
]
HEADER = number(6) + string("WhisperSpec") + number(3)
ALIASES = number(2) + string("the same") + string("halves") + string("as well") + string("eights")
FILE = HEADER + number(len(VARIABLES)) + b"".join(VARIABLES) + ALIASES


@pytest.fixture
def weights(tmp_path: Path) -> Ct2Weights:
    path = tmp_path / "model.bin"
    path.write_bytes(FILE)
    return Ct2Weights.open(path)


def test_variables_and_their_other_names(weights: Ct2Weights):
    assert np.array_equal(weights.stored("halves"), HALVES)
    assert np.array_equal(weights.stored("the same"), HALVES)
    assert weights.dense("halves").dtype == np.float32
    assert weights.number("heads") == 8
    assert "heads" in weights
    assert "tails" not in weights


def test_eight_bits_are_worth_what_their_row_says(weights: Ct2Weights):
    worth = np.array([[1.0, -64 / 127], [1.0, 0.0]])
    assert weights.dense("eights") == pytest.approx(worth)
    assert weights.dense("as well") == pytest.approx(worth)
    assert weights.table("as well")[[1, 0, 1]] == pytest.approx(worth[[1, 0, 1]])


def test_what_is_not_there_or_not_known_is_named(weights: Ct2Weights):
    with pytest.raises(Unreadable, match="it has no tails"):
        weights.stored("tails")
    with pytest.raises(Unreadable, match="odd is of a type that is not known"):
        weights.dense("odd")
    with pytest.raises(Unreadable, match="heads is kept as int16"):
        weights.dense("heads")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (number(5) + FILE[4:], "version 5"),
        (FILE[:40], "in the middle"),
        (b"", "in the middle"),
        (HEADER + number(1) + b"\x02\x00\xff\x00", "in the middle"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, data: bytes, reason: str):
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=reason):
        Ct2Weights.open(path)
