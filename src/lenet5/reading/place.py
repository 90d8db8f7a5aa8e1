"""Where a part of a picture lies in the picture that was given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.reading.readings import Box

Matrix = NDArray[np.float64]

BESIDE = 0.45  # of the lower one's height: how much two are beside each other that stand on one row


@dataclass(frozen=True)
class Place:
    """The place of a part of a picture: scaled, cut out, turned, whatever became of it on the way.

    matrix: 3×3, takes points (x, y, 1) of the part to the picture. height, width: of the picture, pixels.
    """

    matrix: Matrix
    height: int
    width: int

    @classmethod
    def scaled(cls, shape: tuple[int, ...], scale: float) -> Place:
        """The place of a whole picture of this shape (H, W, …) whose sides were made `scale` times as long."""
        return cls(np.diag([1 / scale, 1 / scale, 1.0]), shape[0], shape[1])

    @property
    def whole(self) -> Box:
        """The box of the whole picture."""
        return 0, 0, self.width, self.height

    def inside(self, matrix: Matrix) -> Place:
        """The place of a part of this part; the matrix, 3×3, takes its points to this one's."""
        return Place(self.matrix @ matrix, self.height, self.width)

    def moved(self, x: float, y: float) -> Place:
        """The place of a part of this part that begins at column x and row y."""
        return self.inside(np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]]))

    def box(self, box: Box) -> Box:
        """The upright box in the picture around a box of the part."""
        x, y, width, height = box
        corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
        return self.around(np.array(corners, np.float64))

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 2), x and y, of the part lie in the picture."""
        return np.asarray(cv2.perspectiveTransform(points[None], self.matrix)[0])

    def back(self, box: Box) -> Box:
        """The upright box in the part around a box of the picture."""
        return Place(np.asarray(np.linalg.inv(self.matrix), np.float64), 2**31, 2**31).box(box)

    def around(self, points: NDArray[np.float64]) -> Box:
        """The upright box in the picture around points (N, 2) of the part."""
        columns, rows = self.points(points).T.tolist()
        left, right = _span(min(columns), max(columns), self.width)
        top, bottom = _span(min(rows), max(rows), self.height)
        return left, top, right - left, bottom - top


def around(boxes: NDArray[Any]) -> Box:
    """The box around boxes (N, 4); what more there is of each, as its area, is passed over."""
    (x, y), (right, bottom) = boxes[:, :2].min(axis=0).tolist(), (boxes[:, :2] + boxes[:, 2:4]).max(axis=0).tolist()
    return x, y, right - x, bottom - y


def beside(one: Box, other: Box) -> bool:
    """Whether both boxes stand on one row."""
    (_, y, _, height), (_, top, _, high) = one, other
    return min(y + height, top + high) - max(y, top) > BESIDE * min(height, high)


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """The boxes' numbers from the top to the bottom, and of what stands side by side from the left to the right."""
    rows: list[list[int]] = []
    for k in sorted(range(len(boxes)), key=lambda k: 2 * boxes[k][1] + boxes[k][3]):
        row = next((row for row in rows if beside(boxes[k], boxes[row[0]])), None)
        if row is None:
            rows.append(row := [])
        row.append(k)
    return [k for row in rows for k in sorted(row, key=lambda k: boxes[k][0])]


def _span(low: float, high: float, limit: int) -> tuple[int, int]:
    """The whole pixels from low to high: at least one, and within 0 to limit."""
    first = min(max(math.floor(low + 1e-6), 0), limit - 1)
    return first, min(max(math.ceil(high - 1e-6), first + 1), limit)
