"""A writer's hand: habits, and what they and chance make of a shape each time it is written.

Lengths are in the units of the paths: a digit is about 100 high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.drawn.pen import Array, Pen, Trace
from lenet5.datasets.drawn.shapes import Shape

BEYOND = 1.2  # how far mixtures of variants are stretched from their mean
LIFTED = -1.0  # the radius where the pen leaves nothing
DRY = 0.04  # how often a line is broken
MIDDLE = np.array([32.0, 50.0])  # of the box of the paths


@dataclass(frozen=True)
class Hands:
    """Habits of writers, each an array (W,)."""

    slant: Array  # shift to the right for each unit upwards
    turn: Array  # radians
    width: Array  # log of the width beside the path's own
    pen: Array  # radius of the line
    nib: Array  # how much the radius depends on the direction, 0 for a round nib
    nib_angle: Array  # radians, the direction in which the line is thickest
    wobble: Array  # how far control points stray
    care: Array  # how closely a picture keeps to the writer's habits: 1 as usual, 0 always the same
    bend: Array  # of everything upright, to the side
    waist: Array  # the middle moved down
    taper: Array  # the bottom wider than the top
    pressure: Array  # how much the radius varies along a stroke
    ending: Array  # radius at the ends of a stroke beside that in its middle

    @classmethod
    def draw(cls, count: int, rng: np.random.Generator) -> Hands:
        """`count` writers."""
        normal = rng.standard_normal((len(fields(cls)), count))
        uniform = rng.random((4, count))
        pen = 7.0 * np.exp(0.27 * normal[3])
        return cls(
            slant=0.15 + 0.25 * normal[0],
            turn=0.05 * normal[1],
            # Thick pens write wider, or their rounds would fill.
            width=0.10 + 0.20 * normal[2] + 0.5 * np.maximum(0, np.log(pen / 7.0)),
            pen=pen,
            nib=0.25 * uniform[0] ** 2,
            nib_angle=np.pi * uniform[1],
            wobble=2.6 * np.exp(0.35 * normal[4]),
            care=np.exp(0.25 * normal[5]),
            bend=0.04 * normal[6],
            waist=0.06 * normal[7],
            taper=0.08 * normal[8],
            pressure=0.18 * uniform[2],
            ending=1 - 0.5 * uniform[3] ** 3,
        )

    def of(self, writers: NDArray[np.int64]) -> Hands:
        """The habits, (n,) each, of the writer of each of n pictures."""
        return Hands(*(getattr(self, field.name)[writers] for field in fields(self)))


def write(shapes: Sequence[Shape], hands: Hands, mixture: Array, rng: np.random.Generator) -> list[Trace]:
    """Each of n shapes written once.

    hands: the habits of the n writers, (n,) each
    mixture: (n, V) how much each writer likes each variant of the shape, V at least the most variants
    Returns n traces, in path units, the middle of the box at (0, 0), y down.
    """
    n = len(shapes)
    most = max(s.variants.shape[1] for s in shapes)
    stray = rng.standard_normal((n, most, 2)) * (hands.wobble * hands.care)[:, None, None]
    apart = rng.standard_normal((n, most, 2)) * hands.wobble[:, None, None]  # whole strokes astray
    normal = rng.standard_normal((12, n)) * hands.care
    phase = rng.random((8, n)) * 2 * np.pi
    dry = rng.random((3, n))
    whim = mixture * rng.standard_gamma(2.0, mixture.shape)
    traces: list[Trace | None] = [None] * n
    groups: dict[int, list[int]] = {}
    for i, s in enumerate(shapes):
        groups.setdefault(id(s), []).append(i)
    for members in groups.values():
        rows = np.array(members)
        s = shapes[rows[0]]
        weights = whim[rows, : len(s.variants)]
        # A little beyond the variants, or their mixtures would all be tamer than they are.
        weights = BEYOND * weights / weights.sum(1, keepdims=True) - (BEYOND - 1) / len(s.variants)
        control = np.einsum("nv,vkc->nkc", weights, s.variants)
        control += stray[rows, : s.variants.shape[1]] + apart[rows][:, s.owner]
        line = s.spline @ control - MIDDLE  # (n, S, 2)
        points, radii = _drawn(line, s, hands.of(rows), normal[:, rows, None], phase[:, rows, None])
        radii[_gaps(s, dry[:, rows, None])] = LIFTED
        for i, p, r in zip(members, points, radii, strict=True):
            traces[i] = Trace(p, r, s.stroke)
    return [t for t in traces if t is not None]


def _gaps(s: Shape, dry: Array) -> NDArray[np.bool_]:
    """Where the lines (n, S) of a shape are broken: nowhere, mostly, or over a short piece."""
    happens, where, length = dry  # (n, 1) each
    place = np.linspace(0, 1, len(s.stroke))
    return np.asarray((happens < DRY) & (np.abs(place - where) < 0.04 * length))


def _drawn(line: Array, s: Shape, hand: Hands, normal: Array, phase: Array) -> tuple[Array, Array]:
    """The line bent, squeezed, slanted and turned; and the radii of the pen along it."""
    x, y = line[..., 0], line[..., 1]  # (n, S)
    # Smooth waves over the whole paper, for what no habit explains.
    x, y = (
        x + 1.6 * normal[0] * np.sin(0.05 * y + 0.02 * x + phase[0]) + 0.9 * normal[1] * np.sin(0.11 * y + phase[1]),
        y + 1.6 * normal[2] * np.sin(0.06 * x + 0.03 * y + phase[2]) + 0.9 * normal[3] * np.sin(0.12 * x + phase[3]),
    )
    u, v = x / 32, y / 50  # about −1..1
    x = x + 50 * (hand.bend[:, None] + 0.03 * normal[4]) * (v * v - 0.5)
    y = y + 50 * (hand.waist[:, None] + 0.05 * normal[5]) * (1 - v * v)
    x = x * (1 + (hand.taper[:, None] + 0.06 * normal[6]) * v)
    y = y * (1 + 0.04 * normal[7] * u)
    x = x * np.exp(hand.width[:, None] + 0.10 * normal[8])
    turn = hand.turn[:, None] + 0.05 * normal[9]
    slant = hand.slant[:, None] + 0.07 * normal[10]
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    points = np.stack([x - slant * y, y], axis=2)
    wave = 4 * s.along + phase[4] * (s.along - 0.5) + phase[5] + s.stroke
    width = 2 * hand.pen[:, None] * np.exp(0.06 * normal[11])
    nib = (hand.nib[:, None], hand.nib_angle[:, None])
    return points, Pen(width, hand.pressure[:, None], *nib, hand.ending[:, None]).radii(points, s.along, wave)
