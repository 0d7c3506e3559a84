"""Convolutions as matrices, against the definition."""

import numpy as np
import pytest

from models.vad_graph import unrolled


@pytest.mark.parametrize(("frames", "stride", "positions"), [(4, 1, 4), (4, 2, 2), (2, 2, 1), (1, 1, 1)])
def test_an_unrolled_convolution_is_the_convolution(frames: int, stride: int, positions: int) -> None:
    random = np.random.default_rng(1)
    weight = random.normal(size=(5, 3, 3)).astype(np.float32)
    sound = random.normal(size=(frames, 3)).astype(np.float32)
    padded = np.pad(sound, ((1, 1), (0, 0)))
    expected = [
        [sum(padded[at * stride + tap] @ weight[out, :, tap] for tap in range(3)) for out in range(5)]
        for at in range(positions)
    ]
    result = (sound.reshape(-1) @ unrolled(weight, frames, stride)).reshape(positions, 5)
    np.testing.assert_allclose(result, expected, atol=1e-5)
