"""Measures of a trained network on test pictures: its mistakes, rejection, and changes of the pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.distortions import transform
from lenet5.network import LeNet5

# III-E, Figure 13 shows shift, scale, rotation and noise; squeeze and shear are those of the training's distortions.
CHANGES: dict[str, tuple[float, ...]] = {
    "shift_x": (-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10),  # pixels to the right
    "shift_y": (-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10),  # pixels down
    "scale": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0),
    "rotation": (-60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60),  # degrees, clockwise
    "squeeze": (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.65),  # width times this, height divided by it
    "shear": (-0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8),  # pixels to the left for each pixel up
    "noise": (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3),  # the probability that a pixel is inverted
}
TARGETS = (0.5, 0.1)  # errors in percent that are to be reached by rejecting; the paper's Figure 10 has the first
REJECTED = tuple(round(0.1 * k, 1) for k in range(0, 51))  # percent of the pictures, of the curve


def answers(network: LeNet5, test: Dataset) -> dict[str, Any]:
    """The misread pictures, and the effect of rejecting the least sure ones.

    {"pictures": how many were read, "error": percent, "wrong": a row (index, true, answer, score) for each mistake,
    "rejection": see `rejection`}.
    """
    penalties = network.penalties(test.images)  # (N, classes)
    answer = penalties.argmin(axis=1)
    best = np.partition(penalties, 1, axis=1)[:, :2].astype(np.float64)
    score = best[:, 1] - best[:, 0]
    wrong = np.flatnonzero(answer != test.labels)
    return {
        "pictures": len(test),
        "error": 100.0 * len(wrong) / len(test),
        "wrong": [[int(i), int(test.labels[i]), int(answer[i]), round(float(score[i]), 4)] for i in wrong],
        "rejection": rejection(score, answer != test.labels),
    }


def rejection(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> dict[str, Any]:
    """The error that is left when the pictures with the smallest scores are not answered (III-D).

    score: (N,), by how much the best class is better than the next. wrong: (N,).
    {"rejected": percent of the pictures, "error": percent of the others that are wrong, for each of them,
    "needed": for each target error, the least percent to reject}.
    """
    order = np.argsort(score, kind="stable")
    left = np.arange(len(wrong), 0, -1)  # (N,): pictures answered when 0, 1, 2 … are rejected
    errors = 100.0 * wrong[order][::-1].cumsum()[::-1] / left
    at = [int(share / 100 * len(wrong)) for share in REJECTED]
    reached = {target: np.flatnonzero(errors <= target) for target in TARGETS}
    needed = {f"{t:g}": 100.0 * float(r[0] if len(r) else len(wrong)) / len(wrong) for t, r in reached.items()}
    return {"rejected": list(REJECTED), "error": [float(errors[k]) for k in at], "needed": needed}


def robustness(
    network: LeNet5, test: Dataset, changes: Mapping[str, tuple[float, ...]] = CHANGES
) -> Iterator[tuple[str, float, float]]:
    """(change, how much, error in percent) for every point of `changes`, every picture changed alike."""
    undone = {"scale": 1.0, "squeeze": 1.0}

    @cache
    def error(**how: Any) -> float:
        return 100.0 * float((network.predict(transform(test.images, **how)) != test.labels).mean())

    for change, amounts in changes.items():
        for amount in amounts:
            yield change, amount, error() if amount == undone.get(change, 0.0) else error(**{change: amount})
