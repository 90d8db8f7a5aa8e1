"""Are costs found under which the right paths are likely?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.reading.costs import COSTS, OUT, WRONG, Arcs, arcs_of, fitted, slope
from lenet5.reading.reader import Reader

# One digit of two pieces: whole, which is right; or as two digits; or either piece left out.
ARCS = Arcs(
    first=np.array([0, 1, 0, 0, 1]),
    last=np.array([1, 2, 2, 1, 2]),
    features=np.eye(len(COSTS))[[8, 8, 0, 1, 1]],
    right=np.array([OUT, OUT, 0, WRONG, WRONG]),
    nodes=3,
    digits=1,
)


def test_the_probability_of_the_right_path_by_hand() -> None:
    costs = np.zeros(len(COSTS))
    # Whole, and two arcs, each in two ways: five paths, alike.
    assert slope(ARCS, costs)[0] == pytest.approx(-np.log(5))
    costs[0] = -np.log(4)
    assert slope(ARCS, costs)[0] == pytest.approx(np.log(4 / 8))


def test_the_slope_is_that_of_the_log_likelihood() -> None:
    rng = np.random.default_rng(0)
    digits = drawn.digits(100, 6)

    def pick(digit: int | None) -> tuple[np.ndarray, int]:
        i = int(rng.choice(np.flatnonzero(digits.labels == (rng.integers(10) if digit is None else digit))))
        return digits.images[i], int(digits.labels[i])

    reader = Reader()
    arcs = next(a for _ in range(50) if (a := arcs_of(reader, pick, rng)))
    costs = rng.uniform(0.2, 1, len(COSTS))
    log, up = slope(arcs, costs)
    assert log < 0
    for k in range(len(COSTS)):
        step = 1e-5 * np.eye(len(COSTS))[k]
        assert up[k] == pytest.approx((slope(arcs, costs + step)[0] - slope(arcs, costs - step)[0]) / 2e-5, abs=1e-4)


def test_fitting_makes_right_paths_likelier() -> None:
    geometry = fitted([ARCS], np.random.default_rng(0), steps=20)
    before, after = (
        slope(ARCS, np.array([getattr(g, name) for name in COSTS]))[0] for g in (type(geometry)(), geometry)
    )
    assert after > before
