"""Confidence against the share of right answers: how far apart they are, and the sharpness that joins them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15  # of confidence, all equally wide


@dataclass(frozen=True)
class Bin:
    """A point of a reliability curve: how many answers of about one confidence, its mean, the share that is right."""

    answers: int
    confidence: float
    right: float


def reliability(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """How often answers of each confidence are right: (N,), 0 to 1, and (N,). Bins without answers are left out."""
    at = np.minimum((sure * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(int(inside.sum()), float(sure[inside].mean()), float(right[inside].mean()))
        for inside in (at == k for k in range(BINS))
        if inside.any()
    )


def expected_calibration_error(curve: tuple[Bin, ...]) -> float:
    """Mean difference between confidence and share of right answers, over a reliability curve, in percent."""
    apart = sum(point.answers * abs(point.confidence - point.right) for point in curve)
    return 100 * apart / sum(point.answers for point in curve)


def log_loss(penalties: NDArray[np.floating], labels: NDArray[np.int64], sharpness: float = 1.0) -> float:
    """Mean of −log of the right class's probability: penalties (N, classes) times the sharpness, labels (N,)."""
    exact = penalties.astype(np.float64)
    exact = sharpness * (exact - exact.min(axis=1, keepdims=True))
    right = np.take_along_axis(exact, labels[:, None], axis=1)[:, 0]
    return float((right + np.log(np.exp(-exact).sum(axis=1))).mean())


def fitted_sharpness(penalties: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """What penalties are multiplied by so that the log loss is least, from 1/4096 to 64, to within a percent."""
    coarse = np.geomspace(1 / 4096, 64, 73)
    best, step = min(coarse.tolist(), key=lambda s: log_loss(penalties, labels, s)), coarse[1] / coarse[0]
    fine = np.geomspace(best / step, best * step, 41).tolist()
    return float(f"{min(fine, key=lambda s: log_loss(penalties, labels, s)):.4g}")
