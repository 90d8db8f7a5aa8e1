"""Are the measures of the reader what they are called?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.reading.school.measures import distance, expected_calibration_error, reliability


def test_the_measures_measure() -> None:
    assert distance("1234", "1234") == 0
    assert distance("124", "1234") == 1
    assert distance("", "12") == 2
    sure = np.array([0.9] * 10)
    assert expected_calibration_error(reliability(sure, np.arange(10) < 9)) == pytest.approx(0, abs=1e-9)
    assert expected_calibration_error(reliability(sure, np.arange(10) < 4)) == pytest.approx(50)
    low, high = reliability(np.array([0.1, 0.95, 1.0, 0.99]), np.array([False, True, True, False]))
    assert (low.answers, low.confidence, low.right) == (1, 0.1, 0.0)
    assert (high.answers, high.confidence, high.right) == (3, pytest.approx(0.98), pytest.approx(2 / 3))
