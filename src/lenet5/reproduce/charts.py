"""The charts of the report as data: axes, curves and places. `templates/charts.html` draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Axis", "Chart", "Line"]


@dataclass(frozen=True)
class Axis:
    """One direction of a chart: its ends, where it has ticks, what is written along it."""

    low: float
    high: float
    ticks: tuple[float, ...] = ()
    label: str = ""
    logarithmic: bool = False

    def position(self, value: float) -> float:
        """The place of a value: 0 at the low end, 1 at the high end. Values outside are at the nearer end."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Line:
    """One curve: points, and the ends of their intervals where they are known. `kind` is its class in the style."""

    label: str
    kind: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()

    def band(self) -> list[tuple[float, float]]:
        """The outline of the intervals, (x, y) there along their high ends and back along the low ones."""
        high = [(x, end) for x, end in zip(self.x, self.high, strict=False) if end is not None]
        low = [(x, end) for x, end in zip(self.x, self.low, strict=False) if end is not None]
        return high + low[::-1]


@dataclass(frozen=True)
class Chart:
    """Curves over the same two axes, `width` × `height` units large."""

    curves: Sequence[Line]
    across: Axis
    up: Axis
    width: int = 640
    height: int = 340

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of a curve is drawn: beside the ticks at the left, above those at the bottom."""
        left, right, top, bottom = 46, self.width - 10, 24, self.height - 40
        return left + self.across.position(x) * (right - left), bottom - self.up.position(y) * (bottom - top)
