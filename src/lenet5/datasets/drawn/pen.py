"""The ink that a pen leaves: each piece of a line is a capsule whose ends may differ in width, anti-aliased.

Line points and radii are in pixels, and are rounded to 1/256 of one, so that the last digit of a sine, which
differs from machine to machine, changes no picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import DataError

Array = NDArray[np.float64]
Ink = NDArray[np.float32]  # (H, W), 0 paper to 1 ink

STEP = 256
SIDES = (40, 76)  # of a glyph before it is normalised, pixels, the latter not reached
BILEVEL = 0.75  # how many writers are scanned in black and white
THINNEST = 1.0  # half the width of a line, in the units of the paths


@dataclass(frozen=True)
class Trace:
    """The way of a pen: line points (S, 2), x and y; half the width (S,) there; the stroke (S,) of each point."""

    points: Array
    radii: Array
    strokes: NDArray[np.int64]


@dataclass(frozen=True)
class Pen:
    """What a pen and the hand on it make of a line: numbers, or arrays (n, 1) of n pens.

    width: of the line, where a character is about 100 high
    pressure: how much the width varies along a stroke, a share of it
    tilt: how much the width depends on the direction, 0 for a round nib that stands upright
    angle: radians, the direction in which the line is thickest
    ending: the width at the ends of a stroke beside that in its middle

    Raises DataError for a value out of its range.
    """

    width: Any = 14.0
    pressure: Any = 0.0
    tilt: Any = 0.0
    angle: Any = 0.0
    ending: Any = 1.0

    def __post_init__(self) -> None:
        ranges = {"width": (1e-6, 1e3), "pressure": (0, 0.9), "tilt": (0, 0.9), "angle": (-1e3, 1e3), "ending": (0, 1)}
        for name, (low, high) in ranges.items():
            value = np.asarray(getattr(self, name))
            if value.dtype.kind not in "if" or not ((low <= value) & (value <= high)).all():
                raise DataError(f"pen: {name} {getattr(self, name)!r}; expected a number from {low:g} to {high:,g}")

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Pen:
        """One of many pens, from a fine one to a felt tip."""
        width = float(np.clip(12 * np.exp(0.45 * rng.standard_normal()), 3, 34))
        pressure, tilt, ending = 0.18 * rng.random(), 0.25 * rng.random() ** 2, 1 - 0.5 * rng.random() ** 3
        return cls(width, pressure, tilt, np.pi * rng.random(), ending)

    def radii(self, points: Array, along: Array, wave: Array) -> Array:
        """Half the width of the line at each of its points: (..., S).

        points: (..., S, 2); along: (S,), how far along its stroke a point is, 0 to 1; wave: (..., S), the phase of
        the hand's pressure there, radians
        """
        # One point has no direction.
        step = np.gradient(points, axis=-2) if points.shape[-2] > 1 else np.zeros_like(points)
        direction = np.arctan2(step[..., 1], step[..., 0])
        nib = 1 + self.tilt * np.cos(2 * (direction - self.angle))
        pressed = 1 + self.pressure * np.sin(wave)
        end = np.minimum(1, self.ending + 8 * np.minimum(along, 1 - along) * (1 - self.ending))
        return np.asarray(np.maximum(self.width / 2 * nib * pressed * end, THINNEST))


def trace(strokes: Sequence[Array], radius: float | Array) -> Trace:
    """The strokes, each (S_i, 2), of a pen with one radius, or with another at each of all points."""
    points = np.concatenate(strokes)
    numbers = np.repeat(np.arange(len(strokes)), [len(s) for s in strokes])
    return Trace(points, np.full(len(points), radius), numbers)


def joined(traces: Sequence[Trace]) -> Trace:
    """All traces as one, the pen lifted between them."""
    firsts = np.cumsum([0, *(t.strokes[-1] + 1 for t in traces)])
    return Trace(
        np.concatenate([t.points for t in traces]),
        np.concatenate([t.radii for t in traces]),
        np.concatenate([t.strokes + first for t, first in zip(traces, firsts, strict=False)]),
    )


def ink(trace: Trace, height: int, width: int) -> Ink:
    """What the pen leaves on a paper of height × width pixels: float32 (height, width), 0 paper to 1 ink.

    Pixel (i, j) has its middle at x = j, y = i. Between two strokes the pen is lifted.
    """
    from lenet5.kernels.entries import draw  # found when a pen is used: other commands need no kernels

    paper = np.zeros((height, width), np.float32)
    line, half = (np.ascontiguousarray(np.rint(part * STEP) / STEP) for part in (trace.points, trace.radii))
    draw(line, half, np.ascontiguousarray(trace.strokes, np.int64), paper)
    return paper


class Scan(NamedTuple):
    """How a glyph is scanned: its longer side in pixels, and whether in black and white or in grey."""

    side: int = 60
    bilevel: bool = False


def scans(rng: np.random.Generator, writers: int, each: int) -> Iterator[Scan]:
    """One scan for each of `each` glyphs of one writer after another, whose glyphs are scanned alike.

    MNIST was scanned in black and white; its levels of grey come from scaling alone.
    """
    bilevel = np.repeat(rng.random(writers) < BILEVEL, each)
    sides = rng.integers(*SIDES, writers * each)
    return (Scan(int(side), bool(two)) for side, two in zip(sides, bilevel, strict=True))


def draw(trace: Trace, side: int = 60, bilevel: bool = False) -> Ink:
    """The trace alone on its paper, float32 (H, W), 0 to 1, its longer side `side` pixels."""
    reach = trace.radii[:, None]
    low = (trace.points - reach).min(0)
    extent = (trace.points + reach).max(0) - low
    scale = side / extent.max()
    width, height = (np.ceil(extent * scale) + 1).astype(int)
    paper = ink(Trace((trace.points - low) * scale, trace.radii * scale, trace.strokes), int(height), int(width))
    return (paper > 0.5).astype(np.float32) if bilevel else paper
