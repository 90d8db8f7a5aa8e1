"""A glyph of any size as a picture like MNIST's: in a box of 20×20, anti-aliased, centred by mass.

MNIST was made so (section III-A): the glyph is scaled, its aspect kept, until its longer side is 20 pixels,
which leaves grey levels at its edges, and is then moved in a 28×28 field until its centre of mass is at the
middle. In all 60,000 training pictures the centre of mass lies within half a pixel of index 14 in both
directions, so the move is by whole pixels and the middle is 14, not 13.5.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.errors import PictureError

BOX = 20
FIELD = 28
MIDDLE = 14
# Not in the paper: a picture that was enlarged has a faint halo around its ink, no part of the glyph.
FAINTEST = 0.05  # of the darkest ink
# Not in the paper: the stroke of a thin pen is fainter in 28×28 than any of MNIST's; its darkest is made full ink.
THIN = 200
# Not in the paper: enlarged edges are wider than any of MNIST's by as much; how much of that is made steep again.
STEEPER = 0.5


def bounding_box(ink: NDArray[Any], least: float = 0.0) -> tuple[int, int, int, int] | None:
    """(x, y, width, height) of what is above `least` in a picture (H, W), or None where nothing is."""
    marked = (ink > least).view(np.uint8)
    x, y, width, height = cv2.boundingRect(marked)
    return (x, y, width, height) if width else None


def normalise(ink: NDArray[Any], *, steep: bool = False) -> NDArray[np.uint8]:
    """One glyph as MNIST would hold it.

    ink: (H, W), any integer or float type, 0 is paper and the largest value is full ink.
    steep: whether edges stay steep where the glyph is of a few pixels and is enlarged; specks become writing, too.
    Returns uint8 (28, 28), 0 is background and 255 is ink; all 0 where there is no ink.
    Raises PictureError for anything but a finite two-dimensional picture.
    """
    if ink.ndim != 2 or not ink.size:
        raise PictureError(f"a glyph of shape {ink.shape}; expected (H, W) with at least one pixel")
    grey = np.ascontiguousarray(ink, dtype=np.float32)
    darkest, lightest = float(grey.max()), float(grey.min())
    if not math.isfinite(darkest - lightest):
        raise PictureError("a glyph with values that are not finite; expected numbers, 0 for paper")
    field = np.zeros((FIELD, FIELD), np.uint8)
    box = bounding_box(grey, FAINTEST * darkest)
    if darkest <= 0 or box is None:
        return field
    x, y, width, height = box
    whole = grey[y : y + height, x : x + width]
    glyph = _fit(np.maximum(whole, 0) if lightest < 0 else whole, np.float32(255 / darkest), steep)
    highest = float(glyph.max())
    _put_by_mass(field, np.asarray(cv2.convertScaleAbs(glyph, alpha=255 / highest if highest < THIN else 1.0)))
    return field


def _fit(glyph: NDArray[np.float32], full: np.float32, steep: bool) -> NDArray[np.float32]:
    """The glyph scaled until its longer side is 20 pixels, its ink times `full`."""
    height, width = glyph.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return np.asarray(glyph * full)
    # An area average is what anti-aliasing means when shrinking; it has no meaning when growing.
    growing = cv2.INTER_CUBIC if steep else cv2.INTER_LINEAR
    fitted = np.asarray(cv2.resize(glyph, size, interpolation=cv2.INTER_AREA if scale < 1 else growing)) * full
    if steep and scale > 1:
        fitted = np.clip((fitted - 127.5) * (1 + STEEPER * (scale - 1)) + 127.5, 0, 255)
    return np.asarray(fitted, np.float32)


def _put_by_mass(field: NDArray[np.uint8], glyph: NDArray[np.uint8]) -> None:
    """Draw the glyph into the field so that its centre of mass falls on the middle, to a whole pixel."""
    moments = cv2.moments(glyph)
    height, width = glyph.shape
    left = round(MIDDLE - moments["m10"] / moments["m00"])
    top = round(MIDDLE - moments["m01"] / moments["m00"])
    # The mass of an L or a 7 may pull a corner of the box over the edge: the box wins, nothing is cut off.
    left = min(max(left, 0), FIELD - width)
    top = min(max(top, 0), FIELD - height)
    field[top : top + height, left : left + width] = glyph
