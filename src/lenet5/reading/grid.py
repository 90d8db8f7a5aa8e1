"""Is there a grid of cells in the picture, boxes to write in, and which ink stands in which cell?

Rules close off cells; cells of one size that lie next to each other make a grid. Which cell is right of which, and
which below, is followed from neighbour to neighbour, so that a page may be curved or seen at an angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import PART, Mask, closed, dilated, inked, parts
from lenet5.reading.rules import find_rules

__all__ = ["Cell", "cells_of", "find_grid"]

Grey = NDArray[np.float32]
Outlines = dict[tuple[int, int], NDArray[np.int32]]  # of cells, by row and column

LEAST_SIDE = 40  # pixels; no picture of a grid is smaller
FAINT = 0.2  # ink from which a pixel may belong to a rule
RUNS = (40, 80)  # a rule's runs are at least the long side over this
INNER, CORE = 0.75, 0.4  # of a cell's side
SQUARE = 0.85  # of its rectangle, what a cell's hull fills; a round fills 0.79
RULED = 0.75  # of a cell's outline must be rules
ALL_RULE = 0.9  # of a part's ink
STRAY = 0.2  # of a part's ink may lie in other cells


@dataclass(frozen=True)
class Cell:
    """row, column: its place in the grid. hull: its outline, int32 (K, 1, 2). ink: its own ink, in `box`."""

    row: int
    column: int
    hull: NDArray[np.int32]
    box: tuple[int, int, int, int]
    ink: Grey


def find_grid(ink: Grey) -> tuple[list[Outlines], Mask]:
    """Grids, the largest first, each as {(row, column): outline}, and the mask of all their rules.

    A grid has at least three cells. Of further grids, those of at least a quarter of the largest one's area.
    """
    mask = inked(ink, FAINT)
    best: tuple[list[Outlines], Mask] = ([], np.zeros_like(mask))
    if min(ink.shape) < LEAST_SIDE:
        return best
    most = 2
    for over in RUNS:
        run = max(12, max(mask.shape) // over)
        rules, straight = _rules(mask, run)
        if not rules.any():
            continue
        grids = _link(_square(_holes(rules, straight, run), mask))
        if grids and len(grids[0]) > most:
            best, most = (grids, rules), len(grids[0])
    return best


def _rules(mask: Mask, run: int) -> tuple[Mask, Mask]:
    """Rules, joined where they are broken for a little, so that they still close their cells; and as they are."""
    across = find_rules(mask, run, 2 * run)
    down = np.ascontiguousarray(find_rules(np.ascontiguousarray(mask.T), run, 2 * run).T)
    if not across.any() and not down.any():
        return across, down
    joined = closed(dilated(across, 1, run // 3 | 1) | dilated(down, run // 3 | 1, 1), 3, 3)
    return joined, across | down


def _holes(rules: Mask, straight: Mask, run: int) -> list[NDArray[np.int32]]:
    """The outlines of what rules close off and what is about as large as a rectangle of its size."""
    contours, hierarchy = cv2.findContours(rules, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    near = dilated(straight, 5, 5)
    hulls = []
    for contour, (_, _, _, parent) in zip(contours, hierarchy[0] if hierarchy is not None else (), strict=True):
        if parent < 0:
            continue
        hull = np.asarray(cv2.convexHull(contour), dtype=np.int32)
        (_, _), (width, height), _ = cv2.minAreaRect(hull)
        small, large = sorted((width, height))
        # What juts in from a rule does not change the hull.
        square = cv2.contourArea(hull) >= SQUARE * width * height
        if small < 0.6 * run or large > 4 * small or not square:
            continue
        if cv2.contourArea(contour) >= 0.5 * width * height and _along(hull, near) >= RULED:
            hulls.append(hull)
    if not hulls:
        return []
    areas = np.array([cv2.contourArea(h) for h in hulls])
    usual = _commonest(areas)
    return [h for h, a in zip(hulls, areas, strict=True) if 0.5 * usual <= a <= 1.6 * usual]


def _square(hulls: list[NDArray[np.int32]], mask: Mask) -> list[NDArray[np.int32]]:
    """The outlines but for those of the inside of a 0, which is round in the ink itself."""
    if not hulls:
        return []
    least = 0.5 * min(cv2.contourArea(h) for h in hulls)
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rounds = []
    for contour, (_, _, _, parent) in zip(contours, hierarchy[0] if hierarchy is not None else (), strict=True):
        if parent >= 0 and cv2.contourArea(contour) >= least:
            hull = cv2.convexHull(contour)
            (x, y), (width, height), _ = cv2.minAreaRect(hull)
            if cv2.contourArea(hull) < SQUARE * width * height:
                rounds.append((x, y, cv2.contourArea(hull)))

    def is_round(hull: NDArray[np.int32]) -> bool:
        area = cv2.contourArea(hull)
        return any(
            0.5 * area < other < 2 * area and cv2.pointPolygonTest(hull, (x, y), False) > 0 for x, y, other in rounds
        )

    return [h for h in hulls if not is_round(h)]


def _along(hull: NDArray[np.int32], near: Mask) -> float:
    """How much of an outline lies where `near` is marked."""
    corners = hull[:, 0, :].astype(float)
    ahead = np.roll(corners, -1, axis=0)
    steps = np.arange(0, 1, 0.1)[:, None, None]
    points = (corners + steps * (ahead - corners)).reshape(-1, 2)
    lengths = np.tile(np.hypot(*(ahead - corners).T), len(steps))
    x, y = np.rint(points).astype(int).T
    return float((near[y, x] * lengths).sum() / max(1e-9, lengths.sum()))


def _commonest(areas: NDArray[np.float64]) -> float:
    """The area about which most areas lie."""
    near = [(int(((areas > 0.6 * a) & (areas < 1.6 * a)).sum()), a) for a in areas]
    most = max(n for n, _ in near)
    return float(np.median([a for n, a in near if n == most]))


def _link(hulls: list[NDArray[np.int32]]) -> list[Outlines]:
    """Cells that are each other's neighbours make a grid."""
    if len(hulls) < 3:
        return []
    boxes = np.array([cv2.boundingRect(h) for h in hulls], float)
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    width, height = np.median(boxes[:, 2:], axis=0)
    right = _neighbours(centres, width, height)
    below = _neighbours(centres[:, ::-1], height, width)
    places: dict[int, tuple[int, int]] = {}
    grids = []
    for start in range(len(hulls)):
        if start in places:
            continue
        places[start] = (0, 0)
        members, queue = [start], [start]
        while queue:
            k = queue.pop()
            row, column = places[k]
            for table, step in ((right, (0, 1)), (below, (1, 0))):
                near = [(j, 1) for i, j in table if i == k] + [(i, -1) for i, j in table if j == k]
                for j, sign in near:
                    if j not in places:
                        places[j] = (row + sign * step[0], column + sign * step[1])
                        members.append(j)
                        queue.append(j)
        if len(members) >= 3:
            rows, columns = zip(*(places[k] for k in members), strict=True)
            grid = {(places[k][0] - min(rows), places[k][1] - min(columns)): hulls[k] for k in members}
            grids.append(_completed(grid))
    grids.sort(key=lambda g: -len(g))
    return [g for g in grids if len(g) >= 0.25 * len(grids[0])]


def _completed(grid: Outlines) -> Outlines:
    """The grid with the cells whose rules were too faint to close them, placed where the others say."""
    rows, columns = (1 + max(place[k] for place in grid) for k in (0, 1))
    if len(grid) < 6 or min(rows, columns) < 2 or len(grid) < 0.5 * rows * columns:
        return grid
    places = np.array(sorted(grid), float)
    centres = np.array([_centre(grid[place]) for place in sorted(grid)])
    curved = len(grid) >= 12 and min(rows, columns) >= 3
    terms = _terms(places, curved)
    fit, *_ = np.linalg.lstsq(terms, centres, rcond=None)
    whole = dict(grid)
    for row in range(rows):
        for column in range(columns):
            if (row, column) in grid:
                continue
            corners = np.array([(row + r, column + c) for r, c in ((-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5))])
            # What the fit misses near the cell, it misses in the cell.
            apart = np.abs(places - (row, column)).sum(axis=1)
            weight = np.exp(-apart)[:, None]
            missed = (weight * (centres - terms @ fit)).sum(axis=0) / weight.sum()
            outline = _terms(corners, curved) @ fit + missed
            whole[row, column] = np.rint(outline).astype(np.int32)[:, None, :]
    return whole


def _centre(hull: NDArray[np.int32]) -> tuple[float, float]:
    moments = cv2.moments(hull)
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]


def _terms(places: NDArray[np.float64], curved: bool) -> NDArray[np.float64]:
    """What a place's pixel is a linear function of: row and column, and their products where the page is curved."""
    r, c = places[:, 0], places[:, 1]
    columns = [np.ones_like(r), r, c, r * c]
    return np.stack(columns + ([r * r, c * c] if curved else []), axis=1)


def _neighbours(centres: NDArray[np.float64], width: float, height: float) -> list[tuple[int, int]]:
    """(cell, the next cell in the direction of the first coordinate), for all that have one."""
    apart = centres[None] - centres[:, None]  # (N, N, 2): from the first to the second
    ahead, aside = apart[..., 0] / width, np.abs(apart[..., 1]) / height
    cost = np.where((ahead > 0.5) & (ahead < 1.7) & (aside < 0.45), np.abs(ahead - 1) + aside, np.inf)
    found = []
    for k, row in enumerate(cost):
        j = int(row.argmin())
        if np.isfinite(row[j]) and int(cost[:, j].argmin()) == k:
            found.append((k, j))
    return found


def cells_of(ink: Grey, grid: Outlines, rules: Mask) -> list[Cell]:
    """Every cell of a grid, row by row, with the ink that was written in it, also where it crosses the rules."""
    owner = np.zeros(ink.shape, np.int32)
    inside, core = np.zeros((2, *ink.shape), np.uint8)
    order = sorted(grid)
    for k, place in enumerate(order, 1):
        cv2.fillConvexPoly(owner, grid[place], k)
        # A straight stroke may be taken for a rule, but not in the middle of a cell.
        middle = grid[place].mean(axis=0)
        for zone, share in ((inside, INNER), (core, CORE)):
            cv2.fillConvexPoly(zone, np.rint(middle + share * (grid[place] - middle)).astype(np.int32), 1)
    ruled = dilated(rules, 5, 5)
    strokes = ((ink >= PART) & ((inside > 0) | (ruled == 0))).astype(np.uint8)
    labels, stats = parts(strokes)
    shares = np.zeros((len(stats), len(order) + 1), np.int64)
    np.add.at(shares, (labels.ravel(), owner.ravel()), 1)
    shares[0] = 0
    own = shares[:, 1:]
    main = own.argmax(axis=1) + 1
    total = np.maximum(1, own.sum(axis=1))
    # A part that spreads over cells is cut at their outlines, one that only reaches out is not.
    spread = own.max(axis=1) < (1 - STRAY) * total
    belongs = np.where(spread[labels], owner, main[labels])
    # What never comes near the middle of a cell is a rest of its rules; what is all rule must go through the middle.
    near, amid = np.zeros((2, len(stats)), bool)
    near[np.unique(labels[inside > 0])] = True
    amid[np.unique(labels[core > 0])] = True
    near &= amid | (np.bincount(labels[ruled > 0], minlength=len(stats)) < ALL_RULE * stats[:, 4])
    belongs[(labels == 0) | ~near[labels]] = 0
    return [_cell(ink, grid[place], place, belongs == k) for k, place in enumerate(order, 1)]


def _cell(ink: Grey, hull: NDArray[np.int32], place: tuple[int, int], belongs: NDArray[np.bool_]) -> Cell:
    x, y, width, height = cv2.boundingRect(hull)
    # A digit may be a little larger than its cell.
    mx, my = width // 3, height // 3
    left, top = max(0, x - mx), max(0, y - my)
    right, bottom = min(ink.shape[1], x + width + mx), min(ink.shape[0], y + height + my)
    part = np.s_[top:bottom, left:right]
    reach = dilated(belongs[part].astype(np.uint8), 3, 3)
    return Cell(*place, hull, (left, top, right - left, bottom - top), np.asarray(ink[part] * reach))
