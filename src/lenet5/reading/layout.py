"""What does a picture hold: one digit, a line of them, or a page, and where are the lines and cells of a page?"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import PART, dilated, inked, parts
from lenet5.pictures.normalise import bounding_box
from lenet5.reading.pieces import usual_height
from lenet5.reading.rules import without_rests, without_rules

__all__ = ["LAYOUTS", "Layout", "cropped", "guess", "line_ink", "rows_of", "straightened"]

Layout = Literal["auto", "digit", "line", "page"]
LAYOUTS: tuple[Layout, ...] = ("auto", "digit", "line", "page")

Grey = NDArray[np.float32]
Parts = NDArray[np.int32]  # (N, 5): x, y, width, height, area

LINE_HEIGHT = 80  # pixels that the network can make use of
APART = 2.5  # heights between two fields on one row
ACROSS, UPRIGHT = 0.7, 0.9  # of a field's width and height: what its rules cover
ALONE = 0.5  # of the pen's width


def line_ink(ink: Grey) -> Grey:
    """The ink of a line field without the rules it stands on or between."""
    ink = without_rests(ink)
    level = without_rules(ink, ACROSS)
    if len(ink) < 24:
        return level
    # Where there is no level rule, a 1 looks much like an upright one.
    thinner = (ALONE,) if level is ink else ()
    return np.ascontiguousarray(without_rules(np.ascontiguousarray(level.T), UPRIGHT, *thinner).T)


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


def _strokes(ink: Grey) -> tuple[Parts, NDArray[np.int32]]:
    """Connected parts that are no specks, and the label of each pixel (0 is none)."""
    labels, stats = parts(inked(ink))
    large = stats[:, 4] >= 4
    large[0] = False
    renumbered = np.zeros(len(stats), np.int32)
    renumbered[large] = np.arange(1, large.sum() + 1)
    return stats[large], renumbered[labels]


def guess(ink: Grey) -> Layout:
    """digit, line or page, from where the ink lies."""
    found, _ = _strokes(line_ink(ink))
    if not len(found):
        return "digit"
    height = usual_height(found[:, 3], found[:, 4])
    large = found[(found[:, 3] >= 0.45 * height) & (found[:, 3] <= 2.5 * height)]
    if len(_bands(large)) > 1:
        return "page"
    spans = _merged(large[:, 0], large[:, 0] + large[:, 2])
    width = max(b for _, b in spans) - min(a for a, _ in spans)
    return "digit" if len(spans) == 1 and width <= 1.5 * height else "line"


def _merged(starts: NDArray[np.int32], ends: NDArray[np.int32]) -> list[tuple[int, int]]:
    """The intervals, those that overlap made one."""
    spans: list[tuple[int, int]] = []
    for a, b in sorted(zip(starts.tolist(), ends.tolist(), strict=True)):
        if spans and a < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(b, spans[-1][1]))
        else:
            spans.append((a, b))
    return spans


def _bands(parts: Parts) -> list[list[int]]:
    """Rows of writing: indices of the parts whose heights overlap, from top to bottom."""
    bands: list[tuple[float, float, list[int]]] = []
    for i in np.argsort(parts[:, 1] + parts[:, 3] / 2):
        top, bottom = float(parts[i, 1]), float(parts[i, 1] + parts[i, 3])
        for k, (low, high, members) in enumerate(bands):
            if min(bottom, high) - max(top, low) > 0.45 * min(bottom - top, high - low):
                n = len(members)
                # The band is where its parts are on average; one long tail does not widen it.
                bands[k] = ((low * n + top) / (n + 1), (high * n + bottom) / (n + 1), [*members, int(i)])
                break
        else:
            bands.append((top, bottom, [int(i)]))
    return [members for _, _, members in sorted(bands)]


def straightened(ink: Grey) -> tuple[Grey, NDArray[np.float64]]:
    """The ink turned so that its lines are level, and the 3×3 matrix that takes its places back."""
    height, width = ink.shape
    rows, columns = np.nonzero(ink >= PART)
    if len(rows) < 50:
        return ink, np.eye(3)
    every = len(rows) // 20000 + 1
    rows, columns = rows[::every], columns[::every]
    step = max(1.0, height / 400)
    best, answer = -1.0, 0.0
    for slope in np.linspace(-0.2, 0.2, 81):
        at = np.rint((rows - slope * columns) / step).astype(np.int64)
        profile = np.bincount(at - at.min()).astype(np.float64)
        sharpness = float((profile**2).sum()) * (1 - 0.2 * abs(slope))
        if sharpness > best:
            best, answer = sharpness, float(slope)
    if abs(answer) < 0.008:
        return ink, np.eye(3)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(np.degrees(np.arctan(answer))), 1.0)
    back = np.linalg.inv(np.vstack([turn, [0, 0, 1]]))
    return np.asarray(cv2.warpAffine(ink, turn, (width, height))), back


def rows_of(ink: Grey) -> list[tuple[tuple[int, int, int, int], Grey]]:
    """The fields of a page, from the top, each row from the left: box and own ink."""
    found, labels = _strokes(ink)
    if not len(found):
        return []
    large = found[found[:, 3] >= min(8, found[:, 3].max())]
    height = usual_height(large[:, 3], large[:, 4])
    tall = np.flatnonzero((found[:, 3] >= 0.45 * height) & (found[:, 3] <= 3 * height))
    small = np.flatnonzero(found[:, 3] < 0.45 * height)
    fields = []
    for band in _bands(found[tall]):
        members = tall[band]
        for a, b in _fields(found[members], APART * height):
            inside = [int(i) for i in members if a <= found[i, 0] < b]
            box = _around(found[inside])
            # Caps, dots and dashes go with the field that they stand in.
            near = [int(i) for i in small if _within(found[i], box, 0.3 * height)]
            fields.append(_cut_out(ink, labels, found, [*inside, *near]))
    return fields


def _fields(parts: Parts, apart: float) -> list[tuple[int, int]]:
    """Where on a row something stands, split at wide gaps."""
    spans: list[tuple[int, int]] = []
    for a, b in _merged(parts[:, 0], parts[:, 0] + parts[:, 2]):
        if spans and a - spans[-1][1] < apart:
            spans[-1] = (spans[-1][0], b)
        else:
            spans.append((a, b))
    return spans


def _around(parts: Parts) -> tuple[int, int, int, int]:
    x, y = int(parts[:, 0].min()), int(parts[:, 1].min())
    return x, y, int((parts[:, 0] + parts[:, 2]).max()) - x, int((parts[:, 1] + parts[:, 3]).max()) - y


def _within(part: NDArray[np.int32], box: tuple[int, int, int, int], margin: float) -> bool:
    x, y = part[0] + part[2] / 2, part[1] + part[3] / 2
    left, top, width, height = box
    return bool(left - margin <= x <= left + width + margin and top - margin / 2 <= y <= top + height + margin / 2)


def _cut_out(
    ink: Grey, labels: NDArray[np.int32], parts: Parts, members: list[int]
) -> tuple[tuple[int, int, int, int], Grey]:
    x, y, width, height = _around(parts[members])
    left, top = max(0, x - 2), max(0, y - 2)
    part = np.s_[top : y + height + 2, left : x + width + 2]
    chosen = np.zeros(len(parts) + 1, np.uint8)
    chosen[[i + 1 for i in members]] = 1
    own = chosen[labels[part]]
    reach = dilated(own, 3, 3)
    others = (labels[part] > 0) & (own == 0)
    h, w = own.shape
    return (left, top, w, h), np.asarray(ink[part] * reach * ~others, dtype=np.float32)
