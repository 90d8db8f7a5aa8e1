"""Strokes: the ink that a pen leaves, and ways down through a stroke that cross the least ink.

A piece of a pen's way is a capsule whose ends may differ in width, anti-aliased. A way down is found by dynamic
programming: ink costs 1 a pixel, a step aside a little, and being away from the way's own column a little more.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lenet5.machine.native import Kernel

STEP = 0.12  # for each step aside
AWAY = 0.003  # for each row and column away from its own
_FIND = Kernel("lenet5.kernels.strokes", "_ways")


def ways(mask: NDArray[np.uint8], reach: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For every column of a mask (H, W) the cheapest way down that strays at most `reach` columns from it.

    Returns the ways' columns, int32 (W, H), and how much ink each crosses, float32 (W,).
    """
    height, width = mask.shape
    way, crossed = np.empty((width, height), np.int32), np.empty(width, np.float32)
    costs, choice = np.empty((2, 2 * reach + 1), np.float32), np.empty((height, 2 * reach + 1), np.int8)
    _FIND(np.ascontiguousarray(mask), reach, way, crossed, costs, choice)
    return way, crossed


def _ways(mask, reach, way, crossed, costs, choice):
    (height, width), span, cost, below = mask.shape, 2 * reach + 1, costs[0], costs[1]
    for own in range(width):
        for row in range(height):
            for k in range(span):
                x = own + k - reach
                # Outside the stroke's box lies paper.
                ink = np.float32(mask[row, x]) if 0 <= x < width else np.float32(0)
                least, step = np.float32(0), 0
                if row > 0:
                    least = cost[k]
                    if k > 0 and cost[k - 1] + STEP < least:
                        least, step = np.float32(cost[k - 1] + STEP), -1
                    if k + 1 < span and cost[k + 1] + STEP < least:
                        least, step = np.float32(cost[k + 1] + STEP), 1
                choice[row, k] = step
                below[k] = least + ink + AWAY * abs(k - reach)
            for k in range(span):
                cost[k] = below[k]
        at = 0
        for k in range(span):
            if cost[k] < cost[at] or (cost[k] == cost[at] and abs(k - reach) < abs(at - reach)):
                at = k
        total = np.float32(0)
        for back in range(height):
            row = height - 1 - back
            x = own + at - reach
            way[own, row] = x
            if 0 <= x < width:
                total += mask[row, x]
            at += choice[row, at]
        crossed[own] = total


def draw(points, radii, strokes, paper):
    """paper (H, W) = coverage 0..1 of every pixel: the darkest of the capsules over it, each min(1, max(0, r − d + ½)).

    points: float64 (S, 2). radii: float64 (S,). strokes: int64 (S,). paper: float32, zeros.
    """
    height, width = paper.shape
    for s in range(len(points)):
        # A stroke of one point is a dot: a capsule from the point to itself.
        e = s + 1 if s + 1 < len(points) and strokes[s + 1] == strokes[s] else s
        if e == s and s > 0 and strokes[s - 1] == strokes[s]:
            continue
        x0, y0, r0 = points[s, 0], points[s, 1], radii[s]
        dx, dy, dr = points[e, 0] - x0, points[e, 1] - y0, radii[e] - r0
        length2 = dx * dx + dy * dy
        reach = max(r0, r0 + dr) + 1.0
        top = max(0, math.floor(min(y0, y0 + dy) - reach))
        bottom = min(height, math.ceil(max(y0, y0 + dy) + reach) + 1)
        left = max(0, math.floor(min(x0, x0 + dx) - reach))
        right = min(width, math.ceil(max(x0, x0 + dx) + reach) + 1)
        for y in range(top, bottom):
            py = y - y0
            for x in range(left, right):
                px = x - x0
                t = 0.0
                if length2 > 0.0:
                    t = min(1.0, max(0.0, (px * dx + py * dy) / length2))
                qx, qy = px - t * dx, py - t * dy
                cover = r0 + t * dr + 0.5 - math.sqrt(qx * qx + qy * qy)
                if cover > paper[y, x]:
                    paper[y, x] = min(1.0, cover)
