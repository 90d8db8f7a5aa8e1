"""Greys out of dots: what a fax, a newspaper or a dithered scan makes of paper that is not quite white.

Such a picture is black and white alone, and its paper is full of specks, as many as its darkness asks for. The specks
are blurred away before ink is looked for. Noise that is by chance has fewer specks of one pixel than a dither, which
keeps them apart, and smaller ones than a halftone, which clusters them: noise stays as it is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_SIDE = 40  # pixels: strokes of a smaller picture are hardly wider than dots
BETWEEN = 0.02  # of the pixels, that may be neither black nor white
SPECK = 24  # pixels at most
DITHER = 0.16  # specks a pixel; noise has 0.14 at most
HALFTONE, CLUSTER = (0.02, 0.08), 2.5  # specks a pixel, and pixels a speck; noise of so few has specks of 1.3
MANY = 200_000  # pixels tell whether a picture is black and white


def undithered(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The greys (H, W) of a picture, uint8 (H, W) or (H, W, 3), that are dots in it; any other as it is."""
    if min(picture.shape[:2]) < LEAST_SIDE:
        return picture
    step = math.isqrt(picture.size // MANY) or 1
    some = picture[::step, ::step].astype(np.int16)
    coloured = picture.ndim == 3 and bool((some != some[..., :1]).any())
    if coloured or (np.abs(some - 127.5) < 64).mean() > BETWEEN:
        return picture
    grey = picture if picture.ndim == 2 else np.ascontiguousarray(picture[..., 1])
    black = np.asarray(grey < 128, np.uint8)
    found = (cv2.connectedComponentsWithStats(side, connectivity=4)[2] for side in (black, 1 - black))
    sizes = np.concatenate([stats[1:, cv2.CC_STAT_AREA] for stats in found])
    specks = sizes[sizes <= SPECK]
    share = len(specks) / grey.size
    clustered = HALFTONE[0] <= share <= HALFTONE[1] and specks.mean() >= CLUSTER
    if not (share >= DITHER or clustered):
        return picture
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.55 + 0.65 * math.sqrt(specks.mean())), np.uint8)
