"""A number that was measured over a few seeds: its mean, its spread and Student's intervals, and how it is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TypedDict

import numpy as np

NONE = "–"


class Spread(TypedDict):
    """What is known from n values; with a single one there is no spread, and those fields are None."""

    values: list[float]
    n: int
    mean: float
    sd: float | None
    """The standard deviation of one value, with n − 1."""
    low: float | None
    """95 % interval of the mean."""
    high: float | None
    one_low: float | None
    """95 % interval of one more value: what a single run, such as the paper's, may well give."""
    one_high: float | None


def spread(values: Sequence[float]) -> Spread:
    """Mean, standard deviation and 95 % t-intervals of at least one value."""
    array = np.asarray(values, np.float64)
    n, mean = len(array), float(array.mean())
    listed = [float(v) for v in array]
    found = Spread(values=listed, n=n, mean=mean, sd=None, low=None, high=None, one_low=None, one_high=None)
    if n > 1:
        found["sd"] = sd = float(array.std(ddof=1))
        of_mean, of_one = (student(n - 1) * sd * math.sqrt(share) for share in (1 / n, 1 + 1 / n))
        found |= {"low": mean - of_mean, "high": mean + of_mean, "one_low": mean - of_one, "one_high": mean + of_one}
    return found


@cache
def student(freedom: int) -> float:
    """t such that 95 % of Student's distribution with `freedom` degrees of freedom lie within ±t.

    With t = √freedom·tan θ, the density in θ is proportional to cos(θ)^(freedom − 1): smooth, and over a finite range.
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)

    def under(angle: float) -> float:
        """∫ cos^(freedom − 1) from 0 to angle."""
        return float(weights @ np.cos(angle / 2 * (nodes + 1)) ** (freedom - 1)) * angle / 2

    low, high, inside = 0.0, math.pi / 2, 0.95 * under(math.pi / 2)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if under(middle) < inside else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def fixed(value: float | None, digits: int = 2) -> str:
    """A number with so many digits after the point."""
    return NONE if value is None else f"{value:.{digits}f}".replace("-", "−")


def power(value: float) -> str:
    """A small number, as 1.3·10⁻⁵ is written."""
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}·10{raised}"


def plus_minus(found: Spread | None, digits: int = 2) -> str:
    """The mean and, where there is one, the standard deviation of a `Spread`."""
    if found is None:
        return NONE
    deviation = "" if found["sd"] is None else f" ± {fixed(found['sd'], digits)}"
    return fixed(found["mean"], digits) + deviation


def between(found: Spread | None, digits: int = 2) -> str:
    """The 95 % interval of the mean of a `Spread`."""
    if found is None or found["low"] is None:
        return NONE
    return f"{fixed(found['low'], digits)} to {fixed(found['high'], digits)}"
