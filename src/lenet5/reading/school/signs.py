"""Forms that signs and buttons show, drawn by compass and ruler: corners, waves, rings with spokes, arrows, flashes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (N, 2), about the middle

SIDE, RADIUS = 96, 34.0
STEPS = 72  # of a round
_FRACTION = 3  # bits of a pixel that OpenCV is given


def sign(rng: np.random.Generator) -> NDArray[np.uint8]:
    """One form, white on black, uint8 (96, 96)."""
    pen = _Stencil(rng)
    _FORMS[rng.integers(len(_FORMS))](pen)
    return pen.canvas


class _Stencil:
    """Draws lines and areas given about the middle of a canvas, in units of RADIUS."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.thick = rng, int(rng.integers(2, 13))
        self.canvas = np.zeros((SIDE, SIDE), np.uint8)
        self.size = RADIUS * np.exp(np.minimum(0, rng.normal(0, 0.15, 2)))

    def _at(self, points: Any) -> list[NDArray[np.int32]]:
        return [np.rint((SIDE / 2 + self.size * np.asarray(points)) * 2**_FRACTION).astype(np.int32)]

    def line(self, points: Any, close: bool = False) -> None:
        cv2.polylines(self.canvas, self._at(points), close, 255, self.thick, cv2.LINE_AA, _FRACTION)

    def fill(self, points: Any, ink: int = 255) -> None:
        cv2.fillPoly(self.canvas, self._at(points), ink, cv2.LINE_AA, _FRACTION)

    def either(self, points: Any) -> None:
        self.fill(points) if self.rng.random() < 0.5 else self.line(points, close=True)


def _round(start: float = 0.0, end: float = 1.0, radius: Any = 1.0) -> Points:
    """From one angle to another, in turns: 0 is to the right, and a quarter is down."""
    angles = 2 * np.pi * np.linspace(start, end, STEPS + 1)
    return np.asarray(np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.atleast_1d(radius)[:, None])


def _polygon(corners: int, turn: float) -> Points:
    return _round(turn, turn + 1)[np.arange(corners) * STEPS // corners]


def _corners(pen: _Stencil) -> None:
    """Three to six corners: triangles, diamonds, hexagons."""
    turn = 0.25 * pen.rng.integers(4) + (pen.rng.normal(0, 0.05) if pen.rng.random() < 0.3 else 0.0)
    pen.either(_polygon(int(pen.rng.integers(3, 7)), turn))


def _waves(pen: _Stencil) -> None:
    """A round whose edge goes in and out: clouds, flowers, stars, wheels with teeth."""
    phase = pen.rng.integers(3, 9) * np.linspace(0, 1, STEPS + 1) + pen.rng.random()
    pen.either(_round(radius=1 - pen.rng.uniform(0.13, 0.5) * (1 + np.cos(2 * np.pi * phase)) / 2))


def _tip(pen: _Stencil) -> None:
    """A round with a tip below or above, and across from it a notch or none: hearts and drops."""
    tip = 0.25 * pen.rng.choice([1, 3])
    away = np.abs((np.linspace(0, 1, STEPS + 1) - tip + 0.5) % 1 - 0.5)
    notch = pen.rng.choice([0, 0.4]) * np.exp(-((14 * (0.5 - away)) ** 2))
    pen.either(_round(radius=0.65 + 0.35 * np.exp(-away * pen.rng.uniform(8, 20)) - notch))


def _spokes(pen: _Stencil) -> None:
    """A ring, whole or open, with spokes from its middle or its edge, or a tip: switches, lenses, clocks, turns."""
    at = pen.rng.uniform(0.4, 1.1)  # not downwards, where a 9 has its stem
    gap, ring = pen.rng.choice([0, pen.rng.uniform(0.06, 0.16)]), pen.rng.uniform(0.5, 0.9)
    pen.line(_round(at + gap, at + 1 - gap, ring))
    if gap and pen.rng.random() < 0.4:
        pen.fill(ring * _round(at + gap, at + 1 + gap)[0] + 0.4 * _polygon(3, pen.rng.random()))
        return
    outside = not gap and pen.rng.random() < 0.4
    if outside:
        at = pen.rng.choice([0.5, 1]) + pen.rng.uniform(-0.1, 0.1)  # nor upwards, where a 6 has it
    ends = (ring, 1.4) if outside else (0.1 * pen.rng.integers(2), pen.rng.uniform(ring, 1.0))
    for _ in range(int(pen.rng.choice([1, 1, 1, 2, 4]))):
        pen.line(np.outer(ends, _round(at, at)[0]))
        at += pen.rng.uniform(0.2, 0.4)


def _arrow(pen: _Stencil) -> None:
    """Two sides that meet in a tip, with a shaft or without."""
    side, back = pen.rng.uniform(0.35, 0.8), pen.rng.uniform(-0.6, 0.0)
    turn = 0.25 * pen.rng.integers(4)
    across, along = _round(turn, turn + 1)[[STEPS // 4, 0]]
    head = np.array([(-side, back), (0, -1), (side, back)]) @ np.stack([across, along])
    filled = pen.rng.random() < 0.5
    (pen.fill if filled else pen.line)(head)
    if filled or pen.rng.random() < 0.6:
        pen.line(np.outer((0.9, -0.8), along))


def _hollow(pen: _Stencil) -> None:
    """A filled round, triangle or diamond with paper left in it: a bar, dots, a sector."""
    corners = int(pen.rng.choice([STEPS, 3, 4]))
    pen.fill(_polygon(corners, 0.75))
    left = pen.rng.integers(3)
    if left == 0:
        # Lying: a round with an upright bar is a bold 0.
        pen.fill(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * pen.rng.uniform((0.4, 0.12), (0.75, 0.3)), 0)
    elif left == 1:
        for x in np.linspace(-0.4, 0.4, int(pen.rng.integers(1, 4))):
            pen.fill(_round(radius=pen.rng.uniform(0.12, 0.2)) + np.array((x, pen.rng.uniform(-0.4, 0.3))), 0)
    else:
        start = pen.rng.random()
        pen.fill(np.vstack([(0, 0), _round(start, start + pen.rng.uniform(0.1, 0.35), 1.2)]), 0)


def _stacked(pen: _Stencil) -> None:
    """A round or a square at a dome, a bar or a triangle: people, notes, locks, cards."""
    upper, lower = pen.rng.uniform(0.3, 0.5), pen.rng.uniform(0.4, 1.0)
    head = upper * _polygon(int(pen.rng.choice([4, STEPS])), 0.125)
    pen.either(head - np.array((pen.rng.normal(0, 0.15), 1 - upper)))
    below = (_round(0.5, 1.0), _polygon(3, 0.75), np.array([(-1, 0), (1, 0), (1, -0.4), (-1, -0.4)]))
    pen.either(below[pen.rng.integers(3)] * (lower, 1) + np.array((0, 0.9)))
    if pen.rng.random() < 0.5:
        pen.canvas = np.ascontiguousarray(np.rot90(pen.canvas, int(pen.rng.integers(4))))


def _flash(pen: _Stencil) -> None:
    """A flash of lightning, filled: wide in the middle, and its ends sharp."""
    half = np.array([(0.25, -1), (-pen.rng.uniform(0.3, 0.6), pen.rng.uniform(0.05, 0.25)), (-0.02, 0.15)])
    pen.fill(np.vstack([half, -half]) * (pen.rng.choice([-1, 1]), 1))


_FORMS = (_corners, _waves, _tip, _spokes, _spokes, _arrow, _hollow, _stacked, _flash)
