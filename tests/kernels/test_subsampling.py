"""Do S2 and S4 join 2×2 units as they should, whatever the size of the map?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.derived import record
from lenet5.kernels.plan import MAPS, multiples
from lenet5.machine.native import Kernel

subsample, subsample_back, subsample_gradient = (
    Kernel("lenet5.kernels.subsampling", name) for name in ("subsample", "subsample_back", "subsample_gradient")
)

SIZES = [(14, 14), (5, 5), (3, 17), (1, 1)]  # of the map above
FRONT, BEHIND = 16, 96


def rows(floats: NDArray[np.float32], start: int, layer: Any) -> NDArray[np.float64]:
    found = floats[start : start + layer["size"]].reshape(layer["height"], layer["row"])
    return found[:, : layer["width"]].astype(np.float64)


@pytest.mark.parametrize("kind", ["sum", "average", "maximum"])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_forward_and_back(kind: str, height: int, width: int, rng: np.random.Generator) -> None:
    share, maximum = 0.25 if kind == "average" else 1.0, kind == "maximum"
    row, row_below, weights = multiples(width), multiples(2 * width), np.array([0.7, 0.2, 0.0], np.float32)
    start = FRONT + 2 * height * row_below + BEHIND
    sums = start + height * row + BEHIND
    sizes = {"maps": 1, "height": height, "width": width, "row": row, "size": height * row}
    layer = record(MAPS, **sizes, start=start, sums=sums, weight=0, bias=1, share=share, maximum=maximum)
    sizes = {"maps": 1, "height": 2 * height, "width": 2 * width, "row": row_below, "size": 2 * height * row_below}
    below = record(MAPS, **sizes, start=FRONT, bias=2)
    maps = rng.standard_normal(sums + height * row + BEHIND).astype(np.float32)
    fours = rows(maps, FRONT, below).reshape(height, 2, width, 2).transpose(0, 2, 1, 3)
    joined = share * fours.sum((2, 3))
    expected = fours.max((2, 3)) if maximum else 0.7 * joined + 0.2

    subsample(maps, layer, below, weights)
    np.testing.assert_allclose(rows(maps, start, layer), expected, rtol=1e-5, atol=1e-6)

    errors, gradient = rng.standard_normal(maps.shape).astype(np.float32), np.zeros(3, np.float32)
    of_units = rows(errors, start, layer)
    subsample_gradient(gradient, errors, maps, layer)
    by = (0, 0) if maximum else ((of_units * joined).sum(), of_units.sum())
    np.testing.assert_allclose(gradient[:2], by, atol=1e-4)

    subsample_back(errors, maps, layer, below, weights, gradient, False)
    taken = fours == fours.max((2, 3), keepdims=True) if maximum else np.full_like(fours, 0.7 * share)
    back = (of_units[:, :, None, None] * taken).transpose(0, 2, 1, 3).reshape(2 * height, 2 * width)
    np.testing.assert_allclose(rows(errors, FRONT, below), back, rtol=1e-5, atol=1e-6)
    assert gradient[2] == pytest.approx(back.sum(), abs=1e-4)
