"""The charts of the report, as SVG: lines with bands, and intervals.

Colours come from the page's style through the classes, so that a chart follows it into the dark and onto paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from lenet5.reproduce.statistics import Spread

__all__ = ["Axis", "Line", "interval", "lines"]


@dataclass(frozen=True)
class Axis:
    """One direction of a chart: its ends, where it has ticks, what is written along it."""

    low: float
    high: float
    ticks: tuple[float, ...]
    label: str
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


def lines(curves: Sequence[Line], across: Axis, up: Axis, *, width: int = 640, height: int = 340) -> str:
    """A chart of curves over the same two axes, `width` × `height` units large."""
    left, right, top, bottom = 46, width - 10, 24, height - 40

    def x(value: float) -> float:
        return left + across.position(value) * (right - left)

    def y(value: float) -> float:
        return bottom - up.position(value) * (bottom - top)

    parts = [
        *(f'<path class="grid" d="M{left} {y(t):.1f}H{right}"/>' for t in up.ticks),
        *(f'<text class="tick end" x="{left - 7}" y="{y(t) + 4:.1f}">{t:g}</text>' for t in up.ticks),
        *(f'<text class="tick middle" x="{x(t):.1f}" y="{bottom + 17}">{t:g}</text>' for t in across.ticks),
        f'<path class="axis" d="M{left} {bottom}H{right}"/>',
        f'<text class="label end" x="{right}" y="{height - 5}">{escape(across.label)}</text>',
        f'<text class="label" x="0" y="11">{escape(up.label)}</text>',
        *(_band(curve, x, y) for curve in curves),
        *(_curve(curve, x, y) for curve in curves),
    ]
    title = escape(f"{up.label} against {across.label}: {', '.join(curve.label for curve in curves)}")
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}">{"".join(parts)}</svg>'


Place = Callable[[float], float]


def _band(curve: Line, x: Place, y: Place) -> str:
    known = [
        (x(at), y(low), y(high))
        for at, low, high in zip(curve.x, curve.low, curve.high, strict=False)
        if low is not None and high is not None
    ]
    there = [f"{at:.1f},{high:.1f}" for at, _, high in known]
    back = [f"{at:.1f},{low:.1f}" for at, low, _ in reversed(known)]
    return f'<polygon class="band {curve.kind}" points="{" ".join(there + back)}"/>' if known else ""


def _curve(curve: Line, x: Place, y: Place) -> str:
    points = [(x(at), y(value)) for at, value in zip(curve.x, curve.y, strict=True)]
    path = " ".join(f"{at:.1f},{value:.1f}" for at, value in points)
    marks = "".join(f'<circle class="mark {curve.kind}" cx="{at:.1f}" cy="{up:.1f}" r="2.4"/>' for at, up in points)
    return f'<polyline class="line {curve.kind}" points="{path}"/>{marks}'


def interval(found: Spread, across: Axis, kind: str) -> str:
    """A mean with its interval and a line at 0, on one row; an arrow stands for a mean beyond the axis."""
    width, height, room = 200, 20, 8
    middle, low, high = found["mean"], found["low"], found["high"]

    def x(value: float) -> float:
        return room + across.position(value) * (width - 2 * room)

    parts = [f'<path class="axis" d="M{x(0):.1f} 0V{height}"/>']
    if middle > across.high:
        parts.append(f'<path class="arrow {kind}" d="M{width - 14} 6l8 4l-8 4z"/>')
    else:
        if low is not None and high is not None:
            parts.append(f'<path class="line {kind}" d="M{x(low):.1f} 10H{x(high):.1f}"/>')
        parts.append(f'<circle class="mark {kind}" cx="{x(middle):.1f}" cy="10" r="3.6"/>')
    return f'<svg class="interval" viewBox="0 0 {width} {height}" aria-hidden="true">{"".join(parts)}</svg>'
