"""The colour of a form's boxes, where the pen's is another: one channel of the picture does not see it.

Forms have long been printed so, in a colour that the scanner drops.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lenet5.pictures.masks import Grey, Mask, closed, opened, padded, parts, quantile, shrunk

SMALLEST = 24  # pixels; in a smaller picture colours are not told apart
COARSE = 800  # pixels a side that are enough to see boxes
LEAST = 0.2  # of the depth that hardly any ink exceeds
UNSEEN = 0.45  # of its depth in the channel that sees it best: what a channel sees less of, it does not see
EACH = 0.1  # of all ink, at least, are the boxes, and is the writing
BOXES = 0.9  # of what a channel does not see, at least, are boxes
SQUARE, THIN = 0.85, 0.6  # of its rectangle and of its hull, what a box's hull fills, and its rules at most
SIDE = 10  # pixels, a box at least
RUN, STRAIGHT = 0.3, 0.6  # of a box's side, level and upright runs; of its ink, what lies on them


def channel_of_the_pen(depths: Sequence[Grey]) -> int | None:
    """Which channel sees the pen and not the boxes, of the depths (H, W) of ink in each; None where none does."""
    if min(depths[0].shape) < SMALLEST:
        return None
    small = [shrunk(depth, COARSE) for depth in depths]
    deepest = np.maximum.reduce(small)
    ink = deepest > LEAST * quantile(deepest[:: 1 + len(deepest) // 200].ravel(), 0.99)
    whole = int(ink.sum())
    order: list[int] = np.argsort([-float(d[ink].sum()) for d in small]).tolist()
    for k in order if whole else ():
        unseen = ink.astype(np.uint8) * (1 - seen(small, k))
        count = int(unseen.sum())
        if EACH * whole <= count <= (1 - EACH) * whole and _in_boxes(unseen) >= BOXES * count:
            return k
    return None


def seen(depths: Sequence[Grey], channel: int) -> Mask:
    """What a channel sees of the depths (H, W) of ink in each, and what is paper in all of them."""
    deepest = np.maximum.reduce(depths)
    return np.asarray(depths[channel] >= UNSEEN * deepest, np.uint8)


def _in_boxes(mask: Mask) -> int:
    """How many pixels of a mask belong to outlines of rectangles; 0 where there is but one."""
    labels, stats = parts(closed(padded(mask, 3), 3, 3)[3:-3, 3:-3])
    total = boxes = 0
    for k in np.flatnonzero(np.minimum(stats[1:, 2], stats[1:, 3]) >= SIDE) + 1:
        x, y, width, height, area = stats[k].tolist()
        part = np.asarray(labels[y : y + height, x : x + width] == k, np.uint8)
        rows, columns = np.nonzero(part)
        hull = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))
        filled, (_, (across, down), _) = cv2.contourArea(hull), cv2.minAreaRect(hull)
        run = max(5, round(RUN * min(width, height)))
        straight = int((opened(part, 1, run) | opened(part, run, 1)).sum())
        if filled >= SQUARE * across * down and area <= THIN * filled and straight >= STRAIGHT * area:
            total += int((mask[y : y + height, x : x + width] & part).sum())
            boxes += int(max(across, down) / min(across, down))  # side by side they share their rules
    return total if boxes > 1 else 0
