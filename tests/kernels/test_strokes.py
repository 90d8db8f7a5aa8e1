"""Ways down through a stroke against all ways that there are, on masks small enough to try each."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.kernels.strokes import AWAY, STEP, ways


def _cost(mask: NDArray[np.uint8], way: tuple[int, ...], own: int) -> float:
    """Ink crossed, steps aside, and distance from the column that the way belongs to. Beside the mask lies paper."""
    ink = sum(int(mask[row, x]) for row, x in enumerate(way) if 0 <= x < mask.shape[1])
    return ink + STEP * float(np.abs(np.diff(way)).sum()) + AWAY * sum(abs(x - own) for x in way)


def _cheapest(mask: NDArray[np.uint8], own: int, reach: int) -> float:
    """The least cost of all ways that step aside by at most one column a row."""
    columns = range(own - reach, own + reach + 1)
    all_ways = product(columns, repeat=len(mask))
    return min(_cost(mask, way, own) for way in all_ways if np.abs(np.diff(way)).max() <= 1)


@pytest.mark.parametrize("seed", range(5))
def test_no_way_is_cheaper(seed: int) -> None:
    mask = np.random.default_rng(seed).integers(0, 2, (5, 6), np.uint8)
    found, crossed = ways(mask, 2)
    assert found.shape == (6, 5)
    for own in range(6):
        way = tuple(int(x) for x in found[own])
        assert np.abs(np.diff(way)).max() <= 1
        assert np.abs(np.array(way) - own).max() <= 2
        assert _cost(mask, way, own) == pytest.approx(_cheapest(mask, own, 2), abs=1e-5)
        assert crossed[own] == sum(int(mask[row, x]) for row, x in enumerate(way) if 0 <= x < 6)


def test_through_paper_it_goes_straight_down() -> None:
    found, crossed = ways(np.zeros((8, 5), np.uint8), 3)
    np.testing.assert_array_equal(found, np.repeat(np.arange(5)[:, None], 8, axis=1))
    np.testing.assert_array_equal(crossed, np.zeros(5))


def test_it_goes_through_a_gap_that_is_within_reach() -> None:
    mask = np.ones((7, 9), np.uint8)
    mask[:, 6] = 0  # the gap
    found, crossed = ways(mask, 2)
    assert crossed[4] == 0
    assert set(found[4]) == {6}
    assert crossed[3] == 7  # three columns away: out of reach


def test_with_no_reach_a_column_crosses_its_own_ink() -> None:
    mask = np.random.default_rng(0).integers(0, 2, (6, 4), np.uint8)
    found, crossed = ways(mask, 0)
    np.testing.assert_array_equal(found, np.repeat(np.arange(4)[:, None], 6, axis=1))
    np.testing.assert_array_equal(crossed, mask.sum(axis=0))
