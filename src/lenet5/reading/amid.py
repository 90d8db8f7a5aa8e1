"""One digit among others: a picture of which only the middle is meant, with neighbours and rules at its edges.

The ink is made ready for the recognition graph, which tells the digit in the middle from what stands beside it.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from lenet5.pictures.masks import PART, Grey, inked, parts, transposed
from lenet5.pictures.normalise import FIELD
from lenet5.reading.rules import without_edges

Others = Literal["none", "perhaps", "some"]

MOST = 0.97  # of the ink, in its largest part: then there is nothing else
SIDE = 150  # pixels; in a smaller picture seams cannot part strokes that nearly touch
AS_HIGH = 0.7  # of the higher one's height: two digits side by side
CENTRED = 0.1  # of their width, how far both together may be off the middle
FAINT = 0.6  # the power that makes faint strokes fuller, and leaves full ones as they are


def others(ink: Grey) -> Others:
    """Whether others stand beside the digit in ink (H, W): some, if ink comes in from outside and is more than one
    part; perhaps, if only one of both.

    A digit that fills its picture touches the edge too. A picture of MNIST's size was made of one digit.
    """
    if max(ink.shape) <= FIELD:
        return "none"
    from_outside = _comes_in(ink)
    areas = parts(inked(ink))[1][1:, 4]
    several = len(areas) > 1 and bool(areas.max() < MOST * areas.sum())
    return "some" if from_outside and several else "perhaps" if from_outside or several else "none"


def are_two(ink: Grey) -> bool:
    """Whether ink (H, W) is two parts of one height side by side, as 10 is, and the middle between them: none is meant.

    In a picture larger than MNIST's, what comes in from outside stands beside the one that is meant.
    """
    stats = parts(inked(ink))[1][1:]
    high = stats[stats[:, 3] >= AS_HIGH * stats[:, 3].max(initial=0)]
    if len(high) != 2 or (max(ink.shape) > FIELD and _comes_in(ink)):
        return False
    (first, second), (end, last) = np.sort(high[:, 0]).tolist(), np.sort(high[:, 0] + high[:, 2]).tolist()
    return bool(second >= end and abs(first + last - ink.shape[1]) <= max(2, 2 * CENTRED * (last - first)))


def _comes_in(ink: Grey) -> bool:
    """Whether ink reaches an edge of its picture."""
    return max(float(edge.max()) for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1])) >= PART


def enlarged(ink: Grey) -> tuple[Grey, float]:
    """The ink (H, W), large enough to be cut, its faint strokes fuller, without the rules at its edges; and how much
    larger it is."""
    scale = max(1.0, SIDE / max(ink.shape))
    if scale > 1:
        ink = np.asarray(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
    ink = np.power(np.clip(ink, 0, 1), np.float32(FAINT))
    for _ in range(2):
        ink = transposed(without_edges(ink))
    return ink, scale
