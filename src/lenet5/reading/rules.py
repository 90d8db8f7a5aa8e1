"""Which ink is ruling, lines and boxes that were printed to write on, and what remains without it?

A rule is much longer than any stroke and straight. It is taken away column by column where nothing crosses it; where
a stroke crosses or meets it, the stroke's ink stays.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["find_rules", "without_rules"]

Mask = NDArray[np.uint8]
Grey = NDArray[np.float32]


def find_rules(mask: Mask, run: int, extent: int) -> Mask:
    """Horizontal rules in a mask (H, W) of 0 and 1: what lies on straight runs of at least `run` pixels.

    Runs that touch each other make one rule, which counts when it is at least `extent` pixels wide.
    Returns a mask (H, W). For vertical rules hand in the transposed mask.
    """
    # One pixel of slack up and down lets a rule climb one pixel in `run` / 3.
    slack = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(slack, cv2.MORPH_OPEN, np.ones((1, run), np.uint8)) & mask
    joined = cv2.dilate(runs, np.ones((3, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    width, height, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    # A filled block has long runs too, but is not thin.
    long = (width >= extent) & (area < 0.15 * width * np.maximum(width, height) + 12 * width)
    long[0] = False
    return np.asarray(runs & long[labels].astype(np.uint8))


def without_rules(ink: Grey, rules: Mask) -> Grey:
    """The ink without horizontal rules, but with the strokes that cross them. For vertical ones, transpose both."""
    if not rules.any():
        return ink
    mask = (ink >= 0.35).astype(np.uint8)
    band = cv2.morphologyEx(rules, cv2.MORPH_CLOSE, np.ones((5, 9), np.uint8))
    # The blurred upper and lower edge of a rule belongs to it.
    band = cv2.dilate(band, np.ones((5, 1), np.uint8))
    above = _shift(mask & (1 - band), 1)
    below = _shift(mask & (1 - band), -1)
    # A stroke goes on through the band from where it enters it, a little slanted if need be.
    thickness = int(np.median(band.sum(axis=0)[band.any(axis=0)]))
    reach = np.ones((3, 3), np.uint8)
    from_above, from_below = above & band & mask, below & band & mask
    for _ in range(thickness + 1):
        from_above |= _shift(cv2.dilate(from_above, reach[:1]), 1) & band & mask
        from_below |= _shift(cv2.dilate(from_below, reach[:1]), -1) & band & mask
    crossing = from_above & from_below
    keep = (1 - band) | crossing
    return np.asarray(ink * keep, dtype=np.float32)


def _shift(mask: Mask, rows: int) -> Mask:
    """The mask moved down by `rows` (up where negative)."""
    moved = np.zeros_like(mask)
    if rows > 0:
        moved[rows:] = mask[:-rows]
    else:
        moved[:rows] = mask[-rows:]
    return moved
