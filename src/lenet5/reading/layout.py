"""The ink of a picture made ready for its layout: without rules, cropped to a line, its lines made level."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.errors import ReadingError
from lenet5.pictures.ink import POLARITIES
from lenet5.pictures.masks import PART, Grey, dilated, inked, parts, transposed
from lenet5.pictures.normalise import bounding_box
from lenet5.reading.enclosures import without_enclosures
from lenet5.reading.pieces import sharpest, usual_height
from lenet5.reading.rules import FAINT, drawn_along, find_rules, is_straight, without_rests, without_rules

Layout = Literal["auto", "digit", "line", "page"]
LAYOUTS: tuple[Layout, ...] = ("auto", "digit", "line", "page")

LINE_HEIGHT = 80  # pixels that the network can make use of
ACROSS, UPRIGHT = 0.7, 0.9  # of a field's width and height: what its rules cover
ALONE = 0.5  # of the pen's width
LONG = 0.3  # of the picture's side: what is as long and straight may be a rule
THIN = 35  # times as long as it is thick: more than a stroke is
# Of a display: a segment's least area, of the largest one's; how unlike segments are; how full of ink.
SEGMENT, ALIKE, FULL = 0.2, 1.8, 0.75
BRIDGED, BAR = 2.5, 12.0  # of their thickness, the gaps between them; how thick they need be, pixels
LONGER = 3.0  # heights of what is written


def check(layout: str, ink: str) -> None:
    """Raises ReadingError where there is no such layout, or no such ink."""
    if layout not in LAYOUTS:
        raise ReadingError(f"no layout {layout!r}; expected one of {', '.join(LAYOUTS)}")
    if ink not in POLARITIES:
        raise ReadingError(f"ink {ink!r}; expected one of {', '.join(POLARITIES)}")


def line_ink(ink: Grey) -> Grey:
    """The ink of a line field without what is drawn around it, and the rules it stands on or between."""
    ink = without_rests(_bridged(without_enclosures(ink)))
    level = without_rules(ink, ACROSS)
    if level is not ink and not inked(ink)[:, [0, -1]].any() and drawn_along(cropped(ink)[0])[1]:
        level = ink  # a number is crossed out, and the line is none of the paper's
    if len(ink) < 24:
        return level
    # Where there is no level rule, a 1 looks much like an upright one.
    thinner = (ALONE,) if level is ink else ()
    return _without_long_rules(transposed(without_rules(transposed(level), UPRIGHT, *thinner)))


def _bridged(ink: Grey) -> Grey:
    """The ink of a display of seven segments without the gaps between these; any other ink itself.

    Segments are bars, level and upright ones, all as thick and about as long as each other.
    """
    mask = inked(ink)
    _, stats = parts(mask)
    width, height, area = stats[1:][stats[1:, 4] >= SEGMENT * stats[1:, 4].max(initial=0), 2:].T
    long, level = np.maximum(width, height), int((width > height).sum())
    thick = area / np.maximum(1, long)
    if min(level, len(long) - level) < 2 or long.max() > ALIKE * long.min() or thick.max() > ALIKE * thick.min():
        return ink
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    bars = sum((a + 1) * (b + 1) for a, b in (cv2.minAreaRect(outline)[1] for outline in outlines))
    if area.sum() < FULL * bars or np.any(long < 2 * thick):
        return ink
    # Large boxes cost seconds, and say no more than small ones in a smaller picture.
    scale = min(1.0, BAR / float(np.median(thick)))
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = round(BRIDGED * scale * float(np.median(thick)))
    bridged = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(cv2.resize(bridged, ink.shape[::-1]))


def _without_long_rules(ink: Grey) -> Grey:
    """The ink without what is straight, thin, and far longer than anything that is written is high."""
    mask = inked(ink, FAINT)
    height, width = mask.shape
    across = find_rules(mask, max(12, width // 20), max(24, int(LONG * width)))
    down = transposed(find_rules(transposed(mask), max(12, height // 20), max(24, int(LONG * height))))
    labels, stats = parts(across | down)
    length = np.maximum(stats[:, 2], stats[:, 3])
    thin = stats[:, 4] * THIN <= length**2
    thin[0] = False
    if not thin.any():
        return ink
    rules = dilated(thin[labels].astype(np.uint8), 3, 3)
    _, others = parts(inked(ink) * (1 - rules))
    others = others[1:][(others[1:, 4] >= 8) & (others[1:, 3] >= 5)]
    if not len(others):
        return ink
    long = thin & (length >= LONGER * usual_height(others[:, 3], others[:, 4]))
    for k in np.flatnonzero(long).tolist():
        rows, columns = np.nonzero(labels == k)
        way, aside = (columns, rows) if stats[k, 2] >= stats[k, 3] else (rows, columns)
        thick = np.bincount(way)
        at = np.flatnonzero(thick)
        long[k] = is_straight(at, np.bincount(way, aside)[at] / thick[at], float(np.median(thick[at])))
    return np.asarray(ink * (1 - dilated(long[labels].astype(np.uint8), 3, 3)), dtype=np.float32)


def cropped(ink: Grey) -> tuple[Grey, NDArray[np.float64]]:
    """A line's ink with little paper around it, no higher than is of use, and the 3×3 matrix that takes places back."""
    x, y, width, height = bounding_box(ink, 0.5) or (0, 0, ink.shape[1], ink.shape[0])
    left, top = max(0, x - 2), max(0, y - 2)
    ink = ink[top : y + height + 2, left : x + width + 2]
    back = np.array([[1, 0, left], [0, 1, top], [0, 0, 1.0]])
    if ink.shape[0] <= LINE_HEIGHT:
        return ink, back
    scale = LINE_HEIGHT / ink.shape[0]
    size = (max(1, round(ink.shape[1] * scale)), LINE_HEIGHT)
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA)), back @ np.diag([1 / scale, 1 / scale, 1.0])


def straightened(ink: Grey) -> tuple[Grey, NDArray[np.float64]]:
    """The ink turned so that its lines are level, and the 3×3 matrix that takes its places back."""
    height, width = ink.shape
    rows, columns = np.nonzero(ink >= PART)
    every, step = len(rows) // 20000 + 1, max(1.0, height / 400)
    points = rows[::every] / step, -columns[::every] / step
    answer = sharpest(*points, np.linspace(-0.2, 0.2, 81), 0.2) if len(rows) >= 50 else 0.0
    if abs(answer) < 0.008:
        return ink, np.eye(3)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(np.degrees(np.arctan(answer))), 1.0)
    back = np.linalg.inv(np.vstack([turn, [0, 0, 1]]))
    return np.asarray(cv2.warpAffine(ink, turn, (width, height))), back
