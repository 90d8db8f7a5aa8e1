"""Drawings that are no digit: letters, symbols, scribbles, doodles, several digits at once and pieces of them.

The paper trains its rubbish class on such pictures (section V-F): what a reader meets when it looks at the wrong
place or at the wrong thing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.drawn.glyphs import choose, gather, taste
from lenet5.datasets.drawn.hand import Hands, write
from lenet5.datasets.drawn.pen import Array, Ink, Scan, Trace, draw, joined, scans, trace
from lenet5.datasets.drawn.shapes import DIGITS, LETTERS, SYMBOLS
from lenet5.pictures.normalise import bounding_box

BLOCK = 2000  # pictures drawn from one generator
# Each kind, and its share of the pictures.
KINDS = {"letter": 0.30, "symbol": 0.12, "scribble": 0.12, "doodle": 0.18, "digits": 0.12, "piece": 0.16}
PRINTED = 0.3  # how many of the letters and symbols stand upright, as print does, and may be bold
PER_SPAN = 8  # points of a smooth line between two control points
SLIMMEST = 0.45  # width beside height: a slimmer piece of a digit may be a 1


def nothing(count: int, seed: int = 0) -> Dataset:
    """`count` pictures that are no digit, each of a random kind.

    Picture i depends on the seed and on i, not on the count.
    Returns a Dataset: images uint8 (count, 28, 28), normalised as digits are; its classes are the kinds.
    Raises DataError for a count that is not 1 to 10,000,000, or a seed that is not a whole number from 0.
    """
    images, kinds = gather(count, seed, 1, _block)
    return Dataset("nothing", images, kinds, tuple(KINDS))


def _block(rng: np.random.Generator) -> Iterator[tuple[int, Ink]]:
    """Kind and ink of BLOCK pictures."""
    kinds = rng.choice(len(KINDS), BLOCK, p=list(KINDS.values()))
    hands = Hands.draw(BLOCK, rng)
    _print(hands, rng)
    digits = [[choose(DIGITS[rng.integers(10)], rng.random()) for _ in range(BLOCK)] for _ in range(2)]
    left, right = (write(d, hands, taste(rng, BLOCK), rng) for d in digits)
    tables = [LETTERS, SYMBOLS]
    others = [choose(tables[kind] if kind < len(tables) else SYMBOLS, rng.random()) for kind in kinds]
    written = write(others, hands, taste(rng, BLOCK), rng)
    for i, (kind, scan) in enumerate(zip(kinds.tolist(), scans(rng, BLOCK, 1), strict=True)):
        match list(KINDS)[kind]:
            case "letter" | "symbol":
                yield kind, draw(written[i], *scan)
            case "scribble":
                yield kind, draw(_scribble(rng, float(hands.pen[i])), *scan)
            case "doodle":
                yield kind, draw(_doodle(rng, float(hands.pen[i])), *scan)
            case "digits":
                yield kind, draw(_beside(left[i], right[i], rng), *scan)
            case "piece":
                yield kind, _piece(left[i], right[i], scan, rng)


def _print(hands: Hands, rng: np.random.Generator) -> None:
    """Make some of the hands write as if printed: upright, steady, some bold."""
    n = len(hands.pen)
    printed = rng.random(n) < PRINTED
    for habit in (hands.slant, hands.turn, hands.bend, hands.taper, hands.wobble, hands.care):
        habit[printed] *= 0.2
    hands.pen[printed] = rng.uniform(4, 16, n)[printed]


def _curve(control: Array) -> Array:
    """A smooth line through control points (K, 2): Catmull-Rom, the ends doubled."""
    p = np.vstack([control[:1], control, control[-1:]])[:, None]  # (K + 2, 1, 2)
    t = (np.arange(PER_SPAN) / PER_SPAN)[:, None]  # (PER_SPAN, 1)
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    line = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.asarray(line.reshape(-1, 2))


def _scribble(rng: np.random.Generator, pen: float) -> Trace:
    """One line that goes on and on: strolling, or back and forth."""
    count = int(rng.integers(7, 16))  # with fewer turns it may be a 2 or a 3
    if rng.random() < 0.5:
        control = rng.uniform(-50, 50, (count, 2))
        control[1:] = 0.6 * control[1:] + 0.4 * control[:-1]
    else:
        side = np.where(np.arange(count) % 2, 1.0, -1.0) * rng.uniform(15, 45)
        control = np.stack([side, np.linspace(-50, 50, count)], 1) + rng.normal(0, 5, (count, 2))
        control = control @ _turned(rng.uniform(0, np.pi))
    return trace([_curve(control)], pen * rng.uniform(0.4, 1.0))


def _turned(angle: float) -> Array:
    return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def _arc(rng: np.random.Generator) -> Array:
    t = np.linspace(0, rng.uniform(1.5, 7), 24) + rng.uniform(0, 6.3)
    return np.stack([np.cos(t), rng.uniform(0.3, 1) * np.sin(t)], 1)


def _corners(rng: np.random.Generator) -> Array:
    control = rng.uniform(-1, 1, (int(rng.integers(3, 6)), 2))
    return np.vstack([control, control[:1]]) if rng.random() < 0.5 else control


_PARTS: tuple[Callable[[np.random.Generator], Array], ...] = (
    lambda rng: rng.uniform(-1, 1, (2, 2)), _arc, _arc, _corners,
    lambda rng: _curve(rng.uniform(-1, 1, (int(rng.integers(3, 6)), 2))),
)  # fmt: skip


def _doodle(rng: np.random.Generator, pen: float) -> Trace:
    """A few lines, rounds and angles of several sizes, one over the other."""
    strokes = []
    for _ in range(int(rng.integers(4, 10))):
        part = _PARTS[rng.integers(len(_PARTS))](rng) * rng.uniform(8, 45)
        strokes.append(part @ _turned(rng.uniform(0, 6.3)) + rng.normal(0, 22, 2))
    return trace(strokes, pen * rng.uniform(0.3, 0.8))


def _beside(left: Trace, right: Trace, rng: np.random.Generator) -> Trace:
    """Two digits next to each other, apart or touching."""
    gap = rng.uniform(-8, 14)
    shift = (left.points[:, 0] + left.radii).max() - (right.points[:, 0] - right.radii).min() + gap
    aside = right.points + np.array([shift, rng.normal(0, 5)])
    return joined([left, Trace(aside, right.radii, right.strokes)])


def _piece(left: Trace, right: Trace, scan: Scan, rng: np.random.Generator) -> Ink:
    """What a wrong cut leaves: the end of one digit with the beginning of the next, or less than half a digit."""
    if rng.random() < 0.5:
        half = draw(left, *scan)
        kept = int(half.shape[1] * rng.uniform(0.3, 0.5))
        half = half[:, :kept] if rng.random() < 0.5 else half[:, -kept:]
        box = bounding_box(half)
        if box and SLIMMEST * box[3] < box[2] < box[3] / SLIMMEST:
            return half
    both = _beside(left, right, rng)
    seam = len(left.points)
    # Both cuts go through a digit, or one of them might be left whole.
    columns = [_span(both.points[:seam, 0]), _span(both.points[seam:, 0])]
    picture = draw(both, 2 * scan.side, scan.bilevel)
    low, high = _span(both.points[:, 0])
    cuts = [rng.uniform(0.4, 0.75), rng.uniform(0.25, 0.6)]
    pairs = zip(columns, cuts, strict=True)
    x0, x1 = (int((a + cut * (b - a) - low) / (high - low) * picture.shape[1]) for (a, b), cut in pairs)
    return picture[:, min(x0, x1 - 1) : max(x1, x0 + 1)]


def _span(x: Array) -> tuple[float, float]:
    return float(x.min()), float(x.max())
