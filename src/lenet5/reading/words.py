"""Words, the places of writing in a picture: strokes of about one size that stand side by side.

A word may be a number, a word of letters, a stain or a rest of a rule; which of them it is shows in reading it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Grey, inked, only, parts
from lenet5.reading.place import BESIDE, around, beside, reading_order

Numbers = NDArray[np.float64]
Parts = NDArray[np.int32]  # (N, 5): x, y, width, height, area

LEAST = 6  # pixels, of a word's height
MOST = 3000  # parts that are looked at, the largest
# Two strokes of one word, in heights of the lower one.
APART = 1.2  # the widest gap
UNEQUAL = 3.0  # the taller over the lower one
LIKE = 1.4  # the same between two digits of one row
BROKEN = 0.15  # of both strokes' height, the gap in a stroke that is broken
# An underline: wider than it is high, and wide beside what it stands under, a digit being so wide in its heights.
FLAT, LONG, USUAL = 2.5, 1.5, 0.7
# A cap, a dot or a dash goes with the word that it stands at.
SMALL, MARGIN = 0.6, 0.3


@dataclass(frozen=True, eq=False)
class Word:
    """x, y: where its ink begins in the picture. ink: its own, float32 (H, W)."""

    x: int
    y: int
    ink: Grey

    @property
    def height(self) -> int:
        return int(self.ink.shape[0])

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.x, self.y, int(self.ink.shape[1]), self.height

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def right(self) -> int:
        return self.x + int(self.ink.shape[1])

    def gap(self, other: Word) -> int:
        return max(self.x, other.x) - min(self.right, other.right)

    def near(self, other: Word) -> bool:
        """Whether both would be one word, if they were beside each other and about as high."""
        return self.gap(other) <= APART * min(self.height, other.height)

    def beside(self, other: Word) -> bool:
        """Whether both stand on one row."""
        return beside(self.box, other.box)


def words(ink: Grey, margin: float = MARGIN) -> list[Word]:
    """The words of a picture (H, W), in the order in which they are read.

    margin: how far from a word the middle of a small mark may be that goes with it, in heights of the word's strokes.
    """
    labels, found = _strokes(ink)
    if not len(found):
        return []
    width, height = found[:, 2], found[:, 3]
    large = np.flatnonzero(np.maximum(width, height) >= LEAST)
    under = _underlined(found[large])
    kin = _groups(_linked(found[large]) & ~under & ~under.T)
    result = []
    for group in np.unique(kin):
        members = large[kin == group]
        if height[members].max() < LEAST:
            continue
        box = around(found[members])
        size = float(np.median(height[members]))
        near = (height < SMALL * size) & (width < 2 * SMALL * size) & _within(found, box, margin * size)
        near[large[under[:, kin == group].any(axis=1)]] = False
        near[members] = True
        result.append(_cut_out(ink, labels, found, np.flatnonzero(near)))
    return in_order(result)


def together(some: Sequence[Word]) -> Word:
    """Several words as one."""
    left, top = min(w.x for w in some), min(w.y for w in some)
    ink = np.zeros((max(w.bottom for w in some) - top, max(w.right for w in some) - left), np.float32)
    for w in some:
        ink[w.y - top : w.bottom - top, w.x - left : w.right - left] += w.ink
    np.minimum(ink, 1, out=ink)
    return Word(left, top, ink)


def in_order(some: Sequence[Word]) -> list[Word]:
    """From the top to the bottom, and what stands side by side from the left to the right."""
    return [some[k] for k in reading_order([word.box for word in some])]


def _strokes(ink: Grey) -> tuple[NDArray[np.int32], Parts]:
    """The label of each pixel (0 is none), and the connected parts that are no specks, with label k + 1 each."""
    labels, stats = parts(inked(ink))
    large = stats[:, 4] >= 4
    large[0] = False
    if large.sum() > MOST:
        large &= stats[:, 4] > np.sort(stats[large, 4])[-MOST]
    renumbered = np.zeros(len(stats), np.int32)
    renumbered[large] = np.arange(1, large.sum() + 1)
    return renumbered[labels], stats[large]


def _linked(found: Parts) -> NDArray[np.bool_]:
    """Which two strokes (N,) are of one word (N, N)."""
    x, y, width, height, _ = found.T.astype(np.float64)
    right, bottom = x + width, y + height

    def gap(low: Numbers, high: Numbers) -> Numbers:
        return np.maximum(low[:, None], low) - np.minimum(high[:, None], high)

    across, down = gap(x, right), gap(y, bottom)
    taller, lower = np.maximum(height[:, None], height), np.minimum(height[:, None], height)
    beside = (across <= APART * lower) & (-down >= BESIDE * lower) & (taller <= UNEQUAL * lower)
    both = np.maximum(bottom[:, None], bottom) - np.minimum(y[:, None], y)
    over = -across >= MARGIN * np.minimum(width[:, None], width)
    wider = np.maximum(width[:, None], width)
    broken = over & (down <= BROKEN * both) & (down < 4) & (wider <= UNEQUAL * taller) & (taller <= 5 * lower)
    # What stands in a row of its like is whole, however near the row below is.
    in_a_row = np.any(beside & (taller <= LIKE * lower) & ~np.eye(len(x), dtype=bool), axis=1, keepdims=True)
    return np.asarray(beside | (broken & ~(in_a_row & in_a_row.T)))


def _underlined(found: Parts) -> NDArray[np.bool_]:
    """Of each stroke (N,), which others it underlines (N, N)."""
    x, y, width, height, _ = found.T.astype(np.float64)
    over = np.minimum(x[:, None] + width[:, None], x + width) - np.maximum(x[:, None], x)
    below = (y + height / 2)[:, None] >= y + height
    long = width[:, None] >= LONG * np.minimum(width, USUAL * height)
    return np.asarray((width >= FLAT * height)[:, None] & below & long & (over >= MARGIN * width))


def _groups(linked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Of N things the group (N,) that each is in; two that are linked (N, N), itself with each, are in one."""
    group = np.arange(len(linked))
    first, second = np.nonzero(linked)
    while True:
        least = np.minimum(group[first], group[second])
        after = group.copy()
        np.minimum.at(after, first, least)
        np.minimum.at(after, second, least)
        after = after[after]
        if np.array_equal(after, group):
            return group
        group = after


def _within(parts: Parts, box: tuple[int, int, int, int], margin: float) -> NDArray[np.bool_]:
    """Which parts (N,) have their middle in a box, or as near as the margin, and half of it up and down."""
    x, y = parts[:, 0] + parts[:, 2] / 2, parts[:, 1] + parts[:, 3] / 2
    left, top, width, height = box
    across, down = np.abs(x - left - width / 2), np.abs(y - top - height / 2)
    return np.asarray((across <= width / 2 + margin) & (down <= (height + margin) / 2))


def _cut_out(ink: Grey, labels: NDArray[np.int32], parts: Parts, members: NDArray[np.int64]) -> Word:
    x, y, width, height = around(parts[members])
    left, top = max(0, x - 2), max(0, y - 2)
    place = np.s_[top : y + height + 2, left : x + width + 2]
    chosen = np.zeros(len(parts) + 1, bool)
    chosen[members + 1] = True
    return Word(left, top, only(ink[place], labels[place], chosen))
