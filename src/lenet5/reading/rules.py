"""Which ink is ruling, lines and boxes that were printed to write on, and what remains without it?

A rule is much longer than any stroke and straight. It is taken away column by column where nothing crosses it; where
a stroke crosses or meets it, the stroke's ink stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.masks import Mask, closed, dilated, inked, opened, parts

__all__ = ["find_rules", "without_rules"]

Grey = NDArray[np.float32]


def find_rules(mask: Mask, run: int, extent: int, inside: int = 0) -> Mask:
    """Horizontal rules in a mask (H, W) of 0 and 1: what lies on straight runs of at least `run` pixels.

    Runs that touch each other make one rule, which counts when it is at least `extent` pixels wide, and at least
    `inside` where it reaches neither side of the mask: the bottoms of joined noughts are long and straight too.
    Returns a mask (H, W). For vertical rules hand in the transposed mask.
    """
    # One pixel of slack up and down lets a rule climb one pixel in `run` / 3.
    runs = opened(dilated(mask, 3, 1), 1, run) & mask
    labels, stats = parts(dilated(runs, 3, 5))
    left, width, height, area = stats[:, 0], stats[:, 2], stats[:, 3], stats[:, 4]
    ends_inside = (left > 2) & (left + width < mask.shape[1] - 2)
    # A filled block has long runs too, but is not thin.
    thin = area < 0.15 * width * np.maximum(width, height) + 12 * width
    long = thin & (width >= np.where(ends_inside, max(extent, inside), extent))
    long[0] = False
    found, marked = np.zeros_like(mask), runs > 0
    found[marked] = long[labels[marked]]
    return found


def without_rules(ink: Grey, rules: Mask) -> Grey:
    """The ink without horizontal rules, but with the strokes that cross them. For vertical ones, transpose both."""
    if not rules.any():
        return ink
    mask = inked(ink)
    # The blurred upper and lower edge of a rule belongs to it.
    band = dilated(closed(rules, 5, 9), 5, 1)
    above = _shift(mask & (1 - band), 1)
    below = _shift(mask & (1 - band), -1)
    # A stroke goes on through the band from where it enters it, a little slanted if need be.
    thickness = int(np.median(band.sum(axis=0)[band.any(axis=0)]))
    from_above, from_below = above & band & mask, below & band & mask
    for _ in range(thickness + 1):
        from_above |= _shift(dilated(from_above, 1, 3), 1) & band & mask
        from_below |= _shift(dilated(from_below, 1, 3), -1) & band & mask
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
