"""The digit in a picture of one digit, without the specks, the neighbours and the box around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import PART, Grey, Mask, dilated, inked, only, parts
from lenet5.pictures.normalise import bounding_box
from lenet5.reading.rules import rests

SPECK = 0.015  # of the largest part's area
FAINT = 0.1  # ink from which a pixel may go on from a stroke
EDGE = 3  # of the picture's width or height, one in so many an edge has at most
MOST_PARTS = 24  # more than that is no writing
MARGIN = 0.15  # of the side: where a box's rules may lie


def the_glyph(ink: Grey) -> tuple[Grey, bool]:
    """The digit's own ink, float32 (H, W), and whether it may be one (False: noise, or no ink at all)."""
    ink = _without_box(ink)
    mask = inked(ink)
    labels, stats = parts(mask)
    count = len(stats)
    if count < 2:
        return np.zeros_like(ink), False
    if count == 2:
        return _without_haze(ink, mask), not _is_edge(stats[1], mask.shape)
    own = ~rests(labels, stats)
    own[0] = False
    main = int(np.argmax(_weights(stats, mask.shape) * own))
    areas = stats[:, 4] * own
    kept = [i for i in np.flatnonzero(own) if i == main or _belongs(stats[i], stats[main], mask.shape)]
    large = int((areas >= 0.05 * areas[main]).sum())
    writing = large <= MOST_PARTS and areas[main] >= 0.2 * areas.sum()
    chosen = np.zeros(count, bool)
    chosen[kept] = True
    return only(ink, labels, chosen), writing


def _without_haze(ink: Grey, mask: Mask) -> Grey:
    """The ink without the faint one that does not go on from a stroke: the paper's grain."""
    labels, stats = parts(inked(ink, FAINT))
    own = np.zeros(len(stats), np.uint8)
    own[labels[mask > 0]] = 1
    own[0] = 0
    return np.asarray(ink * dilated(own[labels], 3, 3), np.float32)


def _is_edge(part: NDArray[np.int32], shape: tuple[int, ...]) -> bool:
    """Whether a part is all along one edge of the picture, and of the others touches the two beside it alone."""
    x, y, width, height, _ = part.tolist()
    across, down = ((x == 0) + (x + width == shape[1]), (y == 0) + (y + height == shape[0]))
    return sorted((across, down)) == [1, 2] and EDGE * min(width / shape[1], height / shape[0]) <= 1


def _weights(stats: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """How much each part looks like the one that is meant: large, and near the middle."""
    height, width = shape
    x = (stats[:, 0] + stats[:, 2] / 2) / width - 0.5
    y = (stats[:, 1] + stats[:, 3] / 2) / height - 0.5
    return np.asarray(stats[:, 4] * np.exp(-3 * (x**2 + y**2)))


def _belongs(part: NDArray[np.int32], main: NDArray[np.int32], shape: tuple[int, ...]) -> bool:
    """Whether a part goes with the main one: not a speck, and not a stroke that comes in from outside."""
    x, y, w, h, area = map(int, part)
    mx, my, mw, mh, main_area = map(int, main)
    if area < SPECK * main_area:
        return False
    height, width = shape
    beside = x >= mx + mw or x + w <= mx
    stacked = y >= my + mh or y + h <= my
    at_side = x == 0 or x + w == width
    at_end = y == 0 or y + h == height
    if beside and at_side and area < 0.5 * main_area:
        return False
    overlap = (min(x + w, mx + mw) - max(x, mx)) / max(1, min(w, mw))
    return not (stacked and at_end and area < 0.3 * main_area and overlap < 0.6)


def _without_box(ink: Grey) -> Grey:
    """The ink without the box that was printed around it: at least three straight rules along the edges."""
    height, width = ink.shape
    if min(height, width) < 24:
        return ink
    mask = inked(ink)
    rows, columns = (mask.mean(axis=axis) > 0.85 for axis in (1, 0))
    top, bottom, left, right = map(_ruled, (rows, rows[::-1], columns, columns[::-1]))
    if sum(side > 0 for side in (top, bottom, left, right)) < 3:
        return ink
    kept = np.zeros_like(ink)
    inside = np.s_[top : max(top, height - bottom), left : max(left, width - right)]
    kept[inside] = ink[inside]
    return kept if bounding_box(kept, PART) is not None else ink


def _ruled(lines: NDArray[np.bool_]) -> int:
    """How many lines in from an edge its printed rule reaches; 0 where none of them is one."""
    found = np.flatnonzero(lines[: max(2, int(MARGIN * len(lines)))])
    return int(found[-1]) + 2 if len(found) else 0
