"""Lines drawn around writing: frames, open ones too, the corners of frames, ovals, rings. They are no writing."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Mask, depth, inked, only, padded, parts

LEAST = 16  # pixels, of an enclosure's width and height
ENCLOSED = 0.25  # of an enclosure's height, that of the writing in it: no digit holds anything so high
OTHERS = 0.1  # of what an enclosure holds, what may lie in other holes: boxes in a row hold as much each
SIDE = 0.8  # of a side of its box, what the line of an open frame covers
LINE = 0.15  # of an enclosure's smaller side, the most that its line is thick
FEWEST = 3  # parts, the paper among them: two corners and what they are around are more
ARM = 3.0  # times as long as thick are both arms of a corner, at least
HIGHER = 1.2  # times as high as corners is what they are around
ASIDE = 0.05  # of a corner, what may lie away from the two sides of its box
IN_PLACE = 0.15  # of the frame's width and height, how far its corners may lie from where a rectangle has them
DENT = 0.08  # of the same, how far its inner edge may go from a convex form: further in comes a stroke that touches it


def without_enclosures(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """The ink (H, W) without the parts that go around others, on three sides at least or as corners, and touch none."""
    labels, stats = parts(inked(ink))
    whole, starts, ends, high = np.ones(len(stats), bool), stats[:, :2], stats[:, :2] + stats[:, 2:4], stats[:, 3]
    for k, (x, y, width, height, area) in enumerate(stats.tolist()):
        small = min(width, height)
        if k and small >= LEAST and area <= 2 * LINE * small * (width + height):
            around = ((starts < ends[k]) & (ends > starts[k])).all(axis=1) & (high >= ENCLOSED * height)
            if around.sum() <= 2:  # itself and the paper
                continue
            place = labels[y : y + height, x : x + width]
            whole[k] = not _encloses(place, k, stats, LINE * small, DENT * small)
    whole[_corners(labels, stats)] = False
    return ink if whole.all() else only(ink, labels, whole)


def _encloses(place: NDArray[np.int32], own: int, stats: NDArray[np.int32], line: float, dent: float) -> bool:
    """Whether a part is one line of about one thickness around other parts. place: the labels in its box."""
    mask = np.asarray(place == own, np.uint8)
    if 2 * float(depth(mask).max()) > line:
        return False
    inside = _inside_of_sides(mask, round(line))
    if inside is None:
        inside = _inside(mask, dent)
    held = np.unique(place[(inside > 0) & (place > 0) & (place != own)])
    return bool(stats[held, 3].max(initial=0) >= ENCLOSED * mask.shape[0])


def _inside_of_sides(mask: Mask, line: int) -> Mask | None:
    """What of a mask's box lies between its sides, where at least three of them are all of the mask; or None."""
    inside = np.zeros_like(mask)
    inside[line:-line, line:-line] = 1
    bands = mask[:line].max(axis=0), mask[-line:].max(axis=0), mask[:, :line].max(axis=1), mask[:, -line:].max(axis=1)
    return None if (mask * inside).any() or sum(band.mean() > SIDE for band in bands) < 3 else inside


def _corners(labels: NDArray[np.int32], stats: NDArray[np.int32]) -> list[int]:
    """Which parts are the corners of one frame: two or more, each at its place, and lower than what they are around.

    An angular 7 looks like a corner, and so does the first stroke of a 4.
    """
    if len(stats) <= FEWEST:
        return []
    x, y, width, height, area = stats.T
    thin = np.flatnonzero(ARM * area <= np.minimum(width, height) * (width + height))
    facing = {k: corner for k in thin.tolist() if k and (corner := _facing(labels, k, stats[k].tolist()))}
    found = list(facing)
    others = np.delete(height, [0, *found])
    if len(set(facing.values())) < 2 or others.max(initial=0) < HIGHER * height[found].max():
        return []
    (left, right), (top, bottom) = ((a[found].min(), (a + b)[found].max()) for a, b in ((x, width), (y, height)))
    near_x, near_y = IN_PLACE * (right - left), IN_PLACE * (bottom - top)
    for k, (at_right, at_bottom) in facing.items():
        off_x = right - x[k] - width[k] if at_right else x[k] - left
        off_y = bottom - y[k] - height[k] if at_bottom else y[k] - top
        if off_x > near_x or off_y > near_y:
            return []
    return found


def _facing(labels: NDArray[np.int32], own: int, box: list[int]) -> tuple[bool, bool] | None:
    """Of a part that is the corner of a frame, two thin arms at a right angle: whether it is at the right, and at the
    bottom; of any other None."""
    x, y, width, height, _ = box
    mask = np.asarray(labels[y : y + height, x : x + width] == own, np.uint8)
    thick = 2 * float(depth(mask).max())
    line = round(thick) + 1
    if min(width, height) < ARM * thick:
        return None
    for at_right, at_bottom in itertools.product((False, True), repeat=2):
        corner = mask[:: -1 if at_bottom else 1, :: -1 if at_right else 1]
        level, upright = corner[:line].max(axis=0).mean(), corner[:, :line].max(axis=1).mean()
        if min(level, upright) > SIDE and corner[line:, line:].sum() <= ASIDE * mask.sum():
            return at_right, at_bottom
    return None


def _inside(mask: Mask, dent: float) -> Mask:
    """What of a mask's box its one hole holds; nothing where it has several, or one that is not convex."""
    edges, (relations,) = cv2.findContours(padded(mask, 1), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    holes = [edge for edge, (_, _, _, around) in zip(edges, relations, strict=True) if around >= 0]
    nothing = np.zeros_like(mask)
    largest = max(areas := [cv2.contourArea(edge) for edge in holes], default=0.0)
    if largest < ENCLOSED * mask.size or sum(areas) > (1 + OTHERS) * largest:
        return nothing
    hole = holes[areas.index(largest)] - 1
    inside = np.asarray(cv2.fillPoly(nothing.copy(), [hole], 1), np.uint8)
    convex = np.asarray(cv2.fillConvexPoly(nothing.copy(), cv2.convexHull(hole), 1), np.uint8)
    return nothing if float((depth(convex) * (1 - inside)).max()) > dent else inside
