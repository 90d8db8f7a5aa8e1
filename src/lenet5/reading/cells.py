"""The ink of each cell: rules are taken away, strokes that cross them or lie on them stay."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import PART, Grey, Mask, dilated, inked, parts, transposed
from lenet5.reading.rules import Rule, Runs, rule_along, runs_of_ink

Corners = NDArray[np.float64]  # (4, 2): x, y from the upper left, clockwise
Grid = dict[tuple[int, int], Corners]  # of cells, by row and column

FAINT = 0.2  # ink from which a pixel may belong to a rule
INNER = 0.75  # of a cell's side
NEAR = 0.2  # of a part's ink lies there, or it is a rest of the rules
REACH = 0.1  # of a cell's side, how far a rule may be from its cell's outline
THICKEST = 0.2  # of a cell's side, a rule
EDGE = 0.02  # of a cell's side, the faint edge of a stroke
COVERED = 0.4  # of an outline's side has ink where it is a rule
FAINT_INK = -1  # what is too faint to belong to a cell
ASIDE = 0.3  # of a cell's side, as long as a stroke
STRAY = 0.2  # of a part's ink may lie in other cells
ONE = 1.05  # of a cell's width and height, a digit at most
TOUCHES = 0.02  # of a cell's width: what stands so near to a rule touches it
CLOSES = 0.15  # of a glyph's height, what a rule closes
OUTSIDE = 0.6  # of a part's ink lies outside of all cells where it belongs to none


@dataclass(frozen=True)
class Cell:
    """row, column: its place in the grid. corners: its outline. ink: what was written in it, in `box`.

    aside: whether something as long as a stroke was passed over by its outline, which may be a rest of a rule or a 1.
    closed: whether a rule that was taken away may have been a side of it: of a 9 at a rule a 3 would be left.
    """

    row: int
    column: int
    corners: Corners
    box: tuple[int, int, int, int]
    ink: Grey
    closed: bool
    aside: bool = False

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, pixels."""
        a, b, c, d = self.corners
        width = (np.hypot(*(b - a)) + np.hypot(*(c - d))) / 2
        height = (np.hypot(*(d - a)) + np.hypot(*(c - b))) / 2
        return float(width), float(height)


def cells_of(ink: Grey, grid: Grid, *, ruled: bool = True) -> list[Cell]:
    """Every cell of a grid, row by row, with the ink that was written in it, also where it crosses the rules.

    ruled: whether the rules are in the ink; of a pen of another colour they are not.
    """
    free = without_outlines(ink, list(grid.values())) if ruled else ink
    owner, inside = np.zeros(ink.shape, np.int32), np.zeros(ink.shape, np.uint8)
    order = sorted(grid)
    for k, place in enumerate(order, 1):
        corners = grid[place]
        middle = corners.mean(axis=0)
        cv2.fillConvexPoly(owner, np.rint(corners).astype(np.int32), k)
        cv2.fillConvexPoly(inside, np.rint(middle + INNER * (corners - middle)).astype(np.int32), 1)
    labels, stats = parts(inked(free, PART))
    shares = np.zeros((len(stats), len(order) + 1), np.int64)
    np.add.at(shares, (labels.ravel(), owner.ravel()), 1)
    sizes = np.array([_box(grid[place])[2:] for place in order])
    main, spread = _owners(shares, stats, sizes)
    belongs = np.where(spread[labels], owner, main[labels])
    near = np.bincount(labels[inside > 0], minlength=len(stats)) >= NEAR * stats[:, 4]
    belongs[~near[labels]] = 0
    aside = set(main[~near & (stats[:, 2:4].max(axis=1) >= ASIDE * sizes.mean())].tolist())
    belongs[labels == 0] = FAINT_INK
    cleared = inked(ink) & ~inked(free)
    found = [_cell(free, grid[place], place, (belongs, k), cleared) for k, place in enumerate(order, 1)]
    return [replace(cell, aside=k in aside) for k, cell in enumerate(found, 1)]


def _owners(
    shares: NDArray[np.int64], stats: NDArray[np.int32], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The cell of each part of the ink, from 1, 0 for none; and whether it is to be cut at the outlines instead.

    shares: (parts, 1 + cells) pixels of each part outside of all cells, and in each. sizes: (cells, 2) of the cells.
    """
    own, whole = shares[:, 1:], np.maximum(1, shares.sum(axis=1))
    main = own.argmax(axis=1) + 1
    at_home = own.max(axis=1) >= (1 - STRAY) * whole
    # A digit that crosses a rule is one; what is larger than a cell is several, which touch.
    large = (stats[:, 2:4] > ONE * sizes[main - 1]).any(axis=1)
    spread = ~at_home & large
    taken = np.zeros(len(sizes) + 1, np.int64)
    np.add.at(taken, main[at_home], own.max(axis=1)[at_home])
    for k in np.flatnonzero(~at_home & ~large):
        # Of two cells that it lies in, the one that is empty otherwise.
        free = [c + 1 for c in np.flatnonzero(own[k] >= 0.25 * whole[k]) if taken[c + 1] < 0.3 * whole[k]]
        if main[k] not in free and free:
            main[k] = free[0]
    main[shares[:, 0] > OUTSIDE * whole] = 0
    main[0], spread[0] = 0, False
    return main, spread & (main > 0)


def without_outlines(ink: Grey, outlines: list[Corners]) -> Grey:
    """The ink without the rules along the outlines of cells."""
    free = ink.copy()
    for upright in (False, True):
        # Of an upright rule everything is as of a level one in the transposed picture.
        turned = transposed(free) if upright else free
        runs = runs_of_ink(inked(turned, FAINT))
        rules = []
        for corners in outlines:
            a, b, c, d = corners[:, ::-1] if upright else corners
            ends = ((a, d), (b, c)) if upright else ((a, b), (d, c))
            side = np.hypot(*(b - a)) if upright else np.hypot(*(d - a))
            for start, end in ends:
                rule = _rule(runs, start, end, side)
                if rule is not None:
                    rules.append(rule)
        for rule in rules:
            rule.clear(turned, rule.thick + 1)
        if upright:
            free = transposed(turned)
    return free


def _rule(runs: Runs, start: NDArray[np.float64], end: NDArray[np.float64], side: float) -> Rule | None:
    """The level rule from one corner to the next, where there is one. side: of the cell, across the rule."""
    width = runs[0].shape[1]
    (x0, y0), (x1, y1) = sorted((start.tolist(), end.tolist()))
    columns = np.arange(max(0, round(x0)), min(width, round(x1) + 1))
    if len(columns) < 3:
        return None
    rows = np.rint(y0 + (columns - x0) * (y1 - y0) / max(1.0, x1 - x0)).astype(np.int64)
    rule = rule_along(runs, columns, rows, max(2, round(REACH * side)))
    if rule is None or rule.covered < COVERED or rule.thick > THICKEST * side:
        return None
    return rule


def _cell(
    ink: Grey, corners: Corners, place: tuple[int, int], whose: tuple[NDArray[np.int64], int], cleared: Mask
) -> Cell:
    """A cell with its ink. whose: (H, W) the number of the cell that each pixel belongs to, and this cell's."""
    x, y, width, height = _box(corners)
    # A digit may be a little larger than its cell.
    mx, my = width // 3, height // 3
    left, top = max(0, x - mx), max(0, y - my)
    right, bottom = min(ink.shape[1], x + width + mx), min(ink.shape[0], y + height + my)
    part = np.s_[top:bottom, left:right]
    numbers, number = whose[0][part], whose[1]
    mine = (numbers == number).astype(np.uint8)
    # The faint edge of a stroke is part of it.
    edge = 2 * round(EDGE * min(width, height)) + 3
    own = ink[part] * dilated(mine, edge, edge) * ((numbers == number) | (numbers == FAINT_INK))
    closed = _closes(mine, cleared[part]) or _closes(mine.T, cleared[part].T)
    return Cell(*place, corners, (left, top, right - left, bottom - top), np.asarray(own, np.float32), closed)


def _closes(mine: Mask, cleared: Mask) -> bool:
    """Whether an upright rule that was taken away joins strokes of a glyph that lies on one side of it."""
    near = dilated(np.ascontiguousarray(mine), 1, 2 * round(TOUCHES * mine.shape[1]) + 3)
    joins = cleared & (1 - near) & np.maximum.accumulate(near) & np.maximum.accumulate(near[::-1])[::-1]
    left, right = np.maximum.accumulate(mine, axis=1), np.maximum.accumulate(mine[:, ::-1], axis=1)[:, ::-1]
    rows = (joins & (left ^ right)).any(axis=1).sum()
    return bool(rows >= CLOSES * cv2.boundingRect(np.ascontiguousarray(mine))[3] > 0)


def _box(corners: Corners) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(np.rint(corners).astype(np.int32))
    return x, y, width, height
