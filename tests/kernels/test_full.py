"""Is a full connection a matrix product, forward and back, whatever the number of units?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.kernels.full import add_outer, connect, connect_back, step_back
from lenet5.kernels.lanes import multiples

SIZES = [(120, 400), (84, 120), (10, 84), (1, 1), (9, 17)]  # units, units below


@pytest.mark.parametrize(("units", "below"), SIZES)
def test_forward_back_and_the_two_outer_products(units: int, below: int, rng: np.random.Generator) -> None:
    row = multiples(below)
    matrix = np.zeros((units, row), np.float32)
    matrix[:, :below] = rng.standard_normal((units, below))
    weight, bias = matrix.reshape(-1), rng.standard_normal(units).astype(np.float32)
    x, error = np.zeros(row, np.float32), rng.standard_normal(units).astype(np.float32)
    x[:below] = rng.standard_normal(below)

    out = np.empty(units, np.float32)
    connect(out, 0, units, weight, 0, row, bias, 0, x, 0)
    np.testing.assert_allclose(out, matrix.astype(np.float64) @ x + bias, rtol=1e-4, atol=1e-4)

    back = np.full(row, np.nan, np.float32)
    connect_back(back, 0, weight, 0, row, error, 0, units)
    np.testing.assert_allclose(back, error.astype(np.float64) @ matrix, rtol=1e-4, atol=1e-4)
    assert not back[below:].any()

    gradient, rate = np.ones_like(weight), rng.uniform(0, 1, weight.shape).astype(np.float32)
    add_outer(gradient, 0, row, error, 0, units, x, 0)
    np.testing.assert_allclose(gradient.reshape(units, row), 1 + np.outer(error, x), rtol=1e-5, atol=1e-5)

    expected = matrix - rate.reshape(units, row) * np.outer(error, x)
    again = np.full(row, np.nan, np.float32)
    step_back(again, 0, weight, 0, row, rate, error, 0, units, x, 0)
    np.testing.assert_allclose(again, back, rtol=1e-5, atol=1e-5)  # by the weights as they were before
    np.testing.assert_allclose(weight.reshape(units, row), expected, rtol=1e-5, atol=1e-5)
