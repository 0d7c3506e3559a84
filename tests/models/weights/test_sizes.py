import pytest

from models.weights.sizes import human


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (0, "0 B"), (999, "999 B"), (4794, "4.79 kB"), (999_499, "999 kB"), (999_500, "1 MB"), (63_201_294, "63.2 MB"),
        (1_117_320_768, "1.12 GB"), (999_600_000_000, "1 TB"), (2_500_000_000_000, "2.5 TB"),
    ],
)  # fmt: skip
def test_three_digits_and_a_unit(size: int, says: str) -> None:
    assert human(size) == says
