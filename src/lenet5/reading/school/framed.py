"""Pictures that are small and filled by what is on them: now and then their paper instead of their ink."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.ink import find_ink
from lenet5.pictures.normalise import normalise
from lenet5.reading.glyph import the_glyph

__all__ = ["framed"]

Images = NDArray[np.uint8]


def framed(picture: Images, rng: np.random.Generator) -> Images:
    """Ink on black, uint8 (H, W), shrunk into a small frame, inverted or not, and read again: uint8 (28, 28)."""
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
