"""A line of digits as a field to answer: cropped, cut into pieces, with the candidates of its graph."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.fields import LineField
from lenet5.reading.graph import Geometry, candidates
from lenet5.reading.layout import cropped
from lenet5.reading.pieces import cut
from lenet5.reading.place import Place
from lenet5.reading.rules import drawn_along

# Not in the paper: further looks at a line, chosen on lines put together. The power of its ink, which makes strokes
# bolder, and what more than its own slant is taken off. Lines of letters, which keep theirs, gain nothing by them.
LOOKS = ((0.5, -0.12), (0.7, -0.2))


def line_field(ink: NDArray[np.float32], place: Place, geometry: Geometry) -> LineField:
    """One line of digits, from its ink (H, W), which has a place in the picture."""
    ink, matrix = cropped(ink)
    ink, struck = drawn_along(ink)
    place = place.inside(matrix)

    def seen(power: float = 1.0, lean: float = 0.0) -> LineField:
        line = cut(ink**power, geometry.slanted, lean)
        upright = np.array([[1, line.slant, line.shift - line.slant * ink.shape[0] / 2], [0, 1, 0], [0, 0, 1.0]])
        own = place.inside(np.linalg.inv(upright))
        return LineField(line, tuple(candidates(line, geometry)), own, geometry, struck)

    return replace(seen(), looks=tuple(partial(seen, *look) for look in LOOKS if geometry.slanted))
