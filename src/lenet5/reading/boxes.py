"""The rows of boxes that were printed to write in, as fields to answer."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Mask
from lenet5.pictures.normalise import bounding_box, normalise
from lenet5.reading.fields import Field, GlyphField, RowField
from lenet5.reading.glyph import the_glyph
from lenet5.reading.grid import Cell, Outlines, cells_of
from lenet5.reading.place import Place
from lenet5.reading.readings import Box

__all__ = ["rows_of_boxes", "upright_rows"]

Grey = NDArray[np.float32]
Images = list[NDArray[np.uint8]]

FEW = 6  # digits or fewer do not tell which way is up
TURNED = 0.3  # how much surer per digit, in −log, another way up must be
LEAST_DIGIT = 0.25  # of its cell's width or height


def upright_rows(
    ink: Grey, grids: list[Outlines], rules: Mask, place: Place, sureness: Callable[[Images], float]
) -> list[Field]:
    """The rows of grids, turned the way up in which the network is surest of their digits.

    sureness: how sure the network is of candidates, uint8 (28, 28) each: the mean log of their best probabilities.
    """
    best: tuple[float, list[Field]] = (-np.inf, [])
    for turn in range(4):
        fields = [row for grid in grids for row in rows_of_boxes(ink, grid, rules, place, turn)]
        images = [image for field in fields for image in field.images]
        if len(images) < FEW:
            return fields
        # A turned 6 is a 9 and a turned 1 a 1: what must differ is how many are digits at all.
        sure = sureness(images) - (TURNED if turn else 0.0)
        if sure > best[0]:
            best = (sure, fields)
    return best[1]


def rows_of_boxes(ink: Grey, grid: Outlines, rules: Mask, place: Place, turn: int = 0) -> list[Field]:
    """The rows of a grid after `turn` quarter turns against the clock."""
    rows: dict[int, list[tuple[int, GlyphField]]] = {}
    last_row, last_column = (max(at[k] for at in grid) for k in (0, 1))
    for cell in cells_of(ink, grid, rules):
        row, column = cell.row, cell.column
        for done in range(turn):
            # Counter-clockwise: the last column becomes the first row.
            row, column = (last_row if done % 2 else last_column) - column, row
        rows.setdefault(row, []).append((column, _in_cell(cell, place, turn)))
    fields: list[Field] = []
    for row in sorted(rows):
        cells = tuple(field for _, field in sorted(rows[row], key=lambda c: c[0]))
        fields.append(RowField(cells, _around([c.box for c in cells])))
    return fields


def _in_cell(cell: Cell, place: Place, turn: int) -> GlyphField:
    """The digit of a cell, turned as its grid."""
    x, y, width, height = cv2.boundingRect(cell.hull)
    glyph, writing = the_glyph(cell.ink)
    box = bounding_box(glyph, 0.35)
    if box is None or max(box[2] / width, box[3] / height) < LEAST_DIGIT or not writing:
        return GlyphField(np.zeros((28, 28), np.uint8), place.box((x, y, width, height)), "blank")
    own = place.box((cell.box[0] + box[0], cell.box[1] + box[1], box[2], box[3]))
    return GlyphField(normalise(np.ascontiguousarray(np.rot90(glyph, turn))), own)


def _around(boxes: list[Box]) -> Box:
    corners = np.array(boxes)
    low, high = corners[:, :2].min(axis=0), (corners[:, :2] + corners[:, 2:]).max(axis=0)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
