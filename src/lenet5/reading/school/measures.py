"""One number of a measurement, with what was promised of it."""

from __future__ import annotations

from dataclasses import dataclass

from lenet5.training.calibration import Bin

__all__ = ["Measured", "at_least", "at_most", "distance", "told"]


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
