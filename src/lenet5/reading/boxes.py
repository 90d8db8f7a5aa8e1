"""The cells of grids and rows of boxes, as fields to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.ink import Ink
from lenet5.pictures.masks import Grey, inked, least_overlap, parts, shrunk
from lenet5.pictures.normalise import bounding_box, normalise
from lenet5.reading.cells import Cell, Corners, Grid, cells_of, without_outlines
from lenet5.reading.fields import Field, GlyphField
from lenet5.reading.glyph import the_glyph
from lenet5.reading.graph import Geometry
from lenet5.reading.grid import find_grid
from lenet5.reading.lattice import is_cut_off
from lenet5.reading.lines import line_field
from lenet5.reading.place import Place, around, reading_order
from lenet5.reading.rows import CellField, RowField
from lenet5.reading.strips import find_strips

Images = list[NDArray[np.uint8]]

FAINT = 0.7  # the power that makes faint strokes fuller, and leaves full ones as they are
CUT_OFF = 0.5  # how sure a row is at most that lacks a cell, or of a grid that seems to lack rows or columns
FEW = 6  # digits or fewer do not tell which way is up
ONE_PART = 0.9  # of its ink is in the largest part of one digit
TURNED = 0.3  # how much surer per digit, in −log, another way up must be
MOST = 0.8  # of the ink stands in a row of boxes
OUTSIDE = 0.3  # of a part's ink lies in boxes, at most, where it is in none
ENLARGED = 96  # pixels a side, up to which a picture is enlarged: boxes may be 10 pixels high
MOST_ENLARGED = 6
STRIPS_SIDE, FEW_STRIPS = 1000, 3  # pixels a side in which strips are looked for
# Of a cell's width or height.
REST = 0.15  # what is smaller may be a rest of a rule
SPECK = 0.1  # what is smaller is no digit
# Beside a row, what may be more of it: how far over its end or from it; how high, at least and at most; how far aside.
NEXT, HIGH, ASIDE = (0.2, 0.8), (0.45, 1.5), 0.35
CLOSED = 0.6  # how sure a digit is at most of which a rule may have been a side
BARE, PERHAPS = 0.999, 0.5  # how sure it is that a cell without ink is empty, and one with something by its rules
SMALL = 0.25  # what is smaller is a digit where the others are not much larger
SMALLER = 0.5  # than the others of its grid, at least, is a small digit
WIDE = 0.75  # of its height: from which width on a cell's ink may be several digits
# How much likelier several digits are than one, in cells that are high and in others.
SEVERAL, SEVERAL_IN_HIGH, SEVERAL_APART = 1.0, 0.2, 3.0
TALL = 0.6  # of the tallest one's height: strokes that are as tall and stand side by side are of several digits


def _enlarged(ink: Grey) -> tuple[Grey, float]:
    scale = min(MOST_ENLARGED, -(-ENLARGED // max(1, min(ink.shape))))
    if scale <= 1:
        return ink, 1.0
    return np.clip(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), 0, 1), float(scale)


@dataclass(frozen=True)
class Boxes:
    """ink: of the pen, where the grids' corners are, enlarged where it is small; ruled: whether the rules are in it.
    place: of that ink. grids: the largest first."""

    ink: Grey
    place: Place
    grids: list[Grid]
    ruled: bool

    @cached_property
    def row(self) -> Grid | None:
        """The one row of boxes that most of the ink stands in, where there is one."""
        one = bool(self.grids) and max(row for row, _ in self.grids[0]) == 0
        return self.grids[0] if one and _holds(self.ink, list(self.grids[0].values())) >= MOST else None


def find_boxes(found: Ink, place: Place) -> Boxes:
    """The grids and rows of boxes in the ink of a picture."""
    large, scale = _enlarged(found.ink)
    pen = large if found.pen is found.ink else _enlarged(found.pen)[0]
    place = place.inside(np.diag([1 / scale, 1 / scale, 1.0]))
    grids = find_grid(large)
    if not grids or max(row for row, _ in grids[0]) == 0:
        small = shrunk(large, STRIPS_SIDE)
        scale = max(large.shape) / max(small.shape)
        strips = ([box * scale for box in strip.boxes] for strip in find_strips(small)[:FEW_STRIPS])
        row = next((row for row in strips if _holds(large, row) >= MOST), [])
        if len(row) >= (len(grids[0]) if grids else 2):
            grids = [{(0, column): box for column, box in enumerate(row)}]
    return Boxes(pen, place, grids, ruled=pen is large)


def _holds(ink: Grey, boxes: Sequence[Corners]) -> float:
    """How much of the ink stands in boxes, but for rules, rests of them, and what comes in from outside."""
    stats, held = _held(ink, boxes)
    x, y, width, height, area = stats.T
    outside = (x == 0) | (y == 0) | (x + width == ink.shape[1]) | (y + height == ink.shape[0])
    rest = np.maximum(width, height) < REST * np.median([np.ptp(corners[:, 1]) for corners in boxes])
    counted = ~rest & ~(outside & (held < area / 2))
    return float(held[counted].sum() / area[counted].sum()) if counted.any() else 1.0


def _held(ink: Grey, boxes: Sequence[Corners]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The parts of the ink without the rules of boxes, (N, 5) as of `masks.parts`, and how much of each is in boxes."""
    labels, stats = parts(inked(without_outlines(ink, list(boxes))))
    within = cv2.fillPoly(np.zeros(ink.shape, np.uint8), [np.rint(box).astype(np.int32) for box in boxes], 1)
    return stats[1:], np.bincount(labels[within > 0], minlength=len(stats))[1:]


def _goes_on(boxes: Boxes, grid: Grid) -> bool:
    """Whether a grid is one row, and something stands beside it that is as high as digits and is in no box."""
    if min(grid)[0] < max(grid)[0]:
        return False
    stats, held = _held(boxes.ink, [cell for some in boxes.grids for cell in some.values()])
    x, y, width, height, _ = stats[held < OUTSIDE * stats[:, 4]].T
    (left, top), (right, foot) = grid[min(grid)][[0, 3]].mean(axis=0), grid[max(grid)][[1, 2]].mean(axis=0)
    found = np.zeros(len(x), bool)
    for at, end, level in ((grid[min(grid)], left - x - width, top), (grid[max(grid)], x - right, foot)):
        across, high = np.hypot(*(at[1] - at[0])), np.hypot(*(at[3] - at[0]))
        beside = (end > -NEXT[0] * across) & (end < NEXT[1] * across) & (end + width > NEXT[0] * across)
        like = (height > HIGH[0] * high) & (height < HIGH[1] * high)
        found |= beside & like & (abs(y + height / 2 - level) < ASIDE * high)
    return bool(found.any())


def upright_rows(boxes: Boxes, geometry: Geometry, sureness: Callable[[Images], float]) -> list[Field]:
    """The rows of grids in the order of reading, turned the way up in which the network is surest of their digits.

    sureness: how sure the network is of candidates, uint8 (28, 28) each: the mean log of their best probabilities.
    """
    grids = [_written(boxes, grid) for grid in boxes.grids]
    glyphs = [cell.glyph for cells in grids for cell in cells if cell.size >= SMALL and _in_one_part(cell.glyph)]
    # A turned 6 is a 9 and a turned 1 a 1: what must differ is how many are digits at all.
    turns = range(4) if len(glyphs) >= FEW else range(0)
    sure = [sureness([normalise(np.rot90(g, turn)) for g in glyphs]) - (TURNED if turn else 0.0) for turn in turns]
    turn = int(np.argmax(sure)) if sure else 0
    against_the_clock = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), turn)
    corners = [np.concatenate(list(grid.values())) @ against_the_clock for grid in boxes.grids]
    order = reading_order([around(np.column_stack([c, np.zeros_like(c)])) for c in corners])
    return [row for k in order for row in _rows(boxes, boxes.grids[k], grids[k], geometry, turn)]


def _in_one_part(glyph: Grey) -> bool:
    """Whether a glyph is one digit: several in a cell do not tell which way is up."""
    areas = parts(inked(glyph))[1][1:, 4]
    return bool(len(areas) and areas.max() >= ONE_PART * areas.sum())


def rows_of_boxes(boxes: Boxes, grid: Grid, geometry: Geometry) -> list[RowField]:
    """The rows of a grid as it stands."""
    return _rows(boxes, grid, _written(boxes, grid), geometry, 0)


@dataclass(frozen=True)
class _Written:
    """A cell and the glyph in it, as large as `size` of the cell; 0 where nothing is written."""

    cell: Cell
    glyph: Grey
    size: float


def _written(boxes: Boxes, grid: Grid) -> list[_Written]:
    found = []
    for cell in cells_of(boxes.ink, grid, ruled=boxes.ruled):
        glyph, writing = the_glyph(np.power(cell.ink, np.float32(FAINT)))
        box = bounding_box(glyph, 0.35)
        size = max(box[2] / cell.size[0], box[3] / cell.size[1]) if box and writing else 0.0
        found.append(_Written(cell, glyph, size))
    return found


def _rows(boxes: Boxes, grid: Grid, cells: list[_Written], geometry: Geometry, turn: int) -> list[RowField]:
    """The rows of a grid after `turn` quarter turns against the clock."""
    last = max(w.cell.row for w in cells), max(w.cell.column for w in cells)
    large = [w.size for w in cells if w.size >= SMALL]
    least = min(SMALL, SMALLER * float(np.median(large))) if large else SPECK
    rows: dict[int, list[CellField]] = {}
    for written in cells:
        row, column = written.cell.row, written.cell.column
        for done in range(turn):  # a quarter makes the last column the first row
            row, column = last[0 if done % 2 else 1] - column, row
        field = _field(written, boxes.place, geometry, turn, least)
        rows.setdefault(row, []).append(replace(field, row=row, column=column))
    lacking = is_cut_off(last[0] + 1, last[1] + 1) or _goes_on(boxes, grid)
    fields = []
    for row in sorted(rows):
        members = tuple(sorted(rows[row], key=lambda cell: cell.column))
        whole_row = around(np.array([cell.box for cell in members]))
        gap = members[-1].column - members[0].column >= len(members)
        sure = CUT_OFF if lacking or gap else 1.0
        fields.append(RowField(members, whole_row, alone=len(rows) == 1, bare=not large, whole=sure))
    return fields


def _field(written: _Written, place: Place, geometry: Geometry, turn: int, least: float) -> CellField:
    cell, glyph, size = written.cell, written.glyph, written.size
    whole = place.around(cell.corners)
    if size < SPECK:
        return CellField(cell.row, cell.column, whole, empty=PERHAPS if cell.aside else BARE)
    x, y, width, height = bounding_box(glyph, 0.35) or (0, 0, 1, 1)
    own = place.box((cell.box[0] + x, cell.box[1] + y, width, height))
    line, several = None, 1.0
    if turn == 0 and width > WIDE * height:
        line = line_field(glyph, place.moved(cell.box[0], cell.box[1]), geometry)
        several = SEVERAL if cell.size[0] > 1.15 * cell.size[1] else SEVERAL_IN_HIGH
        several = SEVERAL_APART if least_overlap(inked(glyph), TALL)[0] <= 0 else several
    # A speck may be a digit that was written small.
    empty = 0.5 if size < least else 0.0
    one = GlyphField(normalise(np.rot90(glyph, turn)), own)
    return CellField(cell.row, cell.column, whole, empty, one, line, several, CLOSED if cell.closed else 1.0)
