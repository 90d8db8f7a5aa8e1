"""One number of a measurement, with what was promised of it; confidence against the share of right answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bin", "Measured", "at_least", "at_most", "distance", "expected_calibration_error", "reliability", "told"]

BINS = 15  # of confidence, all equally wide


@dataclass(frozen=True)
class Bin:
    """A point of a reliability curve: how many answers of about one confidence, its mean, the share that is right."""

    answers: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Measured:
    """One promise: what was measured, what was promised, and whether it is kept; of a calibration error its curve."""

    what: str
    value: float
    unit: str
    promised: str
    kept: bool | None
    curve: tuple[Bin, ...] = ()


def at_most(what: str, value: float, unit: str, most: float, curve: tuple[Bin, ...] = ()) -> Measured:
    """A number that must not be larger than `most`."""
    return Measured(what, round(float(value), 4), unit, f"at most {most:g}", bool(value <= most), curve)


def at_least(what: str, value: float, unit: str, least: float) -> Measured:
    """A number that must not be smaller than `least`."""
    return Measured(what, round(float(value), 4), unit, f"at least {least:g}", bool(value >= least))


def told(what: str, value: float, unit: str, curve: tuple[Bin, ...] = ()) -> Measured:
    """A number of which nothing is promised."""
    return Measured(what, round(float(value), 4), unit, "", None, curve)


def distance(a: str, b: str) -> int:
    """How many characters must be changed, put in or left out to make b of a (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def reliability(sure: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> tuple[Bin, ...]:
    """How often answers of each confidence are right: (N,), 0 to 1, and (N,). Bins without answers are left out."""
    at = np.minimum((sure * bins).astype(int), bins - 1)
    return tuple(
        Bin(int(inside.sum()), float(sure[inside].mean()), float(right[inside].mean()))
        for inside in (at == k for k in range(bins))
        if inside.any()
    )


def expected_calibration_error(curve: tuple[Bin, ...]) -> float:
    """Mean difference between confidence and share of right answers, over a reliability curve, in percent."""
    apart = sum(point.answers * abs(point.confidence - point.right) for point in curve)
    return 100 * apart / sum(point.answers for point in curve)
