"""The pictures that show how something was read: its steps, and the answer drawn over it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Grey, Pixels
from lenet5.reading.fields import LineField
from lenet5.reading.readings import Box, Reading

T = TypeVar("T")

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (20, 120, 40)
COLUMNS = 16  # of candidates
TILE = 30  # pixels for a candidate of 28×28


class Steps:
    """The pictures on the way to an answer, by the names of their steps; none where nobody wants them."""

    def __init__(self, wanted: bool = False) -> None:
        self.pictures: dict[str, Pixels] = {}
        self._wanted = wanted

    def note(self, name: str, picture: Callable[[], Pixels]) -> None:
        """Keep the picture of a step, which is made only where the steps are wanted."""
        if self._wanted:
            self.pictures[name] = picture()

    def note_ink(self, name: str, ink: Grey) -> None:
        """Keep ink (H, W) as the picture of a step."""
        self.note(name, lambda: black_on_white(ink))

    def kept(self, name: str, make: Callable[[], T], picture: Callable[[T], Pixels]) -> T:
        """What is made in a step, of which a picture is kept."""
        made = make()
        self.note(name, lambda: picture(made))
        return made


def black_on_white(ink: Grey) -> Pixels:
    """Ink (H, W), 0 paper to 1, as a picture, black on white."""
    return np.asarray(np.rint(255 - 255 * np.clip(ink, 0, 1)), dtype=np.uint8)


def framed(ink: Grey, boxes: Iterable[Box], colours: Sequence[tuple[int, int, int]] = (RED,)) -> Pixels:
    """Ink (H, W) with a frame around each box, the colours by turns, RGB uint8 (H, W, 3)."""
    picture = cv2.cvtColor(black_on_white(ink), cv2.COLOR_GRAY2RGB)
    for box, colour in zip(boxes, itertools.cycle(colours), strict=False):
        cv2.rectangle(picture, box, colour, 1)
    return np.asarray(picture)


def pieces_of(field: LineField) -> Pixels:
    """A line's upright ink with a box around each of its pieces, RGB uint8 (H, W, 3)."""
    return framed(field.line.ink, [piece.box for piece in field.line.pieces], (RED, BLUE))


def outlined(ink: Grey, grids: Iterable[Mapping[tuple[int, int], NDArray[np.float64]]]) -> Pixels:
    """Ink with the outlines (4, 2) of the cells of grids, RGB uint8 (H, W, 3)."""
    picture = cv2.cvtColor(black_on_white(ink), cv2.COLOR_GRAY2RGB)
    for k, grid in enumerate(grids):
        corners = [np.rint(outline).astype(np.int32) for outline in grid.values()]
        cv2.polylines(picture, corners, True, (RED, BLUE)[k % 2], 1 + max(ink.shape) // 900)
    return np.asarray(picture)


def sheet(images: Sequence[Pixels]) -> Pixels:
    """Candidates, uint8 (28, 28) each, side by side, as the network sees them."""
    rows = -(-len(images) // COLUMNS)
    picture = np.full((rows * TILE, min(COLUMNS, len(images)) * TILE), 90, np.uint8)
    for k, image in enumerate(images):
        y, x = TILE * (k // COLUMNS) + 1, TILE * (k % COLUMNS) + 1
        picture[y : y + 28, x : x + 28] = image
    return picture


def annotated(pixels: Pixels, readings: Iterable[Reading]) -> Pixels:
    """A copy of a picture with a box around every character and what it was read as, RGB uint8 (H, W, 3)."""
    picture = pixels.copy() if pixels.ndim == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    thick = max(1, round(max(picture.shape[:2]) / 900))
    for reading in readings:
        for c in reading.characters:
            if c.reason == "blank":
                continue
            x, y, w, h = c.box
            colour = RED if c.reason else GREEN
            cv2.rectangle(picture, (x, y), (x + w, y + h), colour, thick)
            size = max(0.35, h / 60)
            cv2.putText(picture, c.text or "?", (x, max(10, y - 3)), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick)
    return np.asarray(picture)
