"""One thread for matrix products, whatever the machine has."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from models.blas import calm_blas


def threads() -> list[int]:
    """Of each BLAS library in this process."""
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_is_left_one_thread() -> None:
    assert np.eye(2).sum() == 2  # NumPy is loaded, and its BLAS with it
    if not threads():
        pytest.skip("this NumPy's matrix products come from a library that has no threads to limit")
    with threadpool_limits(2, user_api="blas"):  # gives back afterwards what other tests had
        assert set(threads()) == {2}
        calm_blas()
        assert set(threads()) == {1}
