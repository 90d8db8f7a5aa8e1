"""Are answers, losses and the errors that they start right, at the edges too: certain answers, soft wishes?"""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from kernels.derived import assert_close, gradient, record
from lenet5 import reference
from lenet5.architecture import LENET5, LENET5_LINEAR, LENET5_SOFTMAX, Architecture
from lenet5.codes import codes
from lenet5.kernels import output
from lenet5.kernels.plan import CROSS_ENTROPY, MAP, MSE, UNITS, loss_of
from lenet5.network import LeNet5
from networks import name, start


@njit
def distances(*values):
    output.distances(*values)


@njit
def rbf_error(*values):
    return output.rbf_error(*values)


F6 = 84
ROW = 96  # 84 units, padded to whole vectors
LAYER = record(UNITS, units=10, inputs=F6, row=ROW)


def padded(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.pad(rows, ((0, 0), (0, ROW - F6))).reshape(-1)


@pytest.fixture
def f6(rng: np.random.Generator) -> NDArray[np.float32]:
    """What F6 says when it is nearly sure of a 3."""
    return (codes()[3:4] + 0.3 * rng.standard_normal((1, F6))).astype(np.float32)


def answer(f6: NDArray[np.float32]) -> NDArray[np.float32]:
    y = np.empty(10, np.float32)
    distances(y, LAYER, padded(codes()), padded(f6))
    return y


def test_distances_are_squared_and_the_smallest_is_the_code_s(f6: NDArray[np.float32]) -> None:
    y = answer(f6)
    np.testing.assert_allclose(y, ((f6.astype(np.float64) - codes()) ** 2).sum(1), rtol=1e-5)
    assert y.argmin() == 3


@pytest.mark.parametrize(("loss", "named"), [(MSE, "mse"), (MAP, "map"), (CROSS_ENTROPY, "cross_entropy")])
@pytest.mark.parametrize("wish", ["right", "wrong", "soft"])
def test_a_loss_and_its_slope(loss: int, named: str, wish: str, f6: NDArray[np.float32]) -> None:
    t = np.eye(10, dtype=np.float32)[[8 if wish == "wrong" else 3]]
    if wish == "soft":
        t = np.float32(0.9) * t + np.float32(0.01)
    y, errors = answer(f6), np.empty(ROW, np.float32)
    cost = rbf_error(errors, y, LAYER, padded(codes()), padded(f6), t[0], loss_of(loss, 20.0, 1.0)[0])
    expected, by_y, _ = reference.LOSSES[named, "rbf"](y.astype(np.float64)[None], t.astype(np.float64), 20.0)
    by_x = (by_y[0, :, None] * 2 * (f6.astype(np.float64) - codes())).sum(0)
    assert cost == pytest.approx(expected[0], rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(errors[:F6], by_x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("net", [LENET5, LENET5_SOFTMAX, LENET5_LINEAR], ids=name)
def test_huge_sums_give_no_nan(net: Architecture, rng: np.random.Generator, pictures: NDArray[np.float64]) -> None:
    """Weights a hundred times too large: certain answers, and finite losses and probabilities."""
    t = {n: v if n == "rbf.codes" else 100 * v for n, v in start(net, rng).items()}
    for loss in reference.losses(net):
        expected = reference.gradient(net, t, pictures, np.array([2, 0]), loss)
        cost, found = gradient(net, t, pictures, np.array([2, 0]), loss)
        assert cost == pytest.approx(expected[0], rel=1e-4)
        assert all(np.isfinite(g).all() for g in found.values())
        # A saturated unit has hardly any slope, and float32 knows it to a few digits.
        assert_close({"f6.bias": found["f6.bias"]}, {"f6.bias": expected[1]["f6.bias"]}, 2e-2)
    p = LeNet5(net, t).probabilities(pictures.astype(np.float32))
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-5)
