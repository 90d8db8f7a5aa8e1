"""Rows of boxes: strips between two level rules, parted by uprights at even distances.

A side of a box may be missing where the picture ends. Boxes may stand side by side or apart; a digit may cross
their rules, or be as high as they are: what is no rule stands at no even distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np

from lenet5.pictures.masks import Grey, Mask, dilated, inked, opened, parts
from lenet5.reading.rules import find_rules
from lenet5.reading.uprights import Floats, Uprights, boxes_between

FAINT = (0.25, 0.1)  # ink from which a pixel may belong to a rule
BLOCK = 0.13  # of the picture's short side: what is as thick in both directions is no rule
STEEPEST = 0.25  # of a row of boxes, rise over run
SLANTS = np.linspace(-0.3, 0.3, 31)  # of the uprights, run over rise
LOWEST = 14  # pixels, the least height of a row
MOST_PIECES = 60  # of level rules, the longest
ALONG, SQUARED = 0.5, 8  # of the picture's width, a long rule; more of them are of paper that is ruled all over
# Of a row's height: its least width, beyond its ends, and how exactly a level rule is met.
LEAST_WIDTH, BEYOND, MEETS = 0.34, 0.1, 0.05
EDGE = 0.75  # how much the edge of a picture is worth of a rule
FITS = 8  # of a line, each to the half of the pixels that lay nearest to the one before

_Line = tuple[Floats, Floats, tuple[float, float]]  # columns and rows of its pixels, its slope and where it starts


class Strip(NamedTuple):
    """boxes: the corners of each, float64 (4, 2), from the upper left clockwise. support: of their sides, 0 to 1."""

    boxes: tuple[Floats, ...]
    support: float

    @property
    def worth(self) -> float:
        """How much of the picture it explains, and how well."""
        return self.support**2 * sum(cv2.contourArea(box.astype(np.float32)) for box in self.boxes)


@dataclass(frozen=True)
class _Level:
    """A level line y = start + slope · x, from `left` to `right`; a rule, or the picture's own edge."""

    start: float
    slope: float
    left: float
    right: float
    edge: bool = False

    def at(self, x: float) -> float:
        return self.start + self.slope * x


def find_strips(ink: Grey) -> list[Strip]:
    """The rows of at least two boxes in ink (H, W), those first that explain most of it."""
    found = list[Strip]()
    for faint in FAINT:
        mask = _without_blocks(inked(ink, faint))
        levels = _levels(mask)
        if sum(level.right - level.left > ALONG * mask.shape[1] for level in levels) > SQUARED:
            continue
        found += [strip for pair in combinations(levels, 2) if (strip := _strip(mask, *pair))]
    return sorted(found, key=lambda strip: -strip.worth)


def _without_blocks(mask: Mask) -> Mask:
    """The mask without what is too thick for a rule, as the black margin of a form; it may go on outside."""
    thick = max(7, round(BLOCK * min(mask.shape)))
    aside = np.pad(np.pad(mask, ((0, 0), (thick, thick)), "edge"), ((thick, thick), (0, 0)))
    blocks = opened(aside, thick, thick)[thick:-thick, thick:-thick]
    return np.asarray(mask & (1 - dilated(blocks, 3, 3)))


def _levels(mask: Mask) -> list[_Level]:
    """Level rules, each put together of the pieces that lie on one line, from the top; and the picture's own edges."""
    height, width = mask.shape
    run = max(12, width // 40)
    labels, stats = parts(dilated(find_rules(mask, run, run), 3, 5))
    lines: list[_Line] = []
    for k in (np.argsort(-stats[1:, 2]) + 1)[:MOST_PIECES]:
        x, y, w, h, _ = map(int, stats[k])
        if w < 2 * run and len(lines) >= 2:
            break
        ys, xs = np.nonzero((labels[y : y + h, x : x + w] == k) & (mask[y : y + h, x : x + w] > 0))
        _join(lines, xs.astype(float) + x, ys.astype(float) + y)
    found = []
    for columns, _, (slope, start) in lines:
        if np.ptp(columns) >= 2 * run and abs(slope) <= STEEPEST:
            found.append(_Level(start, slope, float(columns.min()), float(columns.max())))
    found.sort(key=lambda level: level.at(width / 2))
    if found and found[0].at(width / 2) > LOWEST:
        found.insert(0, _Level(0.0, 0.0, found[0].left, found[0].right, edge=True))
    if found and found[-1].at(width / 2) < height - 1 - LOWEST:
        found.append(_Level(height - 1.0, 0.0, found[-1].left, found[-1].right, edge=True))
    return found


def _join(lines: list[_Line], xs: Floats, ys: Floats) -> None:
    """Add the pixels (N,), (N,) of a piece to the line that they lie on, or as a line of their own."""
    for k, (others, rows, (slope, start)) in enumerate(lines):
        gap = max(float(xs.min() - others.max()), float(others.min() - xs.max()), 0.0)
        apart = abs(float(np.median(ys - slope * xs)) - start)
        if apart <= max(2.5, 0.01 * gap + 1.5) and gap < 1.5 * np.ptp(others):
            xs, ys = np.append(others, xs), np.append(rows, ys)
            lines[k] = xs, ys, _straight(xs, ys)
            return
    lines.append((xs, ys, _straight(xs, ys)))


def _straight(xs: Floats, ys: Floats) -> tuple[float, float]:
    """Slope and start of the line that most pixels (N,), (N,) lie by: the others are of strokes that meet it."""
    thick = np.bincount(columns := xs.astype(np.int64))
    near = thick[columns] <= np.median(thick[thick > 0])
    for _ in range(FITS):
        slope, start = np.polyfit(xs[near], ys[near], 1).tolist()
        off = np.abs(ys - start - slope * xs)
        near = off <= np.median(off) + 1
    return slope, start


def _strip(mask: Mask, top: _Level, bottom: _Level) -> Strip | None:
    """The boxes between two level lines, where there are at least two."""
    shared = min(top.right, bottom.right) - max(top.left, bottom.left)
    left, right = min(top.left, bottom.left), max(top.right, bottom.right)
    high = bottom.at((left + right) / 2) - top.at((left + right) / 2)
    lowest = min(bottom.at(x) - top.at(x) for x in (left, right))
    if (top.edge and bottom.edge) or shared < 0.6 * min(top.right - top.left, bottom.right - bottom.left):
        return None
    if high < LOWEST or lowest < 0.6 * high or right - left < LEAST_WIDTH * high:
        return None
    left, right = max(0.0, left - BEYOND * high), min(mask.shape[1] - 1.0, right + BEYOND * high)
    size = round(right - left) + 1, round(high) + 1
    corners = [[left, top.at(left)], [right, top.at(right)], [right, bottom.at(right)], [left, bottom.at(left)]]
    aims = [[0, 0], [size[0] - 1, 0], [size[0] - 1, size[1] - 1], [0, size[1] - 1]]
    levelled = cv2.getPerspectiveTransform(np.array(corners, np.float32), np.array(aims, np.float32))
    level = np.asarray(cv2.warpPerspective(mask, levelled, size, flags=cv2.INTER_NEAREST), np.uint8)
    upright = _upright(level)
    stood = np.asarray(cv2.warpAffine(level, upright[:2], size, flags=cv2.INTER_NEAREST), np.uint8)
    columns = np.arange(size[0]) + left
    over, under = (_along(mask, line, columns, max(2, round(MEETS * high))) for line in (top, bottom))
    found = boxes_between(Uprights.of(stood, over, under))
    if found is None:
        return None
    ends, support = found
    back = np.linalg.inv(upright @ levelled)
    boxes = [np.array([[a, 0], [b, 0], [b, size[1] - 1], [a, size[1] - 1]], float) for a, b in ends]
    return Strip(tuple(cv2.perspectiveTransform(box[None], back)[0] for box in boxes), support)


def _upright(level: Mask) -> Floats:
    """The 3×3 matrix that takes off the slant under which most columns are inked from the top to the bottom."""
    height = len(level)
    best, answer = -1.0, 0.0
    rows, columns = np.nonzero(dilated(level, 1, 3))
    for slant in SLANTS.tolist():
        at = np.rint(columns + slant * (rows - height / 2)).astype(np.int64) + height
        full = np.maximum(np.bincount(at) / height - 0.5, 0)
        sharpness = float((full**2).sum()) * (1 - 0.05 * abs(slant))
        if sharpness > best:
            best, answer = sharpness, slant
    return np.array([[1, answer, -answer * height / 2], [0, 1, 0], [0, 0, 1.0]])


def _along(mask: Mask, line: _Level, columns: Floats, reach: int) -> Floats:
    """Of each column (N,), how much a rule runs along a level line there, 0 or 1."""
    if line.edge:
        return np.full(len(columns), EDGE)
    y = np.rint(line.start + line.slope * columns).astype(np.int64).clip(0, mask.shape[0] - 1)
    x = np.rint(columns).astype(np.int64).clip(0, mask.shape[1] - 1)
    return np.asarray(dilated(mask, 2 * reach + 1, 1)[y, x], np.float64)
