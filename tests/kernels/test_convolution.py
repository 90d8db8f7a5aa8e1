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

from kernels.derived import assert_close, curvature, gradient, record
from lenet5 import reference
from lenet5.architecture import SQUASHES, Architecture, Convolution, all_of
from lenet5.kernels.plan import MAPS, TOGETHER, curve, multiples, strips_of
from lenet5.machine.native import LANES, Kernel
from lenet5.network import LeNet5
from networks import SMALL, start

convolve, convolve_back, convolve_gradient = (
    Kernel("lenet5.kernels.convolution", name) for name in ("convolve", "convolve_back", "convolve_gradient")
)

Floats = NDArray[np.float32]

# Heights and widths: C1's and C3's, and some that fill no tile and no vector.
SIZES = [(28, 28), (10, 10), (1, 1), (7, 17), (29, 33), (5, 3), (11, 14)]
FRONT, BEHIND = 16, 96  # what the plan leaves around maps


TABLE = np.array([0, 1, 0, 1])  # one map, whose kernel 0 sees map 0 below; one map is computed at a time


class Case:
    """A map of the 5×5 windows of another, in rows that are longer than they are wide, and what kernels know of them.

    Both lie among other floats, as do their errors.
    """

    def __init__(self, height: int, width: int, rng: np.random.Generator) -> None:
        row, strips = multiples(width + 4), strips_of(height, width)
        above, packed = (FRONT + k * ((height + 4 + LANES) * row + BEHIND) for k in (1, 2))
        sizes = {"maps": 1, "row": row}
        self.below = record(MAPS, **sizes, height=height + 4, width=width + 4, size=(height + 4) * row, start=FRONT)
        self.layer = record(
            MAPS, **sizes, height=height, width=width, size=height * row, start=above, weight=0, bias=25, kernels=1,
            first=0, source=2, together=3, packed=packed, strips=strips,
        )  # fmt: skip
        floats = packed + strips["windows"] + TOGETHER * strips["units"]
        self.maps, self.errors = np.zeros(floats, np.float32), np.zeros(floats, np.float32)
        self.weights = rng.standard_normal(26).astype(np.float32)
        self.kernel = self.weights[:25].reshape(5, 5)
        of(self.maps, self.below)[...] = rng.standard_normal((height + 4, width + 4))
        of(self.errors, self.layer)[...] = rng.standard_normal((height, width))

    def forward(self, squash: str) -> None:
        self.layer["value"] = curve(SQUASHES[squash], SQUASHES[squash].value)
        convolve(self.maps, self.layer, self.below, self.weights, TABLE)


def of(floats: Floats, layer: Any) -> Floats:
    rows = floats[layer["start"] : layer["start"] + layer["size"]].reshape(layer["height"], layer["row"])
    return rows[:, : layer["width"]]


@pytest.fixture(params=SIZES, ids=str)
def case(request: pytest.FixtureRequest, rng: np.random.Generator) -> Case:
    return Case(*request.param, rng)


def windows(values: Floats) -> NDArray[Any]:
    return sliding_window_view(values.astype(np.float64), (5, 5))


def test_forward_squashes_the_bias_and_the_windows_times_the_kernel(case: Case) -> None:
    expected = case.weights[25] + np.einsum("yxij,ij->yx", windows(of(case.maps, case.below)), case.kernel)
    for squash in SQUASHES:
        case.forward(squash)
        np.testing.assert_allclose(of(case.maps, case.layer), reference.squash(squash, expected), atol=1e-5)


def test_backward_spreads_each_error_over_its_window(case: Case) -> None:
    framed = np.pad(of(case.errors, case.layer), 4)
    expected = np.einsum("yxij,ij->yx", windows(framed), case.kernel[::-1, ::-1])
    of(case.errors, case.below)[...] = 7  # from a picture before
    convolve_back(case.errors, case.layer, case.below, case.weights, TABLE)
    np.testing.assert_allclose(of(case.errors, case.below), expected, atol=1e-5)


def test_the_gradient_sums_over_all_places(case: Case) -> None:
    expected = 1 + np.einsum("yxij,yx->ij", windows(of(case.maps, case.below)), of(case.errors, case.layer))
    end = case.layer["start"] + case.layer["size"]
    case.errors[end : end + case.layer["row"]] = 7  # what lies behind a map must not count
    case.forward("none")  # packs the source
    sums, found = np.zeros(25 * LANES, np.float32), np.ones(26, np.float32)
    convolve_gradient(found, case.errors, case.maps, case.layer, case.below, TABLE, sums)
    np.testing.assert_allclose(found[:25], expected.reshape(25), atol=1e-4)
    assert not sums.any()


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
