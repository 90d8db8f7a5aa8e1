"""Handwriting on a page: lines of characters, and pages of lines or of ruled boxes, photographed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.drawn.glyphs import FAITHFUL, choose, taste
from lenet5.datasets.drawn.hand import Hands, write
from lenet5.datasets.drawn.paper import Look, photograph
from lenet5.datasets.drawn.pen import Array, Ink, Trace, ink, joined, trace
from lenet5.datasets.drawn.shapes import DIGITS, LETTERS, SYMBOLS, Shape
from lenet5.errors import DataError

Box = tuple[int, int, int, int]  # x, y, width, height
Row = list[Trace | None]

CELL = 1.5  # side of a ruled box, of the size of a digit
PITCH = 1.6  # from one free line to the next, of the same
MARGIN = 0.6
WIDEST = 200  # characters in a row, and rows

SHAPES: dict[str, list[Shape]] = {}
for _shape in (*(s for shapes in DIGITS for s in shapes), *LETTERS, *SYMBOLS):
    SHAPES.setdefault(_shape.character, []).append(_shape)


def line(
    text: str,
    rng: np.random.Generator,
    *,
    size: float = 40,
    gap: float = 0.16,
    look: Look | None = None,
    boxed: bool = False,
) -> tuple[NDArray[np.uint8], list[Box]]:
    """One line of characters in one hand.

    text: digits, and separators or letters between them; a space is a wide gap
    size: height of a digit, 8 to 1,000 pixels
    gap: between neighbours, of the size; under about 0.05 some touch, under −0.1 most do
    look: paper, pen and camera, by default one of many
    boxed: each character in a ruled box
    Returns the picture uint8 (H, W, 3), and a box (x, y, width, height) around the ink of each character that is
    not a space.
    Raises DataError for an empty text, a character that has no shape here, or a size out of range.
    """
    picture, boxes = page([text], rng, size=size, gap=gap, look=look, boxed=boxed, tilt=0.0)
    return picture, [box for box in boxes[0] if box]


def page(
    rows: Sequence[str],
    rng: np.random.Generator,
    *,
    size: float = 40,
    gap: float = 0.16,
    look: Look | None = None,
    boxed: bool = False,
    tilt: float = 0.04,
) -> tuple[NDArray[np.uint8], list[list[Box | None]]]:
    """Several lines in one hand on one page, photographed askew.

    tilt: how far the page's corners are from where they should be, of its size; the others as in `line`
    Returns the picture uint8 (H, W, 3), and for each row a box for each character, None for a space.
    Raises DataError as `line` does, and for no rows.
    """
    _check(rows, size)
    written = _written(rows, rng)
    lay = _in_boxes if boxed else _in_lines
    placed = lay(written, rng, size, gap)
    rules = _rules(len(rows), max(map(len, rows)), size) if boxed else []
    shown = [t for row in placed for t in row if t]
    camera, width, height = _camera([*shown, *rules], rng, size, tilt)
    placed = [[_seen(t, camera) if t else None for t in row] for row in placed]
    cover = _inked([t for row in placed for t in row if t], height, width)
    printed = _inked([_seen(t, camera) for t in rules], height, width)
    picture = photograph(cover, printed, look or Look.draw(rng), rng)
    return picture, [[_box(t, width, height) if t else None for t in row] for row in placed]


def _check(rows: Sequence[str], size: float) -> None:
    """Raises DataError for what cannot be written."""
    if not 8 <= size <= 1000:
        raise DataError(f"drawn page: digits {size} pixels high; expected 8 to 1,000")
    if not 1 <= len(rows) <= WIDEST or not all(1 <= len(row) <= WIDEST for row in rows):
        raise DataError(f"drawn page: rows {rows!r}; expected 1 to {WIDEST} rows of 1 to {WIDEST} characters")
    unknown = sorted({c for row in rows for c in row} - set(SHAPES) - {" "})
    if unknown or not any(row.strip() for row in rows):
        raise DataError(
            f"drawn page: rows {rows!r}; expected characters of {''.join(c for c in SHAPES if len(c) == 1)}"
        )


def _written(rows: Sequence[str], rng: np.random.Generator) -> list[Row]:
    """Each character of each row written by the same hand, in the units of the paths, around (0, 0)."""
    text = [c for row in rows for c in row if c != " "]
    hand = Hands.draw(1, rng).of(np.zeros(len(text), np.int64))
    usual = {c: (rng.random(), taste(rng)) for c in SHAPES}
    shapes = [choose(SHAPES[c], usual[c][0] if rng.random() < FAITHFUL else rng.random()) for c in text]
    traces = iter(write(shapes, hand, np.stack([usual[c][1] for c in text]), rng))
    return [[None if c == " " else next(traces) for c in row] for row in rows]


def _moved(t: Trace, scale: float, offset: Array) -> Trace:
    return Trace(t.points * scale + offset, t.radii * scale, t.strokes)


def _in_lines(rows: list[Row], rng: np.random.Generator, size: float, gap: float) -> list[Row]:
    """The characters one after another along a line that is not quite level."""
    placed: list[Row] = []
    for r, row in enumerate(rows):
        pen, slope, out = 0.0, rng.normal(0, 0.012), Row()
        for t in row:
            if t is None:
                pen += 0.6 * size
                out.append(None)
                continue
            scale = size / 100 * np.exp(rng.normal(0, 0.05))
            left = (t.points[:, 0] - t.radii).min() * scale
            y = (r * PITCH + slope * pen / size + rng.normal(0, 0.025)) * size
            moved = _moved(t, scale, np.array([pen - left, y]))
            out.append(moved)
            pen = (moved.points[:, 0] + moved.radii).max() + gap * size * (1 + rng.normal(0, 0.35))
        placed.append(out)
    return placed


def _in_boxes(rows: list[Row], rng: np.random.Generator, size: float, _gap: float) -> list[Row]:
    """Each character near the middle of its own box."""
    return [
        [
            t and _moved(t, size / 100, (np.array([c, r]) * CELL + rng.normal(0, 0.06, 2)) * size)
            for c, t in enumerate(row)
        ]
        for r, row in enumerate(rows)
    ]


def _rules(rows: int, columns: int, size: float) -> list[Trace]:
    """The lines of a grid of boxes, whose first is around (0, 0)."""
    low, right, bottom = -0.5 * CELL * size, (columns - 0.5) * CELL * size, (rows - 0.5) * CELL * size
    across = [np.array([[low, low + r * CELL * size], [right, low + r * CELL * size]]) for r in range(rows + 1)]
    down = [np.array([[low + c * CELL * size, low], [low + c * CELL * size, bottom]]) for c in range(columns + 1)]
    return [trace([ends], max(0.5, 0.02 * size)) for ends in (*across, *down)]


def _seen(t: Trace, camera: Array) -> Trace:
    """The trace as it comes to stand in the picture."""
    return Trace(np.asarray(cv2.perspectiveTransform(t.points[:, None], camera)[:, 0]), t.radii, t.strokes)


def _camera(traces: list[Trace], rng: np.random.Generator, size: float, tilt: float) -> tuple[Array, int, int]:
    """The projection (3, 3) that shows all of the traces and a margin; width and height of its picture."""
    everything = joined(traces)
    reach = everything.radii[:, None]
    low, high = (everything.points - reach).min(0), (everything.points + reach).max(0)
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    aims = corners + tilt * (high - low).min() * rng.uniform(-1, 1, (4, 2))
    aims += MARGIN * size - aims.min(0)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), aims.astype(np.float32))
    width, height = np.ceil(aims.max(0) + MARGIN * size).astype(int)
    return np.asarray(matrix), int(width), int(height)


def _inked(traces: list[Trace], height: int, width: int) -> Ink:
    return ink(joined(traces), height, width) if traces else np.zeros((height, width), np.float32)


def _box(t: Trace, width: int, height: int) -> Box:
    """The whole pixels (x, y, width, height) that hold all ink of a trace."""
    reach = t.radii[:, None] + 0.5
    x0, y0 = np.maximum(np.floor((t.points - reach).min(0)), 0).astype(int)
    x1, y1 = np.minimum(np.ceil((t.points + reach).max(0)) + 1, [width, height]).astype(int)
    return int(x0), int(y0), int(x1 - x0), int(y1 - y0)
