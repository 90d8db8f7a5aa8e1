"""Is a full connection a matrix product, forward and back, whatever the number of units?"""

from __future__ import annotations

import numpy as np
import pytest

from kernels.derived import record
from lenet5.kernels.plan import UNITS, multiples
from lenet5.machine.native import Kernel

add_outer, connect, connect_back, step_back = (
    Kernel("lenet5.kernels.full", name) for name in ("add_outer", "connect", "connect_back", "step_back")
)

SIZES = [(120, 400), (84, 120), (10, 84), (1, 1), (9, 17)]  # units, units below


@pytest.mark.parametrize(("units", "below"), SIZES)
def test_forward_back_and_the_two_outer_products(units: int, below: int, rng: np.random.Generator) -> None:
    row = multiples(below)
    matrix = np.zeros((units, row), np.float32)
    matrix[:, :below] = rng.standard_normal((units, below))
    bias, error = (rng.standard_normal(units).astype(np.float32) for _ in range(2))
    weights, layer = np.append(matrix, bias), record(UNITS, units=units, row=row, weight=0, bias=units * row)
    x = np.zeros(row, np.float32)
    x[:below] = rng.standard_normal(below)

    out = np.empty(units, np.float32)
    connect(out, 0, layer, weights, x, 0)
    np.testing.assert_allclose(out, matrix.astype(np.float64) @ x + bias, rtol=1e-4, atol=1e-4)

    back = np.full(row, np.nan, np.float32)
    connect_back(back, 0, layer, weights, error, 0)
    np.testing.assert_allclose(back, error.astype(np.float64) @ matrix, rtol=1e-4, atol=1e-4)
    assert not back[below:].any()

    gradient, rates = np.ones_like(weights), rng.uniform(0, 1, weights.shape).astype(np.float32)
    add_outer(gradient, layer, error, 0, x, 0)
    outer = np.outer(error, x)
    np.testing.assert_allclose(gradient[: units * row].reshape(units, row), 1 + outer, rtol=1e-5, atol=1e-5)

    errors, stepped = np.append(np.full(row, np.nan, np.float32), error), weights[: units * row].reshape(units, row)
    expected = matrix - rates[: units * row].reshape(units, row) * outer
    step_back(errors, 0, layer, weights, rates, row, x, 0)
    np.testing.assert_allclose(errors[:row], back, rtol=1e-5, atol=1e-5)  # by the weights as they were before
    np.testing.assert_allclose(stepped, expected, rtol=1e-5, atol=1e-5)
