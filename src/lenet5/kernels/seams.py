"""Ways from the top of a stroke to its bottom that cross the least ink, one for each column, by dynamic programming.

Ink costs 1 a pixel, a step aside a little, and being away from the column that the way belongs to a little more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.kernels.compiled import compiled

__all__ = ["ways"]

STEP = 0.12  # for each step aside
AWAY = 0.003  # for each row and column away from its own


def ways(mask: NDArray[np.uint8], reach: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For every column of a mask (H, W) the cheapest way down that strays at most `reach` columns from it.

    Returns the ways' columns, int32 (W, H), and how much ink each crosses, float32 (W,).
    """
    height, width = mask.shape
    way, crossed = np.empty((width, height), np.int32), np.empty(width, np.float32)
    costs, choice = np.empty((2, 2 * reach + 1), np.float32), np.empty((height, 2 * reach + 1), np.int8)
    _ways(np.ascontiguousarray(mask), reach, way, crossed, costs, choice)
    return way, crossed


@compiled
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
