"""Are costs found under which the right paths are likely?"""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest
from line_costs import HOPELESS, OUT, UNITS, Arcs, arcs_of, fitted, slope

from lenet5.datasets import drawn
from lenet5.reading.graph import Costs
from lenet5.reading.reader import Reader

# A 3 of two pieces: whole, which is right; or as 1 and 7; or either piece left out.
ARCS = Arcs(
    first=np.array([0, 1, 0, 0, 1]),
    last=np.array([1, 2, 2, 1, 2]),
    features=np.eye(len(UNITS))[[8, 8, 0, 1, 1]],
    digit=np.array([OUT, OUT, 3, 1, 7]),
    nodes=3,
    text=(3,),
)


def test_the_share_of_the_right_text_by_hand() -> None:
    costs = np.zeros(len(UNITS))
    # Whole, and two arcs, each in two ways: five paths, alike.
    assert slope(ARCS, costs)[0] == pytest.approx(np.log(1 / 5 + HOPELESS))
    costs[0] = -np.log(4)
    assert slope(ARCS, costs)[0] == pytest.approx(np.log(4 / 8 + HOPELESS))


def test_every_path_that_reads_the_text_counts() -> None:
    """As 1 alone, by leaving out the second piece; the first stays a 1 at half the price."""
    costs = np.zeros(len(UNITS))
    costs[1] = np.log(2)
    share = 0.5 / (1 + 1 + 0.5 + 0.5 + 0.25)
    assert slope(replace(ARCS, text=(1,)), costs)[0] == pytest.approx(np.log(share + HOPELESS))


def test_a_text_that_no_path_reads_pulls_nowhere() -> None:
    log, up = slope(replace(ARCS, text=(9, 9)), np.zeros(len(UNITS)))
    assert log == pytest.approx(np.log(HOPELESS))
    assert not up.any()


def test_the_slope_is_that_of_the_log_likelihood() -> None:
    rng = np.random.default_rng(0)
    digits = drawn.digits(100, 6)

    def pick(digit: int | None) -> tuple[np.ndarray, int]:
        i = int(rng.choice(np.flatnonzero(digits.labels == (rng.integers(10) if digit is None else digit))))
        return digits.images[i], int(digits.labels[i])

    reader = Reader()
    arcs = next(a for _ in range(50) if (a := arcs_of(reader, pick, rng)))
    costs = rng.uniform(0.2, 1, len(UNITS))
    log, up = slope(arcs, costs)
    assert np.log(HOPELESS) < log < np.log(1 + HOPELESS)
    for k in range(len(UNITS)):
        step = 1e-5 * np.eye(len(UNITS))[k]
        assert up[k] == pytest.approx((slope(arcs, costs + step)[0] - slope(arcs, costs - step)[0]) / 2e-5, abs=1e-4)


def test_fitting_makes_right_paths_likelier() -> None:
    costs = fitted([ARCS], Costs(), np.random.default_rng(0), steps=20)
    before, after = (slope(ARCS, np.array(astuple(c)))[0] for c in (Costs(), costs))
    assert after > before
