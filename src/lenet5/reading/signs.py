"""Signs and letters beside a number, which are passed over: which strokes they are, and at what cost.

A bracket looks like a 1 to the network. But two that stand at both ends, bow apart, and reach above and below what is
between them, are hardly ever digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.graph import Arc, Candidate, Costs, Passing, left_out
from lenet5.reading.pieces import Line, Piece
from lenet5.reading.place import around

__all__ = ["Brackets", "brackets", "passed_over"]

Floats = NDArray[np.float64]
Brackets = Mapping[tuple[int, int], float]  # how likely each run of pieces is one

# Chosen on lines that were put together. SIGN: the cost of each sign. LIKE_DIGIT: how often one looks like a digit,
# near a number, and beyond a SPACE in a word of as many that look like none. ENDS: the cost of where they end; a gap of
# a height takes off FREER, down to FREE. OVERLAP: how far one may reach over its neighbour. WIDEST: of its height;
# touching digits are wider. STRAIGHT: of the pen and its diagonal, a single stroke.
SIGN, LIKE_DIGIT, SPACE = 2.0, (0.002, 0.03), 0.35
ENDS, FREER, FREE = 4.5, 5.0, 1.5
OVERLAP, WIDEST, STRAIGHT = 0.25, 1.3, 1.2
# Of a pair of brackets: what a bow of its height speaks for one, and as much above and below the digits as they are
# high, and what speaks against both; log of odds. Fitted on brackets that were drawn, and on 1s at the ends of numbers
# by MNIST's and UNIPEN's writers. The lesser of each counts: many 1s bow as one bracket does, but hardly two apart.
BOWED, REACHING, UNLIKELY = 110.0, 11.0, 5.0
BOW, REACH = 0.12, 0.3  # no more of each counts
NARROW, FORKED = 0.7, 0.1  # of its height, how wide one is at most, and how much of it may have two strokes abreast
AS_HIGH = 0.6  # of the highest, the digits that tell where a line stands


def brackets(line: Line) -> Brackets:
    """How likely the first and the last stroke of a line are a pair of brackets around the others."""
    spans, boxes = _whole(line)
    if len(spans) < 3:
        return {}
    tall = boxes[1:-1][boxes[1:-1, 3] >= AS_HIGH * boxes[1:-1, 3].max()]
    reach = boxes[[0, -1], 3].min() / (np.median(tall[:, 1] + tall[:, 3]) - np.median(tall[:, 1])) - 1
    bow = min(_bow(line.pieces[slice(*spans[k])], boxes[k], side) for k, side in ((0, -1), (-1, 1)))
    against = UNLIKELY - BOWED * min(BOW, bow) - REACHING * min(REACH, float(reach))
    return dict.fromkeys((spans[0], spans[-1]), 1 / (1 + math.exp(min(50.0, against))))


def _bow(pieces: Sequence[Piece], box: NDArray[np.int64], side: int) -> float:
    """How far a stroke bows to one side, −1 or 1, of its height; −inf where it is no single stroke."""
    x, y, width, height = box.tolist()
    ink = np.zeros((height, width), np.uint8)
    for piece in pieces:
        ink[piece.y - y : piece.y - y + piece.height, piece.x - x : piece.x - x + piece.width] |= piece.mask
    runs = (np.diff(ink, axis=1, prepend=0) == 1).sum(axis=1)
    if width > NARROW * height or (runs != 1).mean() > FORKED:
        return -math.inf
    sixth = max(1, height // 6)
    bands = (ink[top : top + sixth].max(axis=0) for top in (0, (height - sixth) // 2, height - sixth))
    head, waist, foot = (float(np.flatnonzero(band)[[0, -1]].mean()) for band in bands)
    return float(side * (waist - (head + foot) / 2) / height)


def _whole(line: Line) -> tuple[list[tuple[int, int]], NDArray[np.int64]]:
    """The runs of a line's pieces that touch no others, as signs and letters stand, and their boxes (N, 4)."""
    every, strokes, end = np.array([p.box for p in line.pieces]), [p.stroke for p in line.pieces], len(line.pieces)
    nodes = [n for n in range(1, end) if set(strokes[:n]).isdisjoint(strokes[n:])]
    nodes = [n for n in nodes if every[n:, 0].min() - every[:n, [0, 2]].sum(axis=1).max() > -OVERLAP * line.height]
    spans = list(pairwise([0, *nodes, end] if end else ()))
    return spans, np.array([around(every[a:b]) for a, b in spans], np.int64).reshape(-1, 4)


def passed_over(
    line: Line, found: Sequence[Candidate], none: Floats, costs: Costs, known: Brackets | None = None
) -> Passing:
    """The ways to pass over what stands before and behind a number as signs and letters, by the node where they end:
    arcs from the first node, and to the last. Signs and letters touch no digit.

    none: (len(found),), how likely each candidate is none of the digits. known: how likely a stroke is a bracket.
    """
    end, (spans, boxes) = len(line.pieces), _whole(line)
    looks = {(c.first, c.last): float(p) for c, p in zip(found, none, strict=True)}
    # Of all that stands before a node: the cost near a number, and in a word, and how many more look like signs.
    before, gaps, right = {0: np.zeros(3)}, dict[int, float](), -math.inf
    for (a, b), (x, _, wide, high) in zip(spans, boxes.tolist(), strict=True):
        gaps[a], right = (x - right) / line.height, max(right, x + wide)
        if wide < WIDEST * max(line.height, high) and (a, b) in looks:
            # A single stroke is a 1 to any eye, or a dash, where it is no bracket.
            stroke = sum(p.area for p in line.pieces[a:b]) < STRAIGHT * line.stroke * math.hypot(wide, high)
            sign = max(0.0 if stroke else looks[a, b], (known or {}).get((a, b), 0.0))
            cost = SIGN - costs.word * np.log(np.maximum(LIKE_DIGIT, sign))
            before[b] = before[a] + np.append(cost, 1 if sign > 0.5 else -1)
        else:
            before[b] = before[a] + sum(left_out(line, i, costs)[1] for i in range(a, b)) * np.array([1, 1, 0])
    passing: dict[int, list[Arc]] = {end: []}
    for n, _ in spans[1:]:
        ends = max(FREE, ENDS - FREER * max(0.0, gaps[n]))
        for first, last, (near, word, signs) in ((0, n, before[n]), (n, end, before[end] - before[n])):
            cost = word if gaps[n] > SPACE and signs >= 0 else near
            passing.setdefault(last, []).append(Arc("sign", first, last, None, float(ends + cost)))
    return passing
