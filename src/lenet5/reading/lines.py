"""A line of digits as a field to answer: cropped, cut into pieces, with the candidates of its graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.fields import LineField
from lenet5.reading.graph import Geometry, candidates
from lenet5.reading.layout import cropped
from lenet5.reading.pieces import cut
from lenet5.reading.place import Place
from lenet5.reading.rules import drawn_along

__all__ = ["line_field"]


def line_field(ink: NDArray[np.float32], place: Place, geometry: Geometry) -> LineField:
    """One line of digits, from its ink (H, W), which has a place in the picture."""
    ink, matrix = cropped(ink)
    ink, struck = drawn_along(ink)
    line = cut(ink, geometry.slanted)
    upright = np.array([[1, line.slant, line.shift - line.slant * ink.shape[0] / 2], [0, 1, 0], [0, 0, 1.0]])
    place = place.inside(matrix @ np.linalg.inv(upright))
    return LineField(line, tuple(candidates(line, geometry)), place, geometry, struck)
