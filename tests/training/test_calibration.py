"""Confidence that is what it says, and how far it is when it is not."""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.training.calibration import expected_calibration_error, fitted_sharpness, log_loss, reliability


def test_confidence_is_held_against_the_share_of_right_answers() -> None:
    sure = np.array([0.9] * 10)
    assert expected_calibration_error(reliability(sure, np.arange(10) < 9)) == pytest.approx(0, abs=1e-9)
    assert expected_calibration_error(reliability(sure, np.arange(10) < 4)) == pytest.approx(50)
    low, high = reliability(np.array([0.1, 0.95, 1.0, 0.99]), np.array([False, True, True, False]))
    assert (low.answers, low.confidence, low.right) == (1, 0.1, 0.0)
    assert (high.answers, high.confidence, high.right) == (3, pytest.approx(0.98), pytest.approx(2 / 3))


def test_the_log_loss_is_that_of_the_probabilities() -> None:
    penalties = -np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    assert log_loss(penalties, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2)
    assert log_loss(penalties, np.array([0, 1]), 1e-9) == pytest.approx(np.log(3))
    assert log_loss(np.array([[0.0, 5000.0]]), np.array([1])) == pytest.approx(5000)


def test_the_sharpness_makes_the_labels_likeliest(rng: np.random.Generator) -> None:
    """Penalties drawn so that probabilities by a sharpness of 0.3 are right."""
    penalties = rng.exponential(8, (20_000, 5)).astype(np.float32)
    weights = np.exp(-0.3 * penalties)
    chances = weights / weights.sum(axis=1, keepdims=True)
    labels = (rng.random((len(chances), 1)) < chances.cumsum(axis=1)).argmax(axis=1)
    assert fitted_sharpness(penalties, labels) == pytest.approx(0.3, rel=0.05)
