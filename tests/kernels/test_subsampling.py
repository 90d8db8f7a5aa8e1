"""Do S2 and S4 join 2×2 units as they should, whatever the size of the map?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.kernels.lanes import multiples
from lenet5.kernels.subsampling import subsample, subsample_back, subsample_gradient

NONE = tuple(np.zeros(4, np.float32))  # no squash
SIZES = [(14, 14), (5, 5), (3, 17), (1, 1)]  # of the map above
FRONT, BEHIND = 16, 96


def rows(flat: NDArray[np.float32], start: int, height: int, width: int, row: int) -> NDArray[np.float32]:
    return flat[start : start + height * row].reshape(height, row)[:, :width]


@pytest.mark.parametrize("kind", ["sum", "average", "maximum"])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_forward_and_back(kind: str, height: int, width: int, rng: np.random.Generator) -> None:
    share, maximum = np.float32(0.25 if kind == "average" else 1), kind == "maximum"
    o_row, s_row, weights = multiples(width), multiples(2 * width), np.array([0.7, 0.2], np.float32)
    source = rng.standard_normal(FRONT + 2 * height * s_row + BEHIND).astype(np.float32)
    sums = FRONT + height * o_row + BEHIND
    out = np.zeros(2 * sums, np.float32)
    subsample(out, FRONT, o_row, sums, height, width, source, FRONT, s_row, share, weights, 0, 1, np.int64(maximum))
    below = rows(source, FRONT, 2 * height, 2 * width, s_row).astype(np.float64)
    fours = below.reshape(height, 2, width, 2).transpose(0, 2, 1, 3)
    joined = share * fours.sum((2, 3))
    expected = fours.max((2, 3)) if maximum else 0.7 * joined + 0.2
    np.testing.assert_allclose(rows(out, FRONT, height, width, o_row), expected, rtol=1e-5, atol=1e-6)

    error = rng.standard_normal(out.shape).astype(np.float32)
    of_sums = rows(error, FRONT, height, width, o_row).astype(np.float64)
    if not maximum:
        np.testing.assert_allclose(rows(out, FRONT + sums, height, width, o_row), joined, rtol=1e-5, atol=1e-6)
        by_coefficient, by_bias = subsample_gradient(error, out, FRONT, sums, o_row, height, width)
        assert by_coefficient == pytest.approx((of_sums * joined).sum(), abs=1e-4)
        assert by_bias == pytest.approx(of_sums.sum(), abs=1e-4)

    errors = np.zeros_like(source)
    total = subsample_back(
        errors,
        FRONT,
        s_row,
        2 * width,
        error,
        FRONT,
        o_row,
        height,
        width,
        source,
        FRONT,
        s_row,
        np.float32(0.7),
        NONE,
        False,
        np.int64(maximum),
    )
    taken = fours == fours.max((2, 3), keepdims=True) if maximum else np.ones_like(fours)
    back = (0.7 * of_sums[:, :, None, None] * taken).transpose(0, 2, 1, 3).reshape(2 * height, 2 * width)
    np.testing.assert_allclose(rows(errors, FRONT, 2 * height, 2 * width, s_row), back, rtol=1e-5, atol=1e-6)
    assert total == pytest.approx(back.sum(), abs=1e-4)
