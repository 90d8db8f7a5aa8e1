"""Rules, lines and boxes that were printed to write on, and the ink that remains without them.

A rule is much longer than any stroke and straight. It is taken away column by column where nothing crosses it; where
a stroke crosses or meets it, the ink stays.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Grey, Mask, depth, dilated, inked, only, opened, parts, pen, transposed

Indices = NDArray[np.int64]
Runs = tuple[NDArray[np.int32], NDArray[np.int32]]

FAINT = 0.25  # ink from which a pixel may belong to a rule
STEEPEST = 0.06  # of the rules of a line, rise over run
COLUMNS = 256  # that are enough to find a rule
WAVY, WAVY_THICK = 0.3, 0.1  # pixels, and widths of it, that a rule is off a line at most, on the average
MOST = 0.8  # of a rule: its other parts may be met by strokes
MOST_LINES = 10_000  # of all slopes that are looked at, those that find most ink
THINNER = 0.8  # of the pen's width: what a rule is at most
# What covers the whole width of wide writing may be as thick as the pen, or thicker.
WHOLE = 0.95  # of the width of the ink
WIDE = 2.0  # heights of the ink
THICK = 0.18  # of the height of the ink
MARGIN = 0.2  # of the shorter side: where the rests of a box lie
SPANNED = 0.85  # of a side
LOWER = 0.85  # of the height: others that are lower stand beside an upright rest
TWO = 1.2  # heights: what is as wide is more than one digit
ALONG = 0.92  # of a number's width, a line that is drawn under it or through it
BOTH_SIDES, UNDER = 0.12, 0.05  # of a number's ink, what is at least above and below such a line, and at most under it
AMID = 0.2  # of the height: nearer to the middle there is no underline, and no edge
LEG, ARCH = 3, 1.3  # columns of a leg of an arch that are looked at; how high an arch is, at least, beside its width
# Of a picture's edges: pixels of its width from which on it may have a border, how near to the edge of its height, how
# high what is left must be, or it was no border; and the width of a bar there beside the pen's.
BORDERED, BORDER, LEFT, SLIVER = 24, 0.12, 0.3, 0.5
# Of a picture of one digit.
EDGE = 0.85  # of the width: what a rule covers
THICKEST = 0.1  # of the longer side


def find_rules(mask: Mask, run: int, extent: int) -> Mask:
    """Horizontal rules in a mask (H, W) of 0 and 1: what lies on straight runs of at least `run` pixels.

    Runs that touch each other make one rule, which counts when it is at least `extent` pixels wide.
    Returns a mask (H, W). For vertical rules hand in the transposed mask.
    """
    # One pixel of slack up and down lets a rule climb one pixel in `run` / 3.
    runs, found = opened(dilated(mask, 3, 1), 1, run) & mask, np.zeros_like(mask)
    x, y, w, h = cv2.boundingRect(runs)
    if w < extent - 4:
        return found
    place = np.s_[max(0, y - 1) : y + h + 1, max(0, x - 2) : x + w + 2]  # the others have no ink
    runs = runs[place]
    labels, stats = parts(dilated(runs, 3, 5))
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    # A filled block has long runs too, but is not thin.
    thin = area < 0.15 * width * np.maximum(width, height) + 12 * width
    long = thin & (width >= extent)
    long[0] = False
    if long.any():
        found[place] = runs & long[labels]
    return found


def without_rules(ink: Grey, covered: float, thinner: float = THINNER) -> Grey:
    """The ink (H, W) without the level rules that cover at least this share of its width. For upright ones, transpose.

    Of a column as much is taken away as the rule is thick: ink that goes on up or down from there is a stroke that
    meets or crosses the rule, and stays. Where no line is found, the ink itself is returned.
    """
    mask = inked(ink, FAINT)
    _, y, across, down = cv2.boundingRect(mask)
    wide = across >= WIDE * down
    thickest = max(4.0, mask.shape[1] / 100, THICK * down * wide)
    rules = [rule for rule in _rules(mask, covered) if rule.thick <= thickest]
    if not rules:
        return ink
    others = mask.copy()
    for rule in rules:
        rule.clear(others, rule.thick + 1, edge=0)
    stroke, left = pen(depth(mask), others > 0), ink.copy()
    for rule in rules:
        # Joined noughts, and a 7 that fills its picture, have level strokes too, as thick as their others.
        aside = abs((float(np.median(rule.tops + rule.ends)) / 2 - y) / down - 0.5) >= AMID
        whole = rule.covered >= WHOLE or (aside and len(rule.columns) >= WHOLE * across)
        bare = rule.ends - rule.tops <= rule.thick + 1
        straight = is_straight(rule.columns[bare], (rule.tops + rule.ends)[bare] / 2, rule.thick)
        if straight and (rule.thick <= thinner * stroke or (wide and whole)):
            rule.clear(left, rule.thick + 1)
    return left


def is_straight(along: NDArray[Any], across: NDArray[Any], thick: float) -> bool:
    """Whether most of the places (N,) along a line lie as straight as a rule is drawn on paper, which may bend once.

    The feet of noughts in a chain rise and fall.
    """
    if len(along) <= 3:
        return True
    off = np.abs(across - np.polyval(np.polyfit(along, across, 2), along))
    most = off <= np.quantile(off, MOST)
    off = np.abs(across - np.polyval(np.polyfit(along[most], across[most], 2), along))
    return float(off[most].mean()) <= max(WAVY, WAVY_THICK * thick)


def without_edges(ink: Grey) -> Grey:
    """The ink (H, W) without the level rules that lie away from the middle. For upright ones, transpose.

    They are the edges of a table or a box around the digit in the middle, and may be thicker than the pen.
    """
    return _without_rules_aside(ink, EDGE, 0.5 - AMID, through=False)


def drawn_along(ink: Grey) -> tuple[Grey, bool]:
    """The ink (H, W) of a number without a line that is drawn under it and touches it; whether one is drawn through it.

    The line is straight, and as long as the number.
    """
    labels, stats = parts(inked(ink))
    high, wide = ink.shape
    longest = int(stats[1:, 2].argmax()) + 1 if len(stats) > 1 else 0
    if wide < TWO * high or not longest or stats[longest, 2] < ALONG * wide:
        return ink, False
    mask = np.asarray(labels == longest, np.uint8)
    left = ink.copy()
    for rule in _rules(mask, ALONG, high / wide):
        bare = rule.ends - rule.tops <= 1.5 * rule.thick
        line = np.polyfit(rule.columns[bare], (rule.tops + rule.ends)[bare] / 2, 1)
        aside, reach = np.arange(high)[:, None] - np.polyval(line, np.arange(wide)), rule.thick / 2 + 1
        over, under = (float(mask[side].sum()) for side in (aside < -reach, aside > reach))
        if min(over, under) >= BOTH_SIDES * mask.sum():
            return ink, True
        if under <= UNDER * over and over >= BOTH_SIDES * mask.sum():
            rule.clear(left, 1.5 * rule.thick + 1)
    return left, False


def rests(labels: NDArray[np.int32], stats: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which parts (N,) are what a tight crop has left of a box: those as long as a side that stay by the edges.

    An upright one is a 1 where the others are as high; a level one may have anything beside it. labels: (H, W), and
    stats: (N, 5), as of `masks.parts`.
    """
    height, width = labels.shape
    level: NDArray[np.bool_] = stats[:, 2] >= SPANNED * width
    long: NDArray[np.bool_] = level | (stats[:, 3] >= SPANNED * height)
    long[0] = False
    if not long.any():
        return long
    band = max(2, int(MARGIN * min(height, width)))
    long[np.unique(labels[band : height - band, band : width - band])] = False
    others = ~long & (stats[:, 4] >= 4)
    others[0] = False
    if not others.any():
        return np.zeros(len(stats), bool)
    low, high = stats[others, 1].min(), (stats[others, 1] + stats[others, 3]).max()
    return long & level if high - low >= LOWER * height else long


def without_rests(ink: Grey) -> Grey:
    """The ink (H, W) without what a tight crop has left of a box, of a table's border, and of what stands beside."""
    return _without(_without_border(_without(ink, rests)), _slivers)


def _without(ink: Grey, which: Callable[[NDArray[np.int32], NDArray[np.int32]], NDArray[np.bool_]]) -> Grey:
    """The ink without some of its parts, with their faint edges."""
    labels, stats = parts(inked(ink))
    found = which(labels, stats)
    return ink - only(ink, labels, found) if found.any() else ink


def _without_border(ink: Grey) -> Grey:
    """The ink (H, W) without the level rules by its upper or lower edge that go from side to side, and without the
    upright ones by its other edges that meet them.

    They are the rules of a table, as thick as they may be. A picture that is higher than wide may be of a 7 alone.
    """
    if ink.shape[1] < max(BORDERED, len(ink)):
        return ink
    level = _without_rules_aside(ink, WHOLE, BORDER, through=True)
    if level is ink:
        return ink
    upright = transposed(_without_rules_aside(transposed(ink), WHOLE, BORDER, through=True))
    left = np.minimum(level, upright)
    high = cv2.boundingRect(inked(left))[3]
    return left if high >= LEFT * len(ink) else ink


def _without_rules_aside(ink: Grey, covered: float, near: float, *, through: bool) -> Grey:
    """The ink without the level rules so near to its edges, of its height; the ink itself where there are none.

    through: whether they go from side to side.
    """
    (height, width), left, mask = ink.shape, ink, inked(ink, FAINT)
    if through and not (mask[:, :3].any() and mask[:, -3:].any()):
        return ink
    for rule in _rules(mask, covered):
        middle = float(np.median(rule.tops + rule.ends)) / 2
        whole = rule.columns[0] <= 2 and rule.columns[-1] >= width - 3
        thin = rule.thick <= max(4.0, THICKEST * max(ink.shape))
        if min(middle, height - middle) <= near * height and thin and (whole or not through):
            left = left.copy() if left is ink else left
            rule.clear(left, 1.5 * rule.thick + 1)
    return left


def _slivers(labels: NDArray[np.int32], stats: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which parts (N,) are bars at the very edge of a picture, thinner than half the pen: what it has of something
    beside it."""
    x, width, high = stats[:, 0], stats[:, 2], stats[:, 3]
    aside: NDArray[np.bool_] = (x == 0) | (x + width == labels.shape[1])
    aside[0], thin = False, high >= 3 * width
    if aside.sum() == len(stats) - 1 or not (aside & thin).any():
        return np.zeros(len(stats), bool)
    inner = (labels > 0) & ~aside[labels]
    stroke = pen(depth(inner.astype(np.uint8)), inner)
    return np.asarray(aside & thin & (width <= SLIVER * stroke))


class Rule(NamedTuple):
    """A straight line of ink.

    thick: as a rule, pixels. covered: which part of its way has ink, 0 to 1. columns, tops, ends: (K,) of each column
    that has ink, the rows of the ink there, strokes that cross it included.
    """

    thick: float
    covered: float
    columns: Indices
    tops: Indices
    ends: Indices

    def clear(self, ink: NDArray[Any], thickest: float, edge: int = 1) -> None:
        """Take the rule out of ink, in place, where it is no thicker; elsewhere strokes meet or cross it.

        edge: how many pixels its blurred edges have.
        """
        on = self.ends - self.tops <= thickest
        on &= ~self._arches(ink, on)
        x, top, end = self.columns[on], self.tops[on] - edge, self.ends[on] + edge
        for d in range(int((end - top).max(initial=0))):
            inside = (top + d >= 0) & (top + d < np.minimum(end, len(ink)))
            ink[top[inside] + d, x[inside]] = 0

    def _arches(self, ink: NDArray[Any], on: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which columns (K,), of those `on` the rule alone, close an arch: the foot of a 0 that lies on the rule."""
        found, length = np.zeros(len(on), bool), self.ends - self.tops
        ends = np.flatnonzero(np.diff(np.pad(~on, 1).astype(np.int8)))
        crossing = list(zip(ends[::2].tolist(), (ends[1::2] - 1).tolist(), strict=True))
        for (outer, left), (right, other) in itertools.pairwise(crossing):
            # The legs of an arch run into the rule: towards its gap they reach less far from there.
            tapers = length[max(outer, left - LEG)] > length[left] and length[min(other, right + LEG)] > length[right]
            found[left + 1 : right] = tapers and self._in_one_part(ink, left, right)
        return found

    def _in_one_part(self, ink: NDArray[Any], left: int, right: int) -> bool:
        """Whether the strokes at two columns (indices) are one part beside the rule, as high as they are apart."""
        x, gap = self.columns[[left, right]], int(self.columns[right] - self.columns[left])
        top, end = int(self.tops[left + 1 : right].min()), int(self.ends[left + 1 : right].max())
        above = [top - int(self.tops[k]) > int(self.ends[k]) - end for k in (left, right)]
        if above[0] != above[1]:
            return False
        reach, margin = 4 * gap, gap + LEG
        rows = slice(max(0, top - reach), top) if above[0] else slice(end, end + reach)
        start = max(0, int(x[0]) - margin)
        near = inked(ink[rows, start : int(x[1]) + margin], FAINT)
        labels, stats = parts(near)
        if not labels.size:
            return False
        a, b = labels[-1 if above[0] else 0, x - start]
        return bool(a == b > 0 and stats[a, 3] >= ARCH * gap)


def runs_of_ink(mask: Mask) -> Runs:
    """Of each pixel: how many pixels of ink there are without a gap from it upwards, and downwards, itself included."""
    return _runs(mask), np.ascontiguousarray(_runs(mask[::-1])[::-1])


def rule_along(runs: Runs, columns: Indices, rows: Indices, reach: int = 1) -> Rule | None:
    """The level rule along a way of columns and rows (K,), `reach` pixels more or less; None where there is no ink."""
    above, below = runs
    near = np.stack([np.clip(rows + d, 0, len(above) - 1) for d in sorted(range(-reach, reach + 1), key=abs)])
    on = above[near, columns] > 0
    crossed = on.any(axis=0)
    if not crossed.any():
        return None
    at = np.take_along_axis(near, on.argmax(axis=0)[None], axis=0)[0][crossed]
    x = columns[crossed]
    tops, ends = at + 1 - above[at, x], at + below[at, x]
    return Rule(float(np.median(ends - tops)), float(crossed.mean()), x, tops, ends)


def _rules(mask: Mask, covered: float, steepest: float = STEEPEST) -> list[Rule]:
    """The level lines that find ink in at least this share of a mask's columns."""
    found = _straight(mask, covered, steepest)
    if not found:
        return []
    runs, columns = runs_of_ink(mask), np.arange(mask.shape[1])
    rules = (rule_along(runs, columns, rows) for rows in found)
    return [rule for rule in rules if rule is not None]


def _straight(mask: Mask, covered: float, steepest: float) -> list[NDArray[np.int64]]:
    """The straight lines, the row of each column (W,), that find ink in at least this share of the columns."""
    width = mask.shape[1]
    every = width // COLUMNS + 1
    near = dilated(mask, 3, 1)[:, ::every]
    rows, columns = np.nonzero(near)
    if len(rows) < covered * near.shape[1]:
        return []
    x = np.arange(near.shape[1]) * every - width / 2
    lines: list[tuple[float, float, int]] = []  # the share of the columns, the slope, the row in the middle
    steps = int(steepest * width / 3)  # a pixel and a half more or less at the ends
    for slope in np.linspace(-steepest, steepest, 2 * steps + 1).tolist() if steps else (0.0,):
        higher = np.rint(slope * x).astype(np.int64)
        most = int(higher.max())
        share = np.bincount(rows + (most - higher)[columns]) / near.shape[1]
        lines += [(float(share[k]), slope, k - most) for k in np.flatnonzero(share >= covered).tolist()]
    chosen: list[tuple[float, int]] = []
    taken: set[int] = set()
    for _, slope, middle in sorted(lines, reverse=True)[:MOST_LINES]:
        if middle not in taken:
            chosen.append((slope, middle))
            taken.update(range(middle - 3, middle + 4))
    across = np.arange(width) - width / 2
    return [np.rint(middle + slope * across).astype(np.int64) for slope, middle in chosen]


def _runs(mask: Mask) -> NDArray[np.int32]:
    """Of each pixel: how many pixels of ink there are without a gap from it upwards, itself among them."""
    runs = np.zeros(mask.shape, np.int32)
    before = np.zeros(mask.shape[1], np.int32)
    for y, row in enumerate(mask):
        before = (before + 1) * row
        runs[y] = before
    return runs
