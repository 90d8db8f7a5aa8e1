"""A grid as a whole: cells that were not found are put where the others say, and where its rules go on."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Mask, dilated
from lenet5.reading.cells import Grid

Points = NDArray[np.float64]

FILLED = 0.4  # of a grid's cells were found, or the others are left as they are
ASTRAY = 0.3  # of a cell's side, how far a corner may be from where the others have it
UNLIKE = 0.3  # of its side, how much a cell may differ from others of its row and column
ENOUGH = 0.2  # of the fullest row's cells were found in a row that counts
EVEN = 0.1  # how much rows and columns of one size are wished for
# Of a cell's side: how far a rule may be from where it is looked for, and how wide it seems then.
AROUND, NEAR = 0.3, 0.04
# How much of the way is ruled that the rules go on to one new row, or to two; and how much of its outer rule.
GOES_ON, CLOSED = (0.7, 0.6), (0.3, 0.75)
LEAST_CUT_OFF = 0.4, 0.75  # the same where a grid seems to lack some
SLIPS = (0.0, -0.1, 0.1, -0.2, 0.2, -0.3, 0.3)  # of a cell's side: how far paper may bend there
SUDOKU, MOST_CUT_OFF = 9, 2  # its rows and columns, and how many of them may be missing
STEADY = 3  # rows that tell how the rules go on
NEARLY = 0.85  # of what is ruled at most
RULED = 0.6  # of the outline of a cell that stands apart
FULL = 0.5  # of a cell's inside is no rule
MOST_ADDED = 12  # rows and columns


def completed(corners: Grid, rules: Mask) -> Grid:
    """Corners of all cells of a grid, also of those whose rules were too faint to close them.

    Cells that stand elsewhere than their neighbours say are none, and neither are rows and columns at the ends of
    which little was found; rows and columns that the rules go on to are added. rules: the mask (H, W) of them.
    """
    rows, columns = (1 + max(place[k] for place in corners) for k in (0, 1))
    if len(corners) < FILLED * rows * columns:
        return corners
    corners = _regular(corners)
    while len(corners) >= 3:
        top, left, bottom, right = _bounds(set(corners))
        within = {(r, c): at for (r, c), at in corners.items() if top <= r <= bottom and left <= c <= right}
        corners = {(r - top, c - left): at for (r, c), at in within.items()}
        shape = bottom - top + 1, right - left + 1
        nodes = _nodes(corners, shape)
        everything = _cells(nodes)
        apart = {place: float(np.abs(everything[place] - at).max()) for place, at in corners.items()}
        least = max(ASTRAY * _side(np.stack(list(corners.values()))), 0.6 * max(apart.values()))
        strays = [place for place, distance in apart.items() if distance > least]
        if not strays:
            return _extended(nodes, corners, rules)
        for place in strays:
            del corners[place]
    return corners


def is_cut_off(rows: int, columns: int) -> bool:
    """Whether a grid has nine rows, or columns, as a sudoku has, and not quite as many of the others."""
    few, many = sorted((rows, columns))
    return many == SUDOKU and SUDOKU - MOST_CUT_OFF <= few < SUDOKU


def with_neighbours(corners: Grid, ink: Mask) -> Grid:
    """Cells that stand apart, and those beside them that a stroke kept from being found: ink (H, W) is around them."""
    steps = [corners[r, c + 1] - at for (r, c), at in corners.items() if (r, c + 1) in corners]
    found, waiting, near = dict(corners), list(corners) if steps else [], dilated(ink, 5, 5)
    step = np.median(steps, axis=0) if steps else 0.0
    for r, c in waiting:
        for way in (-1, 1):
            at = found[r, c] + way * step
            ruled = _ruled(at, np.roll(at, -1, axis=0), near, outside=False).mean()
            if (r, c + way) not in found and ruled >= RULED:
                found[r, c + way] = at
                waiting.append((r, c + way))
    left = min(c for _, c in found)
    return {(r, c - left): at for (r, c), at in found.items()}


def _regular(corners: Grid) -> Grid:
    """The cells that are about as wide as the others of their column, as high as those of their row, and no wedges."""
    sides = {
        place: (np.abs(at[1] + at[2] - at[0] - at[3]).max() / 2, np.abs(at[2] + at[3] - at[0] - at[1]).max() / 2)
        for place, at in corners.items()
    }
    usual = [
        {n: np.median([sides[place][1 - k] for place in corners if place[k] == n]) for n in {p[k] for p in corners}}
        for k in (0, 1)
    ]
    kept = {}
    for place, at in corners.items():
        width, height = sides[place]
        wedge = np.abs(at[0] - at[1] + at[2] - at[3]).max()
        alike = abs(width / usual[1][place[1]] - 1) < UNLIKE and abs(height / usual[0][place[0]] - 1) < UNLIKE
        if alike and wedge < UNLIKE * min(width, height):
            kept[place] = at
    return kept


def _nodes(corners: Grid, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Where the rules of a grid cross, (rows + 1, columns + 1, 2), from the corners of the cells that were found.

    Rows and columns may be of unequal size: what is missing completes parallelograms as well as it can.
    """
    rows, columns = shape[0] + 1, shape[1] + 1
    number = np.arange(rows * columns).reshape(rows, columns)
    terms: list[tuple[list[int], list[float], NDArray[np.float64]]] = []
    for (r, c), at in corners.items():
        for k, (down, across) in enumerate(((0, 0), (0, 1), (1, 1), (1, 0))):
            terms.append(([number[r + down, c + across]], [1.0], at[k]))
    nowhere = np.zeros(2)
    for r in range(rows - 1):
        for c in range(columns - 1):
            around = [number[r, c], number[r, c + 1], number[r + 1, c], number[r + 1, c + 1]]
            terms.append((around, [1.0, -1.0, -1.0, 1.0], nowhere))
    for lines in (number, number.T):
        for line in lines:
            for k in range(len(line) - 2):
                terms.append((line[k : k + 3].tolist(), [EVEN, -2 * EVEN, EVEN], nowhere))
    left, right = np.zeros((len(terms), rows * columns)), np.zeros((len(terms), 2))
    for k, (which, weights, at) in enumerate(terms):
        left[k, which], right[k] = weights, at
    fit = np.linalg.solve(left.T @ left + 1e-9 * np.eye(left.shape[1]), left.T @ right)
    return np.asarray(fit.reshape(rows, columns, 2))


def _side(corners: NDArray[np.float64]) -> float:
    """The usual side of cells (N, 4, 2)."""
    return float(np.median(np.hypot(*(corners[:, 1] - corners[:, 0]).T)))


def _bounds(places: set[tuple[int, int]]) -> tuple[int, int, int, int]:
    """The first row and column and the last ones, of those of which enough cells were found."""
    bounds = [0, 0, 0, 0]
    for k in (0, 1):
        counts = Counter(place[k] for place in places)
        enough = [n for n, count in counts.items() if count >= ENOUGH * max(counts.values())]
        bounds[k], bounds[k + 2] = min(enough), max(enough)
    return bounds[0], bounds[1], bounds[2], bounds[3]


def _cells(nodes: Points) -> Grid:
    """The corners of the cells between nodes (rows + 1, columns + 1, 2)."""
    rows, columns = nodes.shape[0] - 1, nodes.shape[1] - 1
    return {(r, c): nodes[[r, r, r + 1, r + 1], [c, c + 1, c + 1, c]] for r in range(rows) for c in range(columns)}


def _extended(nodes: Points, found: Grid, rules: Mask) -> Grid:
    """The cells between nodes (rows + 1, columns + 1, 2), and of the rows and columns that the rules go on to."""
    side = _side(np.stack(list(found.values())))
    reach = 2 * round(NEAR * side) + 3
    near = dilated(rules, reach, reach)
    down = across = added = 0
    grown = True
    while grown and added < MOST_ADDED:
        grown = False
        for axis, first in ((0, True), (0, False), (1, True), (1, False)):
            turned = nodes if axis == 0 else nodes.transpose(1, 0, 2)
            more = _next(turned if first else turned[::-1], near)
            if not len(more):
                continue
            grown, added = True, added + len(more)
            nodes = np.concatenate([more[::-1], turned] if first else [turned, more])
            nodes = nodes if axis == 0 else nodes.transpose(1, 0, 2)
            down, across = down + len(more) * (first and axis == 0), across + len(more) * (first and axis == 1)
    return _cells(nodes) | {(r + down, c + across): at for (r, c), at in found.items()}


def _next(nodes: Points, near: Mask) -> Points:
    """Rows of nodes (0 to 2, columns + 1, 2) before the first one, outwards, where the rules go on to them."""
    cut_off = nodes.shape[1] == SUDOKU + 1 and is_cut_off(len(nodes) - 1, SUDOKU)
    missing, slips = ((SUDOKU + 1 - len(nodes),), SLIPS) if cut_off else ((1, 2), (0.0,))
    steady = min(STEADY, len(nodes) - 1)
    step = (nodes[0] - nodes[steady]) / steady
    for rows in missing:
        fars = np.arange(rows - AROUND, rows + AROUND + 1e-6, 0.05)
        lines = nodes[0] + fars[:, None, None] * step  # (F, columns + 1, 2)
        # The edge of the picture closes a cell as well as a rule does.
        on = _ruled(lines[:, :-1], lines[:, 1:], near, outside=rows == 1)  # (F, columns)
        whole = on.mean(axis=1)
        # The nearest: what lies beyond it is no rule of the grid.
        usual = fars[(whole >= NEARLY * whole.max()).argmax()]
        # The outer rule may be bent: each cell has its own way to it.
        cost = np.abs(fars - usual)[:, None] + (on < NEARLY * whole.max())
        way = fars[cost.argmin(axis=0)]
        outer = nodes[0] + ((np.append(way, way[-1]) + np.append(way[0], way)) / 2)[:, None] * step
        along = (outer[-1] - outer[0]) / (len(outer) - 1)
        outer = max((outer + slip * along for slip in slips), key=lambda o: _going_on(nodes[0], o, near))
        closed = _ruled(outer[:-1], outer[1:], near, outside=rows == 1).mean()
        goes_on = _going_on(nodes[0], outer, near)
        least = LEAST_CUT_OFF if cut_off else (GOES_ON[rows - 1], CLOSED[rows - 1])
        if goes_on < least[0] or closed < least[1]:
            continue
        between = nodes[0] + np.arange(1, rows + 1)[:, None, None] / rows * (outer - nodes[0])
        middles = (nodes[0, :-1] + nodes[0, 1:] + between[0, :-1] + between[0, 1:]) / 4
        if _ruled(middles, middles, near, outside=False).mean() <= FULL:
            return np.asarray(between)
    return np.zeros((0, *nodes.shape[1:]))


def _going_on(starts: Points, ends: Points, near: Mask) -> float:
    """How much of the ways from starts (N, 2) to ends (N, 2) is marked, of those that stay within the picture."""
    least, most = (_ruled(starts, ends, near, outside=outside) for outside in (False, True))
    within = most - least < 0.5
    return float((least[within] / (1 - most[within] + least[within])).mean()) if within.any() else 0.0


def _ruled(starts: Points, ends: Points, near: Mask, *, outside: bool) -> NDArray[np.float64]:
    """How much of each way from starts (…, 2) to ends (…, 2) is marked; `outside` tells what is so outside of it."""
    at = np.linspace(0.1, 0.9, 9).reshape(-1, *[1] * starts.ndim)
    x, y = np.moveaxis(np.rint(starts + at * (ends - starts)).astype(int), -1, 0)
    height, width = near.shape
    within = (x >= 1) & (y >= 1) & (x < width - 1) & (y < height - 1)
    marked = np.where(within, near[y.clip(0, height - 1), x.clip(0, width - 1)] > 0, outside)
    return np.asarray(marked.mean(axis=0))
