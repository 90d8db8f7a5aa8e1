"""Is a convolution's arithmetic right for maps of any size, and for any connection table?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kernels.derived import assert_close, curvature, gradient
from lenet5 import reference
from lenet5.architecture import SQUASHES, Architecture, Convolution, all_of
from lenet5.kernels import strips
from lenet5.kernels.convolution import add_gradient, add_spread, convolve, gather_units, sum_gradient
from lenet5.kernels.lanes import LANES, multiples
from lenet5.kernels.squash import curve
from lenet5.network import LeNet5
from networks import SMALL, start

Floats = NDArray[np.float32]

# Heights and widths: C1's and C3's, and some that fill no tile and no vector.
SIZES = [(28, 28), (10, 10), (1, 1), (7, 17), (29, 33), (5, 3), (11, 14)]
FRONT, BEHIND = 16, 96  # what the plan leaves around maps


class Map:
    """A map among other floats, in rows that are longer than it is wide, with room to pack a map's strips."""

    def __init__(self, values: Floats, row: int, table: list[int]) -> None:
        self.height, self.width = values.shape
        self.row = row
        self.packed = FRONT + (self.height + LANES) * row + BEHIND
        self.flat = np.zeros(self.packed + table[strips.VIEW] + strips.TOGETHER * table[strips.UNITS], np.float32)
        self.inner[...] = values

    @property
    def inner(self) -> Floats:
        rows = self.flat[FRONT : FRONT + self.height * self.row].reshape(self.height, self.row)
        return rows[:, : self.width]


@pytest.fixture(params=SIZES, ids=str)
def case(request: pytest.FixtureRequest, rng: np.random.Generator) -> tuple[Map, Map, Floats]:
    """A source, a map of its 5×5 windows, and a kernel."""
    height, width = request.param
    row, table = multiples(width + 4), strips.table(height, width)
    source = Map(rng.standard_normal((height + 4, width + 4)).astype(np.float32), row, table)
    above = Map(rng.standard_normal((height, width)).astype(np.float32), row, table)
    return source, above, rng.standard_normal(25).astype(np.float32)


def forward(source: Map, above: Map, kernel: Floats, bias: float, squash: str) -> None:
    """One kernel from one map to another."""
    weights, p = np.append(kernel, np.float32(bias)), np.array([0, 0, *strips.table(above.height, above.width)])
    convolve(
        above.flat,
        FRONT,
        above.row,
        above.height,
        1,
        source.flat,
        FRONT,
        source.row,
        0,
        1,
        2,
        source.packed,
        weights,
        0,
        25,
        p,
        0,
        1,
        tuple(np.array(curve(SQUASHES[squash], SQUASHES[squash].value), np.float32)),
    )


def windows(values: Floats) -> NDArray[Any]:
    return sliding_window_view(values.astype(np.float64), (5, 5))


def test_forward_squashes_the_bias_and_the_windows_times_the_kernel(case: tuple[Map, Map, Floats]) -> None:
    source, above, kernel = case
    expected = 0.3 + np.einsum("yxij,ij->yx", windows(source.inner), kernel.reshape(5, 5))
    for squash in SQUASHES:
        forward(source, above, kernel, 0.3, squash)
        np.testing.assert_allclose(above.inner, reference.squash(squash, expected), atol=1e-5)


def test_backward_spreads_each_error_over_its_window(case: tuple[Map, Map, Floats]) -> None:
    source, above, kernel = case
    framed = np.pad(above.inner, 4)
    expected = source.inner + np.einsum("yxij,ij->yx", windows(framed), kernel.reshape(5, 5)[::-1, ::-1])
    add_spread(source.flat, FRONT, source.row, above.height, above.width, above.flat, FRONT, above.row, kernel, 0)
    np.testing.assert_allclose(source.inner, expected, atol=1e-5)


def test_the_gradient_sums_over_all_places(case: tuple[Map, Map, Floats]) -> None:
    source, above, kernel = case
    expected = 1 + np.einsum("yxij,yx->ij", windows(source.inner), above.inner).reshape(25)
    table = strips.table(above.height, above.width)
    error, p = Map(above.inner, above.row, table), np.array(table)
    error.flat[FRONT + error.height * error.row :] = 7  # what lies behind a map must not count
    forward(source, above, kernel, 0.3, "none")  # packs the source
    lanes, found = np.zeros(25 * LANES, np.float32), np.ones(25, np.float32)
    gather_units(error.flat, FRONT, error.row, error.height, p, 0, error.packed)
    add_gradient(
        lanes,
        error.flat,
        FRONT,
        error.row,
        error.height,
        error.packed,
        source.flat,
        FRONT,
        source.row,
        source.packed,
        p,
        0,
    )
    sum_gradient(found, 0, lanes)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert not lanes.any()


@st.composite
def tables(draw: st.DrawFn) -> Architecture:
    """A small network with any connection table over any number of maps."""
    below = draw(st.integers(1, 5))
    sources = st.sets(st.integers(0, below - 1), min_size=1).map(lambda s: tuple(sorted(s)))
    table = tuple(draw(st.lists(sources, min_size=1, max_size=6)))
    c5 = Convolution(all_of(draw(st.integers(1, 20)), len(table)))
    return replace(SMALL, name="drawn", c1=Convolution(all_of(below, 1)), c3=Convolution(table), c5=c5)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(net=tables(), seed=st.integers(0, 2**32))
def test_any_connection_table(net: Architecture, seed: int, pictures: NDArray[np.float64]) -> None:
    t, labels = start(net, np.random.default_rng(seed)), np.array([2, 0])
    found = LeNet5(net, t).activations(pictures.astype(np.float32))
    expected = reference.forward(net, t, pictures)
    assert_close({"c3": found["c3"], "output": found["output"]}, {k: expected[k] for k in ("c3", "output")}, 1e-5)
    _, by = reference.gradient(net, t, pictures, labels, "mse")
    assert_close(gradient(net, t, pictures, labels, "mse")[1], by, 1e-4)
    assert_close(curvature(net, t, pictures, labels, "mse"), reference.curvature(net, t, pictures, labels, "mse"), 1e-4)
