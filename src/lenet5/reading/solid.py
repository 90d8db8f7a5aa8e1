"""Marks that were filled in: discs, squares, hearts. No pen's strokes make a digit so thick and so round."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import depth

HALF = 128  # of 255, ink from which a pixel belongs to a mark
PEN = 6  # pixels of 28: hardly a pen's stroke is thicker
ROUND = 0.88  # of its hull, what a mark covers: the noughts and loops of a broad pen are not as round


def filled(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much thicker than a pen's strokes the mark in each image is, pixels (N,), for images (N, 28, 28).

    0 where a mark has dents, as the digits of the broadest pens have.
    """
    count, height, width = images.shape
    apart = np.zeros((count, height + 1, width), np.uint8)  # no round reaches from one image into the next
    apart[:, :height] = images >= HALF
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (PEN + 1, PEN + 1))
    thicker = np.zeros(count, np.float32)
    if not count:
        return thicker
    thick = cv2.erode(apart.reshape(-1, width), round_, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    for k in np.flatnonzero(thick.reshape(count, -1).any(axis=1)):
        hull = cv2.convexHull(cv2.findNonZero(apart[k]))
        whole = cv2.fillConvexPoly(np.zeros_like(apart[k]), hull, 1)
        if apart[k].sum() >= ROUND * whole.sum():
            thicker[k] = max(0.0, 2 * float(depth(apart[k]).max()) - 1 - PEN)
    return thicker
