"""The ways to write a character, each as the path of a pen: control points, stroke after stroke.

The shapes stand in `digits.txt`, `letters.txt`, `symbols.txt` and `abroad.txt`. A shape begins with
`= CHARACTER WEIGHT`, and each further line is one variant of it; `#` begins a remark. A variant is points `x,y` in a
box about 65 wide and 100 high, x to the right and y down, the pen lifted at `|`. The pen goes smoothly through the
points, and turns sharply at one marked `!` in the first variant. The variants of a shape have point for point the
same meaning, so that every mixture of them is the same character.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PER_SPAN = 6  # points of the drawn line between two control points


@dataclass(frozen=True)
class Shape:
    """One way to write one character.

    weight: how often it is met, beside the character's other shapes
    variants: (V, K, 2) control points of each variant
    owner: (K,) the number of the stroke that a control point belongs to
    spline: (S, K) line = spline @ control points
    stroke: (S,) the number of the stroke that a point of the line belongs to
    along: (S,) how far along its stroke a point is, 0..1
    """

    character: str
    weight: float
    variants: NDArray[np.float64]
    owner: NDArray[np.int64]
    spline: NDArray[np.float64]
    stroke: NDArray[np.int64]
    along: NDArray[np.float64]


def _points(path: str) -> tuple[list[list[float]], list[list[bool]]]:
    """Points and corner marks of one variant, the strokes one after another."""
    points, corners = [], []
    for stroke in path.split("|"):
        marks = stroke.split()
        corners.append([mark.endswith("!") for mark in marks])
        points += [[float(v) for v in mark.rstrip("!").split(",")] for mark in marks]
    return points, corners


def _smooth(count: int) -> NDArray[np.float64]:
    """Catmull-Rom as a matrix (S, count): the line through `count` points, one corner-free run."""
    if count == 1:
        return np.ones((1, 1))
    # Phantom points beyond both ends, each the mirror image of its neighbour.
    extended = np.zeros((count + 2, count))
    extended[1:-1] = np.eye(count)
    extended[0, :2] = 2, -1
    extended[-1, -2:] = -1, 2
    t = np.arange(PER_SPAN) / PER_SPAN
    basis = 0.5 * np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], axis=1
    )  # (PER_SPAN, 4)
    spans = [basis @ extended[i : i + 4] for i in range(count - 1)]
    return np.vstack([*spans, np.eye(count)[-1:]])


def _spline(corners: list[bool]) -> NDArray[np.float64]:
    """The line through the points of one stroke: smooth runs that meet at the corners."""
    count = len(corners)
    ends = [0, *(i for i in range(1, count - 1) if corners[i]), count - 1]
    rows = []
    for first, last in pairwise(ends):
        run = np.zeros(((last - first) * PER_SPAN + 1, count))
        run[:, first : last + 1] = _smooth(last - first + 1)
        rows.append(run if last == count - 1 else run[:-1])
    return np.vstack(rows) if rows else np.ones((1, 1))


def shape(character: str, weight: float, *paths: str) -> Shape:
    """The shape that these paths, its variants, describe."""
    parsed = [_points(path) for path in paths]
    corners = parsed[0][1]
    assert all([len(c) for c in p[1]] == [len(c) for c in corners] for p in parsed), (character, paths)
    splines = [_spline(stroke) for stroke in corners]
    spline = np.zeros((sum(len(s) for s in splines), sum(map(len, corners))))
    row = column = 0
    for part in splines:
        spline[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return Shape(
        character,
        weight,
        np.array([p[0] for p in parsed]),
        np.repeat(np.arange(len(corners)), [len(c) for c in corners]),
        spline,
        np.repeat(np.arange(len(splines)), [len(s) for s in splines]),
        np.concatenate([np.linspace(0, 1, len(s)) for s in splines]),
    )


def table(name: str) -> tuple[Shape, ...]:
    """The shapes of one of the files beside this one."""
    shapes: list[tuple[str, float, list[str]]] = []
    for row in Path(__file__).with_name(name).read_text("utf-8").splitlines():
        if row.startswith("= "):
            _, character, weight = row.split()
            shapes.append((character, float(weight), []))
        elif row.startswith("  "):
            shapes[-1][2].append(row.strip())
    return tuple(shape(character, weight, *paths) for character, weight, paths in shapes)


_digits = table("digits.txt")
DIGITS: tuple[tuple[Shape, ...], ...] = tuple(tuple(s for s in _digits if s.character == d) for d in "0123456789")
LETTERS: tuple[Shape, ...] = table("letters.txt")
SYMBOLS: tuple[Shape, ...] = table("symbols.txt")
