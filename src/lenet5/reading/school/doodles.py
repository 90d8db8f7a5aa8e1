"""Drawings that are no character: a body with parts on and around it, as ears, wheels, legs, windows, bows.

Nothing in particular is meant; what counts is that closed forms, rows and pairs come together as in no digit.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.ink import find_ink
from lenet5.pictures.normalise import normalise
from lenet5.reading.glyph import the_glyph
from lenet5.reading.school.signs import sign

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]  # left, top, right, bottom

SIDE = 96
FRAMED, SIGNS = 0.4, 0.35  # of all


def doodles(count: int, rng: np.random.Generator) -> Picture:
    """`count` doodles and signs, uint8 (count, 28, 28), normalised as digits are, some after they were framed small."""
    drawn = (sign(rng) if rng.random() < SIGNS else _doodle(rng) for _ in range(count))
    return np.stack([framed(picture, rng) if rng.random() < FRAMED else normalise(picture) for picture in drawn])


def framed(picture: Picture, rng: np.random.Generator) -> Picture:
    """A picture that is small and filled by what is on it, of which now and then the paper is taken for the ink.

    picture: ink on black, uint8 (H, W); shrunk into a small frame, inverted or not, and read again: uint8 (28, 28).
    """
    x, y, width, height = cv2.boundingRect(picture)
    side, margin = int(rng.integers(24, 48)), int(rng.integers(0, 4))
    scale = (side - 2 * margin) / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    frame = np.zeros((side, side) if rng.random() < 0.7 else (size[1] + 2 * margin, size[0] + 2 * margin), np.uint8)
    top, left = (frame.shape[0] - size[1]) // 2, (frame.shape[1] - size[0]) // 2
    small = cv2.resize(picture[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    frame[top : top + size[1], left : left + size[0]] = small
    glyph, _ = the_glyph(find_ink(255 - frame if rng.random() < 0.5 else frame).ink)
    return normalise(glyph)


def _doodle(rng: np.random.Generator) -> Picture:
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    width, height = rng.uniform(26, 72), rng.uniform(14, 56)
    left, top = (SIDE - width) / 2, (SIDE - height) / 2 + rng.uniform(-8, 8)
    body = (left, top, left + width, top + height)
    pen = _Pen(canvas, int(rng.integers(2, 6)), rng)
    _BODIES[rng.integers(len(_BODIES))](pen, body)
    for part in rng.choice(len(_PARTS), int(rng.integers(1, 5)), replace=False):
        _PARTS[part](pen, body)
    if rng.random() < 0.3:
        turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), float(rng.normal(0, 25)), 1.0)
        canvas = np.asarray(cv2.warpAffine(canvas, turn, (SIDE, SIDE)))
    return canvas


class _Pen:
    """Draws with a hand that is not steady."""

    def __init__(self, canvas: Picture, thick: int, rng: np.random.Generator) -> None:
        self.canvas, self.thick, self.rng = canvas, thick, rng

    def line(self, *points: tuple[float, float], close: bool = False) -> None:
        shaken = np.array(points) + self.rng.normal(0, 1.2, (len(points), 2))
        cv2.polylines(self.canvas, [np.rint(shaken).astype(np.int32)], close, 255, self.thick, cv2.LINE_AA)

    def arc(self, x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> None:
        angles = np.radians(np.linspace(start, end, 24))
        radius = 1 + 0.06 * np.sin(angles * self.rng.integers(1, 4) + self.rng.uniform(0, 6))
        points = np.stack([x + rx * radius * np.cos(angles), y + ry * radius * np.sin(angles)], axis=1)
        cv2.polylines(self.canvas, [np.rint(points).astype(np.int32)], False, 255, self.thick, cv2.LINE_AA)


def _round(pen: _Pen, b: Box) -> None:
    pen.arc((b[0] + b[2]) / 2, (b[1] + b[3]) / 2, (b[2] - b[0]) / 2, (b[3] - b[1]) / 2)


def _box(pen: _Pen, b: Box) -> None:
    pen.line((b[0], b[1]), (b[2], b[1]), (b[2], b[3]), (b[0], b[3]), close=True)


def _cut_box(pen: _Pen, b: Box) -> None:
    x, y = b[0] + (b[2] - b[0]) * pen.rng.uniform(0.3, 0.7), b[1] + (b[3] - b[1]) * pen.rng.uniform(0.3, 0.7)
    pen.line((b[0], b[1]), (x, b[1]), (x, y), (b[2], y), (b[2], b[3]), (b[0], b[3]), close=True)


def _bows(pen: _Pen, b: Box) -> None:
    """Arches, one within the other."""
    x, rx, ry = (b[0] + b[2]) / 2, (b[2] - b[0]) / 2, b[3] - b[1]
    start, end = pen.rng.uniform(170, 215), pen.rng.uniform(325, 370)
    for k in range(int(pen.rng.integers(1, 5))):
        pen.arc(x, b[3], rx * (1 - 0.2 * k), ry * (1 - 0.2 * k), start, end)


def _two_rounds(pen: _Pen, b: Box) -> None:
    y, r = (b[1] + b[3]) / 2, (b[3] - b[1]) / 2
    pen.arc((b[0] + b[2]) / 2, y, (b[2] - b[0]) / 3, r)
    pen.arc(b[0], b[1], r * 0.6, r * 0.6)


def _ears(pen: _Pen, b: Box) -> None:
    w = (b[2] - b[0]) * pen.rng.uniform(0.15, 0.3)
    h = pen.rng.uniform(8, 20)
    for x in (b[0] + w * 0.3, b[2] - w * 1.3):
        pen.line((x, b[1] + 4), (x + w / 2, b[1] - h), (x + w, b[1] + 4))


def _wheels(pen: _Pen, b: Box) -> None:
    count, r = int(pen.rng.integers(2, 6)), pen.rng.uniform(3, 8)
    for x in np.linspace(b[0] + r, b[2] - r, count):
        pen.arc(float(x), b[3] + r * 0.6, r, r)


def _legs(pen: _Pen, b: Box) -> None:
    length = pen.rng.uniform(6, 18)
    for x in np.linspace(b[0] + 3, b[2] - 3, int(pen.rng.integers(2, 5))):
        pen.line((float(x), b[3]), (float(x), b[3] + length))


def _windows(pen: _Pen, b: Box) -> None:
    count = int(pen.rng.integers(1, 5))
    w = (b[2] - b[0]) / (2 * count + 1)
    for k in range(count):
        x = b[0] + w * (2 * k + 1)
        _box(pen, (x, b[1] + 4, x + w, b[1] + 4 + max(4.0, (b[3] - b[1]) * 0.4)))


def _chimney(pen: _Pen, b: Box) -> None:
    x, h = pen.rng.uniform(b[0], b[2] - 8), pen.rng.uniform(8, 22)
    pen.line((x, b[1]), (x, b[1] - h), (x + 7, b[1] - h), (x + 7, b[1]))


def _whiskers(pen: _Pen, b: Box) -> None:
    y = (b[1] + b[3]) / 2
    for side, out in ((b[0], -1), (b[2], 1)):
        for k in range(int(pen.rng.integers(1, 4))):
            pen.line((side - 6 * out, y), (side + 12 * out, y - 8 + 8 * k))


def _face(pen: _Pen, b: Box) -> None:
    x, y, w = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2, (b[2] - b[0]) / 5
    pen.arc(x - w, y - 5, 2, 2)
    pen.arc(x + w, y - 5, 2, 2)
    pen.arc(x, y + 4, w, 5, 10, 170)


def _tail(pen: _Pen, b: Box) -> None:
    x, y = b[2], b[1] + (b[3] - b[1]) * pen.rng.uniform(0.2, 0.9)
    pen.line((x, y), (x + 8, y - 4), (x + 12, y - 14), (x + 16, y - 16))


def _ground(pen: _Pen, b: Box) -> None:
    y = b[3] + pen.rng.uniform(2, 12)
    pen.line((b[0] - 12, y), (b[2] + 12, y))


def _clouds(pen: _Pen, b: Box) -> None:
    for x in (b[0], b[2]):
        pen.arc(x - 4, b[3], 7, 5)
        pen.arc(x + 5, b[3] + 2, 7, 5)


_BODIES: tuple[Callable[[_Pen, Box], None], ...] = (_round, _box, _cut_box, _bows, _bows, _two_rounds)
_PARTS: tuple[Callable[[_Pen, Box], None], ...] = (
    _ears, _wheels, _legs, _windows, _chimney, _whiskers, _face, _tail, _ground, _clouds,
)  # fmt: skip
