"""The charts of the report, made from its data: axes, curves and places. `templates/charts.html` draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Report = dict[str, Any]
ERRORS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)  # ticks of logarithmic axes of errors, in percent
TITLES = {"1998": "the recipe of 1998", "1998-distorted": "the same, on distorted pictures"}
CHANGES = {
    "shift_x": "pixels to the right",
    "shift_y": "pixels down",
    "scale": "times as large",
    "rotation": "degrees, clockwise",
    "squeeze": "times as wide, as much less high",
    "shear": "pixels to the left for each up",
    "noise": "share of the pixels inverted",
}


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


DIFFERENCE = Axis(-0.6, 0.6)  # of two errors, in percent


def title(name: str) -> str:
    """What a recipe or network is called in the report."""
    return TITLES.get(name, name)


def _kinds(report: Report) -> dict[str, str]:
    """The class of each network's curves, which gives them their colour."""
    plan = report["plan"]
    return {name: f"c{k % 4}" for k, name in enumerate((*plan["recipes"], *plan["networks"]))}


def curve(report: Report) -> Chart:
    """Errors after each pass, beside the paper's."""
    figure_5, kind = report["paper"]["figure_5"], _kinds(report)
    parts = {"test": "test", "train": "training"}
    drawn = [
        Line(f"paper, {label}", f"t{k}", [*range(1, len(figure_5[part]) + 1)], figure_5[part])
        for k, (part, label) in enumerate(parts.items())
    ]
    for name, found in report["curve"].items():
        for part, label in parts.items():
            passes = [*range(1, len(found[part]) + 1)]
            dashed = " train" if part == "train" else ""
            drawn.append(_line(f"{title(name)}, {label}", kind[name] + dashed, passes, found[part]))
    last = max(len(line.x) for line in drawn)
    every = 1 if last <= 21 else -(-last // 21)
    return Chart(drawn, Axis(1, last, tuple(range(1, last + 1, every)), "pass"), _errors(drawn))


def rejection(report: Report) -> Chart:
    """Errors among the answered pictures, over how many are rejected."""
    kind, found = _kinds(report), report["rejection"]
    drawn = [_line(title(name), kind[name], study["rejected"], study["error"]) for name, study in found.items()]
    return Chart(drawn, Axis(0, 5, (0, 1, 2, 3, 4, 5), "rejected, % of the pictures"), _errors(drawn))


def robustness(report: Report) -> list[Chart]:
    """A small chart for each way to change the pictures."""
    kind, found, panels = _kinds(report), report["robustness"], []
    for change, label in CHANGES.items():
        amounts = found["amounts"][change]
        drawn = [_line(title(name), kind[name], amounts, curves[change]) for name, curves in found["curves"].items()]
        ticks = tuple(amounts[1::2]) if len(amounts) > 10 else tuple(a for a in amounts if a not in (0.02, 0.15))
        across = Axis(amounts[0], amounts[-1], ticks, label, logarithmic=change in ("scale", "squeeze"))
        panels.append(Chart(drawn, across, Axis(0, 100, (0, 25, 50, 75, 100), "error, %"), width=320, height=220))
    return panels


def _line(label: str, kind: str, x: list[float], found: list[dict[str, Any]]) -> Line:
    means, lows, highs = ([spread[field] for spread in found] for field in ("mean", "low", "high"))
    return Line(label, kind, x, means, lows, highs)


def _errors(curves: list[Line]) -> Axis:
    """A logarithmic axis that holds these curves' errors; an error of 0 is drawn at its lower end."""
    held = [y for curve in curves for y in curve.y if y > 0] or [1.0]
    low = max((t for t in ERRORS if t <= min(held)), default=ERRORS[0])
    high = min((t for t in ERRORS if t >= max(held)), default=ERRORS[-1])
    high = high if high > low else 10 * low
    return Axis(low, high, tuple(t for t in ERRORS if low <= t <= high), "error, %", logarithmic=True)
