"""Does every unit of a map lie in exactly one lane of one vector?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from lenet5.kernels import convolution, plan
from lenet5.kernels.plan import strips_of
from lenet5.machine.native import LANES


@njit
def pack(*values):
    convolution.pack(*values)


@njit
def gather(*values):
    convolution.gather(*values)


@njit
def scatter(*values):
    convolution.scatter(*values)


SIZES = [(28, 28), (10, 10), (1, 1), (7, 17), (13, 6), (5, 3)]


def narrow(table: Any) -> list[tuple[int, ...]]:
    return [tuple(strip) for strip in table["narrow"][: table["count"]]]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_strips_cover_the_width_once(size: tuple[int, int]) -> None:
    table = strips_of(*size)
    assert table["whole"] % LANES == 0
    x = table["whole"]
    for start, columns, rows, _, _ in narrow(table):
        assert start == x
        assert LANES % columns == 0
        assert (rows - 1) * LANES < size[0] * columns <= rows * LANES
        x += columns
    assert size[1] <= x < size[1] + LANES
    assert table["windows"] == (table["units"] // LANES + 4 * table["count"]) * plan.PACKED_ROW


def test_the_maps_of_lenet5_waste_few_lanes() -> None:
    """C1 and C3: 28 × 28 units and 10 × 10."""
    for side, most in ((28, 784), (10, 112)):
        table = strips_of(side, side)
        assert table["whole"] * side + table["units"] <= most


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_units_gathered_are_scattered_to_where_they_were(size: tuple[int, int], rng: np.random.Generator) -> None:
    height, width = size
    row = 2 * LANES + width
    map_ = np.full((height + LANES, row), 7, np.float32)
    map_[:height, :width] = rng.standard_normal(size)
    map_[:height, width:] = 0
    t = strips_of(*size)
    units, back = np.full(t["units"] + LANES, np.nan, np.float32), map_.copy()
    for x, columns, rows, _, at in narrow(t):
        back[:height, x : x + columns] = 0
        gather(units, at, (height, rows, columns), map_.reshape(-1), x, row)
        assert np.count_nonzero(units[at : at + rows * LANES]) == np.count_nonzero(map_[:height, x : x + columns])
        scatter(back.reshape(-1), x, row, (rows, columns), units, at)
    np.testing.assert_array_equal(back[:height], map_[:height])
    assert np.isnan(units[t["units"] :]).all()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_packed_view_has_what_each_unit_sees_in_the_unit_s_lane(
    size: tuple[int, int], rng: np.random.Generator
) -> None:
    height, width = size
    row = 2 * LANES + width
    source = rng.standard_normal((height + 4 + LANES, row)).astype(np.float32)
    t = strips_of(*size)
    view = np.full(t["windows"], np.nan, np.float32)
    for x, columns, rows, at, _ in narrow(t):
        pack(view, at, (rows, columns), source.reshape(-1), x, row)
        packed = view[at:][: (rows + 4) * plan.PACKED_ROW].reshape(rows + 4, 5, LANES // columns, columns)
        for y in range(height):
            part, q = divmod(y, rows)
            for i in range(5):
                for j in range(5):
                    np.testing.assert_array_equal(packed[q + i, j, part], source[y + i, x + j : x + j + columns])
    assert not np.isnan(view).any()
