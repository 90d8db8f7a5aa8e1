"""A network slid over a line: the space-displacement network (section VII), which reads without cutting."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import SIDE
from lenet5.network import LeNet5
from lenet5.pictures.normalise import BOX
from lenet5.reading.pieces import Line

STEP = 4  # pixels from one place to the next: two subsamplings
WIDEST = 2048  # pixels that a network is slid over


def slid_over(line: Line, network: LeNet5) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """What a network says every four pixels of a line.

    Returns the picture that it sees, uint8 (32, W), digits 20 pixels high with a window of paper at both sides, and
    the penalties of each place, (places, classes).
    """
    width = line.ink.shape[1]
    scale = min(BOX / line.height, (WIDEST - 2 * SIDE) / width)
    size = (max(1, round(width * scale)), max(1, round(line.ink.shape[0] * scale)))
    ink = cv2.resize(line.ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    seen = np.zeros((SIDE, size[0] + 2 * SIDE), np.uint8)
    rows = np.arange(SIDE) - round(SIDE / 2 - scale * (line.top + line.bottom) / 2)
    inside = (rows >= 0) & (rows < size[1])
    seen[inside, SIDE:-SIDE] = np.rint(255 * np.clip(ink, 0, 1)).astype(np.uint8)[rows[inside]]
    return seen, network.slide(seen[None])[0, 0]
