"""Marks that were filled in: discs, squares, hearts. No pen's strokes make a digit so thick and so round."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import depth

__all__ = ["filled"]

HALF = 128  # of 255, ink from which a pixel belongs to a mark
PEN = 6.0  # pixels of 28: hardly a pen's stroke is thicker
ROUND = 0.88  # of its hull, what a mark covers: the noughts and loops of a broad pen are not as round


def filled(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much thicker than a pen's strokes the mark in each image is, pixels (N,), for images (N, 28, 28).

    0 where a mark has dents, as the digits of the broadest pens have.
    """
    count, height, width = images.shape
    apart = np.zeros((count, height + 1, width), np.uint8)  # no round reaches from one image into the next
    apart[:, :height] = images >= HALF
    deepest = depth(apart.reshape(-1, width)).reshape(count, -1).max(axis=1, initial=0)
    thicker = np.maximum(0, 2 * deepest - 1 - PEN)
    for k in np.flatnonzero(thicker):
        hull = cv2.convexHull(cv2.findNonZero(apart[k]))
        whole = cv2.fillConvexPoly(np.zeros_like(apart[k]), hull, 1)
        thicker[k] *= apart[k].sum() >= ROUND * whole.sum()
    return np.asarray(thicker, np.float32)
