"""Which digits are in a picture? Opening, ink, layout, pieces, network, answer, one after the other.

The only thing asked of a network is `penalties(images)`: uint8 (N, 28, 28) -> (N, classes), the smallest wins. If one
of its classes is the space, that is its answer to what is none of the others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal, Protocol, overload

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5 import threads
from lenet5.errors import LeNetError, ReadingError
from lenet5.pictures.ink import Ink, find_ink
from lenet5.pictures.normalise import bounding_box, normalise
from lenet5.pictures.opening import DIGIT_SIDE, PAGE_SIDE, open_pages, shrunk
from lenet5.reading.answers import NONE, Calibration
from lenet5.reading.fields import Field, GlyphField, LineField, RowField, box_back
from lenet5.reading.glyph import the_glyph
from lenet5.reading.graph import Geometry, candidates
from lenet5.reading.grid import Outlines, cells_of, find_grid
from lenet5.reading.layout import LAYOUTS, Layout, cropped, guess, line_ink, rows_of, straightened
from lenet5.reading.pieces import Line, cut
from lenet5.reading.readings import Box, Reading

__all__ = ["Network", "Reader"]

Grey = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Prepared = Field | LeNetError
Steps = dict[str, Pixels] | None  # the pictures on the way, by the names of their steps, where somebody wants them

BEST = "lenet5-reader"
SAMPLE = 8  # pictures that tell how long the others will take
SMALL = 2.5e-3  # seconds for each; below, one thread is quicker than two


class Network(Protocol):
    """What a reader asks of a network."""

    def penalties(self, images: Any) -> NDArray[np.float32]: ...


class Reader:
    """Reads digits from pictures.

    model: a network, the name of shipped weights, or a path to a .safetensors file; the best shipped weights where
    it is None.
    calibration: how penalties become probabilities; the network's own where it is None.
    accept: the least confidence of an answer that is given rather than rejected; the calibration's where None.
    Raises WeightsError where there are no such weights, ReadingError for what is no network.
    """

    def __init__(
        self,
        model: Network | str | os.PathLike[str] | None = None,
        *,
        calibration: Calibration | None = None,
        accept: float | None = None,
    ) -> None:
        if model is None or isinstance(model, str | os.PathLike):
            from lenet5.loading import load

            model = load(BEST if model is None else model)
        if not callable(getattr(model, "penalties", None)):
            raise ReadingError(f"a model {model!r}; expected a network, or the name or path of one")
        self.network: Network = model
        classes = tuple(getattr(model, "classes", "0123456789"))
        self._none = classes.index(NONE) if NONE in classes else None
        self.classes: tuple[str, ...] = tuple(c for c in classes if c != NONE)
        self.calibration = calibration or Calibration.of(getattr(model, "metadata", {}))
        if accept is not None:
            self.calibration = replace(self.calibration, accept=accept)
        self.geometry = Geometry()

    def read(self, picture: Any, layout: Layout = "auto") -> list[Reading]:
        """Everything that can be read in a picture, from the top to the bottom and from left to right.

        picture: a path, bytes, a PIL image, or an array (H, W), (H, W, 3) or (H, W, 4), integers or floats.
        layout: "digit" one digit, "line" one line of digits, "page" several lines or a grid, "auto" whichever it is.
        Returns at least one Reading; a picture with nothing to read gives one that is rejected as blank.
        Raises PictureError for what is no picture, ReadingError for another layout.
        """
        _check_layout(layout)
        fields = [(page, f) for page, p in enumerate(open_pages(picture)) for f in self.fields(p, layout)]
        readings = self.answer([f for _, f in fields])
        return [replace(r, page=page) for (page, _), r in zip(fields, readings, strict=True)]

    @overload
    def read_many(
        self, pictures: Iterable[Any], layout: Layout = ..., *, on_error: Literal["raise"] = ...
    ) -> list[Reading]: ...

    @overload
    def read_many(
        self, pictures: Iterable[Any], layout: Layout = ..., *, on_error: Literal["return"]
    ) -> list[Reading | LeNetError]: ...

    def read_many(
        self, pictures: Iterable[Any], layout: Layout = "digit", *, on_error: Literal["raise", "return"] = "raise"
    ) -> list[Any]:
        """One Reading for each picture, in their order, threaded; layout "digit" or "line".

        on_error: "raise" the first LeNetError, or "return" it in the place of its picture's reading, so that the
        others of the batch are read. An array (N, H, W) is N pictures.
        Raises ReadingError for another layout: a page may give several readings, `read` gives them.
        """
        if layout not in ("digit", "line"):
            raise ReadingError(f"read_many with layout {layout!r}; expected 'digit' or 'line', or use read")
        if on_error not in ("raise", "return"):
            raise ReadingError(f"on_error {on_error!r}; expected 'raise' or 'return'")

        def prepare(picture: Any) -> Prepared:
            try:
                (field,) = self.fields(open_pages(picture)[0], layout)
            except LeNetError as error:
                return error
            return field

        prepared = _each(prepare, list(pictures))
        if on_error == "raise":
            for outcome in prepared:
                if isinstance(outcome, LeNetError):
                    raise outcome
        readings = iter(self.answer([f for f in prepared if not isinstance(f, LeNetError)]))
        return [f if isinstance(f, LeNetError) else next(readings) for f in prepared]

    def explain(self, picture: Any, layout: Layout = "auto") -> dict[str, Pixels]:
        """Every intermediate picture of a reading, by the name of its step, uint8 (H, W) or (H, W, 3), in order.

        Of a file of several pages, the first. Raises as `read` does.
        """
        _check_layout(layout)
        steps: dict[str, Pixels] = {}
        pixels = open_pages(picture)[0]
        fields = self.fields(pixels, layout, steps)
        images = [image for f in fields for image in f.images]
        if images:
            steps["candidates"] = _sheet(images)
        steps["answer"] = annotated(pixels, self.answer(fields))
        return steps

    def penalties(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """(N, classes) for uint8 (N, 28, 28): the network's penalties, of an ensemble the mean of its members'; less
        the penalty of "none of them", where the network knows that class.

        An ensemble's own answer tells digits apart, and forgets how far they all are from what any digit looks like.
        """
        members = getattr(self.network, "members", (self.network,))
        mean = np.asarray(np.mean([m.penalties(images) for m in members], axis=0), dtype=np.float32)
        return mean if self._none is None else np.delete(mean, self._none, axis=1) - mean[:, [self._none]]

    def answer(self, fields: list[Field]) -> list[Reading]:
        """A reading for each field, all their candidates in one call of the network."""
        counts = [len(f.images) for f in fields]
        images = [image for f in fields for image in f.images]
        penalties = np.zeros((0, len(self.classes)), np.float32)
        if images:
            penalties = self.penalties(np.stack(images))
        ends = np.cumsum([0, *counts])
        return [
            f.answer(penalties[a:b], self.classes, self.calibration)
            for f, a, b in zip(fields, ends, ends[1:], strict=False)
        ]

    def fields(self, pixels: Pixels, layout: Layout, steps: Steps = None) -> list[Field]:
        """What there is to answer in one page, uint8 (H, W) or (H, W, 3); `steps` gets the pictures on the way."""
        _note(steps, "picture", lambda: pixels)
        side = {"digit": DIGIT_SIDE}.get(layout, PAGE_SIDE)
        small, scale = shrunk(pixels, side)
        ink = find_ink(small)
        _note(steps, "paper", lambda: np.clip(ink.paper, 0, 255).astype(np.uint8))
        _note(steps, "ink", lambda: _shown(ink.ink))
        if layout == "auto":
            layout = guess(ink.ink)
        back = np.diag([1 / scale, 1 / scale, 1.0])
        limits = (pixels.shape[0], pixels.shape[1])
        if layout == "digit":
            return [_digit(ink.ink, back, limits, steps)]
        if layout == "line":
            return [self._line_or_boxes(ink.ink, back, limits, steps)]
        return self._page(ink, back, limits, steps)

    def _line_or_boxes(self, ink: Grey, back: NDArray[np.float64], limits: tuple[int, int], steps: Steps) -> Field:
        grids, rules = find_grid(ink)
        if grids and max(row for row, _ in grids[0]) == 0:
            _note(steps, "rules", lambda: _shown(rules.astype(np.float32)))
            return _rows(ink, grids[0], rules, back, limits)[0]
        return self._line(line_ink(ink), back, limits, steps)

    def _line(self, ink: Grey, back: NDArray[np.float64], limits: tuple[int, int], steps: Steps = None) -> Field:
        """One line of digits, from its ink."""
        _note(steps, "line", lambda: _shown(ink))
        ink, place = cropped(ink)
        line = cut(ink)
        upright = np.array([[1, line.slant, line.shift - line.slant * ink.shape[0] / 2], [0, 1, 0], [0, 0, 1.0]])
        _note(steps, "pieces", lambda: _pieces_shown(line))
        found = candidates(line, self.geometry)
        back = back @ place @ np.linalg.inv(upright)
        box = box_back((0, 0, line.ink.shape[1], line.ink.shape[0]), back, limits)
        return LineField(line, tuple(found), back, limits, self.geometry, box)

    def _page(self, ink: Ink, back: NDArray[np.float64], limits: tuple[int, int], steps: Steps) -> list[Field]:
        """The rows of the grids of a page where it has one, else its lines."""
        grids, rules = find_grid(ink.ink)
        if grids:
            _note(steps, "rules", lambda: _shown(rules.astype(np.float32)))
            return self._grids(ink.ink, grids, rules, back, limits)
        level, turned = straightened(line_ink(ink.ink))
        _note(steps, "straightened", lambda: _shown(level))
        fields = []
        for (x, y, _, _), part in rows_of(level):
            place = back @ turned @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
            fields.append(self._line(part, place, limits))
        return fields or [GlyphField(np.zeros((28, 28), np.uint8), (0, 0, limits[1], limits[0]), "blank")]

    def _grids(
        self, ink: Grey, grids: list[Outlines], rules: Pixels, back: NDArray[np.float64], limits: tuple[int, int]
    ) -> list[Field]:
        """Grids the way up in which the network is surest of their digits."""
        best: tuple[float, list[Field]] = (-np.inf, [])
        for turn in range(4):
            fields = [row for grid in grids for row in _rows(ink, grid, rules, back, limits, turn)]
            images = [image for f in fields for image in f.images]
            if len(images) < 6:
                return fields
            p = self.calibration.probabilities(self.penalties(np.stack(images)))
            # A turned 6 is a 9 and a turned 1 a 1: what must differ is how many are digits at all.
            score = float(np.log(np.maximum(p[:, :-1].max(axis=1), 1e-4)).mean()) - (0.3 if turn else 0.0)
            if score > best[0]:
                best = (score, fields)
        return best[1]


def _each(prepare: Callable[[Any], Prepared], pictures: list[Any]) -> list[Prepared]:
    """Every picture prepared; on all threads, unless the first ones show that Python has most of the work.

    Threads wait for Python's lock, and hand it on at a cost: of pictures of 28×28 two prepare two thirds of what one
    does, of 200×200 half as much again.
    """
    first, rest = pictures[:SAMPLE], pictures[SAMPLE:]
    start = time.perf_counter()
    done = [prepare(picture) for picture in first]
    small = time.perf_counter() - start < SMALL * len(first)
    return done + ([prepare(picture) for picture in rest] if small else threads.run(prepare, rest))


def _check_layout(layout: str) -> None:
    if layout not in LAYOUTS:
        raise ReadingError(f"no layout {layout!r}; expected one of {', '.join(LAYOUTS)}")


def _digit(ink: Grey, back: NDArray[np.float64], limits: tuple[int, int], steps: Steps) -> GlyphField:
    whole = (0, 0, limits[1], limits[0])
    nothing = np.zeros((28, 28), np.uint8)
    if not ink.any():
        return GlyphField(nothing, whole, "blank")
    glyph, writing = the_glyph(ink)
    _note(steps, "glyph", lambda: _shown(glyph))
    box = bounding_box(glyph, 0.2)
    if box is None:
        return GlyphField(nothing, whole, "blank")
    place = box_back(box, back, limits)
    if not writing:
        return GlyphField(nothing, place, "not a digit")
    image = normalise(glyph)
    _note(steps, "normalised", lambda: image)
    return GlyphField(image, place)


def _rows(
    ink: Grey, grid: Outlines, rules: Pixels, back: NDArray[np.float64], limits: tuple[int, int], turn: int = 0
) -> list[Field]:
    """The rows of a grid after `turn` quarter turns against the clock."""
    rows: dict[int, list[tuple[int, GlyphField]]] = {}
    last_row, last_column = (max(place[k] for place in grid) for k in (0, 1))
    for cell in cells_of(ink, grid, rules):
        row, column = cell.row, cell.column
        for done in range(turn):
            # Counter-clockwise: the last column becomes the first row.
            row, column = (last_row if done % 2 else last_column) - column, row
        x, y, w, h = cv2.boundingRect(cell.hull)
        glyph, writing = the_glyph(cell.ink)
        box = bounding_box(glyph, 0.35)
        place = box_back((x, y, w, h), back, limits)
        if box is None or max(box[2] / w, box[3] / h) < 0.25 or not writing:
            field = GlyphField(np.zeros((28, 28), np.uint8), place, "blank")
        else:
            place = box_back((cell.box[0] + box[0], cell.box[1] + box[1], box[2], box[3]), back, limits)
            field = GlyphField(normalise(np.ascontiguousarray(np.rot90(glyph, turn))), place)
        rows.setdefault(row, []).append((column, field))
    fields: list[Field] = []
    for row in sorted(rows):
        cells = tuple(field for _, field in sorted(rows[row], key=lambda c: c[0]))
        boxes = np.array([c.box for c in cells])
        low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        around: Box = (int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
        fields.append(RowField(cells, around))
    return fields


def _note(steps: Steps, name: str, picture: Callable[[], Pixels]) -> None:
    """Keep a step's picture, which is made only where somebody asked for the steps."""
    if steps is not None:
        steps[name] = picture()


def _shown(ink: Grey) -> Pixels:
    """Ink as a picture, black on white."""
    return np.asarray(np.rint(255 - 255 * np.clip(ink, 0, 1)), dtype=np.uint8)


def _pieces_shown(line: Line) -> Pixels:
    picture = cv2.cvtColor(_shown(line.ink), cv2.COLOR_GRAY2RGB)
    for k, piece in enumerate(line.pieces):
        colour = ((200, 30, 30), (30, 30, 200))[k % 2]
        last = (piece.x + piece.width - 1, piece.y + piece.height - 1)
        cv2.rectangle(picture, (piece.x, piece.y), last, colour, 1)
    return np.asarray(picture)


def _sheet(images: list[Pixels], columns: int = 16) -> Pixels:
    """Candidates side by side, as the network sees them."""
    rows = -(-len(images) // columns)
    sheet = np.full((rows * 30, min(columns, len(images)) * 30), 90, np.uint8)
    for k, image in enumerate(images):
        y, x = 30 * (k // columns) + 1, 30 * (k % columns) + 1
        sheet[y : y + 28, x : x + 28] = image
    return sheet


def annotated(pixels: Pixels, readings: Iterable[Reading]) -> Pixels:
    """A copy of a picture with a box around every character and what it was read as, RGB uint8 (H, W, 3)."""
    picture = pixels.copy() if pixels.ndim == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    thick = max(1, round(max(picture.shape[:2]) / 900))
    for reading in readings:
        for c in reading.characters:
            if c.reason == "blank":
                continue
            x, y, w, h = c.box
            colour = (200, 30, 30) if c.reason else (20, 120, 40)
            cv2.rectangle(picture, (x, y), (x + w, y + h), colour, thick)
            size = max(0.35, h / 60)
            cv2.putText(picture, c.text or "?", (x, max(10, y - 3)), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick)
    return np.asarray(picture)
