"""Grids of cells in a picture, boxes to write in, and the ink that stands in each cell.

Rules close off cells; cells of one size that lie next to each other make a grid. Which cell is right of which, and
which below, is followed from neighbour to neighbour, so that a page may be curved or seen at an angle.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Grey, Mask, closed, dilated, inked, transposed
from lenet5.reading.cells import Grid
from lenet5.reading.lattice import completed, with_neighbours
from lenet5.reading.rules import find_rules

Hull = NDArray[np.int32]

LEAST_SIDE = 40  # pixels; no picture of a grid is smaller
FAINT = (0.12, 0.2)  # ink from which a pixel may belong to a rule
RUNS = (40, 80)  # a rule's runs are at least the long side over this
STRAIGHT = 0.9  # cosine, up to which a step of an outline belongs to a side
SQUARE = 0.85  # of its rectangle, what a cell's hull fills; a round fills 0.79
# How far apart the sides may be that two neighbours turn to each other, of a cell's side: overlapping, apart, shifted.
OVER, APART, ASIDE = 0.2, 0.8, 0.25
NEAREST, TWICE = 8, 1.5  # so many cells tell how large one is; what is longer is two
RULED = 0.75  # of a cell's outline must be rules
# Of boxes that stand apart: the longer side, of the shorter; how alike their areas are; how much of most is one hole;
# of their area, a hole elsewhere.
LONGEST, ALIKE, HOLLOW, HALF = 2.0, 0.7, 0.4, 0.6


def find_grid(ink: Grey) -> list[Grid]:
    """Grids, the largest first, each as {(row, column): corners}.

    A grid has at least three cells. Of further grids, those of at least a quarter of the largest one's area.
    """
    if min(ink.shape) < LEAST_SIDE:
        return []
    best, all_rules, some, apart = list[Grid](), np.zeros(ink.shape, np.uint8), False, False
    for k, faint in enumerate(FAINT):
        if k and not some:
            break  # no cell at all: a page of writing
        mask = inked(ink, faint)
        for over in RUNS:
            run = max(12, max(mask.shape) // over)
            rules, straight = _rules(mask, run)
            if not rules.any():
                continue
            all_rules |= straight
            near = dilated(straight, 5, 5)
            holes = _square(_holes(rules, near, run), mask)
            boxes = _boxes(mask, near, run, holes) if holes else []
            some, grids = some or bool(holes), _link(boxes or holes)
            if grids and (bool(boxes), len(grids[0])) >= (apart, len(best[0]) if best else 0):
                best, apart = grids, bool(boxes)
    middle = np.array(ink.shape[::-1]) / 2
    # A box that is full of ink has no rules of its own.
    ruled, complete = (inked(ink, FAINT[-1]), with_neighbours) if apart else (all_rules, completed)
    found = [complete(cells, ruled).items() for cells in best]
    # Where rules lean, a grid goes on outside of the picture.
    inside = [{at: cell for at, cell in grid if (abs(cell.mean(axis=0) - middle) < middle).all()} for grid in found]
    taken = np.zeros(ink.shape, np.uint8)
    for grid in inside:
        for at in [at for at, cell in grid.items() if taken[tuple(cell.mean(axis=0).astype(int)[::-1])]]:
            del grid[at]  # another grid has gone on to it
        cv2.fillPoly(taken, [np.rint(cell).astype(np.int32) for cell in grid.values()], 1)
    return [grid for grid in inside if grid]


def _corners(hull: Hull) -> NDArray[np.float64]:
    """The four corners of an outline, (4, 2), from the upper left clockwise: where its four sides meet.

    The outline's own corners may be cut off, where rules that cross are thicker.
    """
    box = _clockwise(cv2.boxPoints(cv2.minAreaRect(hull)).astype(np.float64))
    points = hull[:, 0, :].astype(np.float64)
    if cv2.contourArea(hull, oriented=True) < 0:
        points = points[::-1]
    steps = np.roll(points, -1, axis=0) - points
    sides = []
    for k in range(4):
        along = box[(k + 1) % 4] - box[k]
        along = along / max(1e-9, float(np.hypot(*along)))
        far = steps @ along
        on = far > STRAIGHT * np.hypot(*steps.T)
        if not on.any():
            return box
        middle = ((points + steps / 2)[on] * far[on, None]).sum(axis=0) / far[on].sum()
        sides.append((middle, steps[on].sum(axis=0)))
    corners = np.zeros((4, 2))
    for k in range(4):
        (at, way), (other, turned) = sides[k - 1], sides[k]
        matrix = np.stack([way, -turned], axis=1)
        if abs(np.linalg.det(matrix)) < 1e-9:
            return box
        corners[k] = at + np.linalg.solve(matrix, other - at)[0] * way
    return corners


def _clockwise(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners (4, 2) clockwise, as seen in a picture, from the upper left one."""
    apart = corners - corners.mean(axis=0)
    order = corners[np.argsort(np.arctan2(apart[:, 1], apart[:, 0]))]
    return np.roll(order, -int(order.sum(axis=1).argmin()), axis=0)


def _rules(mask: Mask, run: int) -> tuple[Mask, Mask]:
    """Rules, joined where they are broken for a little, so that they still close their cells; and as they are."""
    across = find_rules(mask, run, 2 * run)
    down = transposed(find_rules(transposed(mask), run, 2 * run))
    if not across.any() and not down.any():
        return across, down
    joined = closed(dilated(across, 1, run // 3 | 1) | dilated(down, run // 3 | 1, 1), 3, 3)
    return joined, across | down


def _holes(rules: Mask, near: Mask, run: int) -> list[Hull]:
    """The outlines of what rules close off and what is about as large as a rectangle of its size."""
    hulls = [hull for hull, room in _rectangles(rules, near, 0.6 * run, 4, inner=True) if room >= 0.5]
    usual = _commonest(hulls)
    return [hull for hull in hulls if 0.5 * usual <= cv2.contourArea(hull) <= 1.6 * usual]


def _boxes(mask: Mask, near: Mask, run: int, holes: list[Hull]) -> list[Hull]:
    """The outlines of boxes that stand apart, from outside, with the holes elsewhere; none where most have no outside.

    A stroke may divide a box from rule to rule: what is left and right of it is no cell.
    """
    found = _rectangles(mask & near, near, run, LONGEST, inner=False)
    usual = _commonest([hull for hull, _ in found])
    found = [(hull, room) for hull, room in found if ALIKE * usual <= cv2.contourArea(hull) <= usual / ALIKE]
    if len(found) < 3 or np.median([room for _, room in found]) < HOLLOW:
        return []
    taken = cv2.fillPoly(np.zeros_like(mask), [hull for hull, _ in found], 1)
    whole = [hole for hole in holes if cv2.contourArea(hole) > HALF * usual]
    free = [hole for hole in whole if not taken[tuple(hole[:, 0, ::-1].mean(axis=0).astype(int))]]
    return [*(hull for hull, _ in found), *free] if len(free) < len(found) else []


def _rectangles(mask: Mask, near: Mask, least: float, longest: float, *, inner: bool) -> list[tuple[Hull, float]]:
    """The outlines of a mask's parts, or of their holes, that are about rectangles along rules, and how much of each is
    one hole. least: of their shorter sides, pixels. longest: their longer sides, of the shorter."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    areas, found = np.array([cv2.contourArea(contour) for contour in contours]), list[tuple[Hull, float]]()
    parents = hierarchy[0, :, 3] if len(areas) else np.zeros(0)
    for k in np.flatnonzero(((parents >= 0) == inner) & (areas >= 0.5 * least**2)).tolist():
        hull = np.asarray(cv2.convexHull(contours[k]), dtype=np.int32)
        small, large = sorted(cv2.minAreaRect(hull)[1])
        # What juts in from a rule does not change the hull.
        square = small >= least and large <= longest * small and cv2.contourArea(hull) >= SQUARE * small * large
        if square and _along(hull, near) >= RULED:
            room = areas[k] if inner else areas[parents == k].max(initial=0.0)
            found.append((hull, float(room) / (small * large)))
    return found


def _square(hulls: list[Hull], mask: Mask) -> list[Hull]:
    """The outlines but for those of the inside of a 0, which is round in the ink itself."""
    if not hulls:
        return []
    least = 0.5 * min(cv2.contourArea(h) for h in hulls)
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    parents = hierarchy[0, :, 3] if contours else ()
    holes = [
        cv2.convexHull(c) for c, k in zip(contours, parents, strict=True) if k >= 0 and cv2.contourArea(c) >= least
    ]
    rects = [(cv2.contourArea(hole), cv2.minAreaRect(hole)) for hole in holes]
    rounds = [(*middle, area) for area, (middle, (w, h), _) in rects if area < SQUARE * w * h]

    def is_round(hull: Hull) -> bool:
        area = cv2.contourArea(hull)
        return any(0.5 < a / area < 2 and cv2.pointPolygonTest(hull, (x, y), False) > 0 for x, y, a in rounds)

    return [h for h in hulls if not is_round(h)]


def _along(hull: Hull, near: Mask) -> float:
    """How much of an outline lies where `near` is marked."""
    corners = hull[:, 0, :].astype(float)
    ahead = np.roll(corners, -1, axis=0)
    steps = np.arange(0, 1, 0.1)[:, None, None]
    points = (corners + steps * (ahead - corners)).reshape(-1, 2)
    lengths = np.tile(np.hypot(*(ahead - corners).T), len(steps))
    x, y = np.rint(points).astype(int).T
    return float((near[y, x] * lengths).sum() / max(1e-9, lengths.sum()))


def _commonest(hulls: list[Hull]) -> float:
    """The area about which most outlines' areas lie."""
    areas = np.array([cv2.contourArea(hull) for hull in hulls])
    near = ((areas > 0.6 * areas[:, None]) & (areas < 1.6 * areas[:, None])).sum(axis=1)
    return float(np.median(areas[near == near.max()])) if hulls else 0.0


def _link(hulls: list[Hull]) -> list[Grid]:
    """Cells that are each other's neighbours make a grid; corners by row and column, the largest grid first."""
    if len(hulls) < 3 or len(cells := _single(np.stack([_corners(hull) for hull in hulls]))) < 3:
        return []
    # Of each cell the column of its left side's corners and of its right side's, and of the upper and lower ones.
    links = [(cost, a, b, (0, 1)) for cost, a, b in _neighbours(cells, (1, 2), (0, 3))]
    links += [(cost, a, b, (1, 0)) for cost, a, b in _neighbours(cells, (3, 2), (0, 1))]
    groups = [{k: (0, 0)} for k in range(len(cells))]
    of = list(range(len(cells)))
    for _, a, b, (down, across) in sorted(links):
        first, second = groups[of[a]], groups[of[b]]
        if first is second:
            continue
        row, column = first[a][0] + down - second[b][0], first[a][1] + across - second[b][1]
        moved = {k: (r + row, c + column) for k, (r, c) in second.items()}
        if set(moved.values()) & set(first.values()):
            continue  # one of both is where the other has a cell already
        first |= moved
        for k in moved:
            of[k] = of[a]
    grids = []
    for group in {id(g): g for g in (groups[k] for k in of)}.values():
        if len(group) >= 3:
            top, left = (min(place[k] for place in group.values()) for k in (0, 1))
            grids.append({(r - top, c - left): cells[k] for k, (r, c) in group.items()})
    grids.sort(key=lambda g: -len(g))
    return [g for g in grids if len(g) >= 0.25 * len(grids[0])]


def _single(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cells (N, 4, 2) but for those that are two, between which the rule was too faint: by the nearest others."""
    middles = cells.mean(axis=1)
    apart = np.hypot(*(middles[None] - middles[:, None]).transpose(2, 0, 1))
    near = apart.argsort(axis=1)[:, 1 : 1 + NEAREST]
    width = np.hypot(*(cells[:, 1] - cells[:, 0]).T)
    height = np.hypot(*(cells[:, 3] - cells[:, 0]).T)
    return cells[np.all([side < TWICE * np.median(side[near], axis=1) for side in (width, height)], axis=0)]


def _neighbours(
    cells: NDArray[np.float64], far: tuple[int, int], near: tuple[int, int]
) -> list[tuple[float, int, int]]:
    """(cost, cell, the next cell), for all cells (N, 4, 2) that have a neighbour.

    far, near: the corners of the side that a cell turns to its neighbour, and of the side that this one turns to it.
    """
    ahead = (cells[:, far] - cells[:, near]).mean(axis=1)
    long = np.hypot(*ahead.T)[:, None, None]
    wide = np.hypot(*(cells[:, far[1]] - cells[:, far[0]]).T)[:, None, None]
    apart = cells[None][:, :, near] - cells[:, None][:, :, far]  # (N, N, 2, 2): from the first to the second
    x, y = ahead[:, 0, None, None] / long, ahead[:, 1, None, None] / long
    along = (apart[..., 0] * x + apart[..., 1] * y) / long
    aside = np.abs(apart[..., 1] * x - apart[..., 0] * y) / wide
    beside = ((along > -OVER) & (along < APART) & (aside < ASIDE)).all(axis=2)
    cost = np.where(beside, (np.abs(along) + aside).mean(axis=2), np.inf)
    best = cost.argmin(axis=1)
    return [(float(cost[k, j]), k, int(j)) for k, j in enumerate(best) if cost[k, j] == cost[:, j].min() < np.inf]
