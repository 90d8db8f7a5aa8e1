"""Are the intervals Student's?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.reproduce.statistics import spread, student


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.7062), (2, 4.3027), (4, 2.7764), (9, 2.2622), (30, 2.0423), (1000, 1.9623)]
)
def test_two_sided_95_percent_points_are_those_of_the_tables(freedom: int, t: float) -> None:
    assert student(freedom) == pytest.approx(t, abs=1e-4)


def test_the_mean_of_five_values() -> None:
    found = spread([0.85, 0.90, 0.84, 0.89, 0.96])
    assert found["mean"] == pytest.approx(0.888)
    assert found["sd"] == pytest.approx(0.0476, abs=1e-4)
    assert found["low"] == pytest.approx(0.888 - 2.7764 * 0.0476 / 5**0.5, abs=1e-3)
    assert found["one_high"] == pytest.approx(0.888 + 2.7764 * 0.0476 * 1.2**0.5, abs=1e-3)


def test_one_value_has_no_spread() -> None:
    found = spread([3])
    assert (found["mean"], found["n"], found["sd"], found["low"]) == (3.0, 1, None, None)


def test_the_interval_holds_the_true_mean_19_times_in_20(rng: np.random.Generator) -> None:
    held = [s["low"] <= 0 <= s["high"] for s in (spread(rng.normal(size=5)) for _ in range(2000))]  # type: ignore[operator]
    assert 0.93 < np.mean(held) < 0.97
