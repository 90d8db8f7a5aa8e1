"""Are the reference's derivatives right? Against central differences, and one connection at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5 import reference
from lenet5.architecture import (
    LENET5_LINEAR,
    LENET5_SOFTMAX,
    Architecture,
    Convolution,
    EuclideanRBF,
    FullConnection,
    Subsampling,
)
from lenet5.reference import curvature, forward, gradient, losses, squash, subsample_back
from networks import LEARNABLE, NETWORKS, SMALL, SMALL_LINEAR, SMALL_TANH, name, start

Array = NDArray[np.float64]


# ---- Gradients.


def difference(E: Callable[[float], float], step: float) -> float:
    """E'(0), by central differences of the fourth order."""
    return (8 * (E(step) - E(-step)) - (E(2 * step) - E(-2 * step))) / (12 * step)


@pytest.mark.parametrize(("net", "loss"), LEARNABLE, ids=name)
def test_the_gradient_is_that_of_central_differences(
    net: Architecture, loss: str, rng: np.random.Generator, pictures: Array
) -> None:
    t, labels = start(net, rng), np.array([2, 0])
    mean, g = gradient(net, t, pictures, labels, loss)
    assert set(g) == {n for n in t if n != "rbf.codes"}
    # A step small enough that no maximum passes to another of its four inputs.
    step = 1e-6 if "maximum" in (net.s2.kind, net.s4.kind) else 1e-3
    for n, by in g.items():
        assert by.shape == t[n].shape
        steepest = np.zeros_like(by)
        steepest.flat[np.abs(by).argmax()] = 1
        for v in (steepest, by / np.linalg.norm(by), rng.standard_normal(by.shape) / math.sqrt(by.size)):

            def E(s: float, n: str = n, v: Array = v) -> float:
                return reference.loss(net, t | {n: t[n] + s * v}, pictures, labels, loss)

            assert E(0) == mean
            assert (by * v).sum() == pytest.approx(difference(E, step), abs=1e-6 * np.linalg.norm(by)), n


@pytest.mark.parametrize("power", [1, 2])
def test_of_equal_inputs_the_first_is_the_maximum(power: int) -> None:
    x, o, by_o = np.zeros((1, 1, 2, 5)), np.zeros((1, 1, 1, 2)), np.array([[[[3.0, 4.0]]]])
    by_x, by_nothing = subsample_back(Subsampling("maximum", "none"), {}, x, o, by_o, power)
    assert by_x[0, 0].tolist() == [[3, 0, 4, 0, 0], [0, 0, 0, 0, 0]]
    assert by_nothing == {}


def test_the_mean_over_patterns_is_taken(rng: np.random.Generator, pictures: Array) -> None:
    t, labels = start(SMALL, rng), np.array([2, 0])
    both, _ = gradient(SMALL, t, pictures, labels, "map")
    each = [gradient(SMALL, t, pictures[p : p + 1], labels[p : p + 1], "map")[0] for p in range(2)]
    assert both == pytest.approx(np.mean(each), rel=1e-12)


def test_curvature_is_never_negative(rng: np.random.Generator, pictures: Array) -> None:
    for net, loss in LEARNABLE:
        h = curvature(net, start(net, rng), pictures, np.array([1, 2]), loss)
        assert min(by.min() for by in h.values()) >= 0


# ---- One connection at a time: the network as the paper draws it, with no arrays of maps and no sharing.

Connections = Iterator[tuple[int, int, int]]  # unit above, unit below, weight


def of_convolution(layer: Convolution, side: int) -> Connections:
    above = side - 4
    for kernel, (m, s) in enumerate(layer.pairs):
        for y, x in np.ndindex(above, above):
            for i, k in np.ndindex(5, 5):
                yield (m * above + y) * above + x, (s * side + y + i) * side + x + k, kernel * 25 + 5 * i + k


def of_full(units: int, below: int) -> Connections:
    return ((i, j, i * below + j) for i in range(units) for j in range(below))


def slope_at(f: str, a: Array) -> Array:
    return (squash(f, a + 1e-5) - squash(f, a - 1e-5)) / 2e-5


class ByConnection:
    """A layer of weighted connections: eqs. 5, 19, 23, 25 and 27, spelled out."""

    def __init__(self, connections: Connections, weight: Array, bias: Array, f: str, units: int) -> None:
        self.to, self.by, self.k = np.array(list(connections)).T
        self.weight, self.bias, self.f, self.units = weight.reshape(-1), bias, f, units

    def forward(self, x: Array) -> Array:
        self.x, self.a = x, np.repeat(self.bias, self.units // len(self.bias))
        np.add.at(self.a, self.to, self.weight[self.k] * x[self.by])
        return squash(self.f, self.a)

    def back(self, by_o: Array) -> tuple[Array, Array, Array]:
        by_a = slope_at(self.f, self.a) ** 2 * by_o
        by_x, h, h_bias = np.zeros_like(self.x), np.zeros_like(self.weight), np.zeros_like(self.bias)
        np.add.at(by_x, self.by, self.weight[self.k] ** 2 * by_a[self.to])
        np.add.at(h, self.k, by_a[self.to] * self.x[self.by] ** 2)
        np.add.at(h_bias, np.arange(self.units) // (self.units // len(self.bias)), by_a)
        return by_x, h, h_bias


class ByFours:
    """A subsampling layer, one unit at a time."""

    def __init__(self, layer: Subsampling, side: int, coefficient: Array, bias: Array) -> None:
        self.layer, self.side, self.c, self.b = layer, side, coefficient, bias

    def units(self, x: Array) -> Iterator[tuple[int, int, list[int]]]:
        """(unit, its map, its four inputs)."""
        half = self.side // 2
        for unit, (m, y, k) in enumerate(np.ndindex(len(x) // self.side**2, half, half)):
            at = (m * self.side + 2 * y) * self.side + 2 * k
            yield unit, m, [at, at + 1, at + self.side, at + self.side + 1]

    def forward(self, x: Array) -> Array:
        self.x = x
        if self.layer.kind == "maximum":
            return np.array([max(x[four]) for _, _, four in self.units(x)])
        share = 4 if self.layer.kind == "average" else 1
        self.pooled = np.array([sum(x[four]) / share for _, _, four in self.units(x)])
        self.a = np.array([self.c[m] * self.pooled[u] + self.b[m] for u, m, _ in self.units(x)])
        return squash(self.layer.squash, self.a)

    def back(self, by_o: Array) -> tuple[Array, Array, Array]:
        by_x, h, h_bias = np.zeros_like(self.x), np.zeros_like(self.c), np.zeros_like(self.b)
        for u, m, four in self.units(self.x):
            if self.layer.kind == "maximum":
                by_x[max(four, key=self.x.__getitem__)] += by_o[u]
                continue
            by_a = slope_at(self.layer.squash, self.a[u : u + 1])[0] ** 2 * by_o[u]
            by_x[four] += (self.c[m] / (4 if self.layer.kind == "average" else 1)) ** 2 * by_a
            h[m] += by_a * self.pooled[u] ** 2
            h_bias[m] += by_a
        return by_x, h, h_bias


def chain_of(net: Architecture, t: dict[str, Array]) -> dict[str, ByConnection | ByFours]:
    nothing = np.zeros(0)
    chain: dict[str, ByConnection | ByFours] = {}
    for layer, row in zip(net.layers, net.count(), strict=True):
        n = layer.name
        weight, bias = t.get(f"{n}.weight", nothing), t.get(f"{n}.bias", nothing)
        if isinstance(layer, Convolution):
            chain[n] = ByConnection(of_convolution(layer, row.height + 4), weight, bias, layer.squash, row.neurons)
        elif isinstance(layer, Subsampling):
            chain[n] = ByFours(layer, row.height * 2, t.get(f"{n}.coefficient", nothing), bias)
        elif isinstance(layer, FullConnection):
            # The output's own squash belongs to the loss.
            f = "none" if n == "output" else layer.squash
            chain[n] = ByConnection(of_full(*weight.shape), weight, bias, f, layer.units)
    return chain


def bend(E: Callable[[Array], float], a: Array) -> Array:
    """∂²E/∂a_i², by second differences."""
    steps = 1e-3 * np.eye(len(a))
    return np.array([(E(a + s) - 2 * E(a) + E(a - s)) / 1e-6 for s in steps])


def curvature_of_the_loss(net: Architecture, loss: str, z: Array) -> Array:
    """Where eq. 27 starts: for RBF units at F6, for the others at the weighted sums, whatever the label."""
    if isinstance(net.output, EuclideanRBF):
        return np.full(84, 2.0 if loss == "mse" else 1.0)
    if loss == "mse":
        return slope_at(net.output.squash, z) ** 2
    if net.output.squash == "softmax":
        return bend(lambda a: float(np.log(np.exp(a).sum())), z)
    return bend(lambda a: float(np.log(1 + np.exp(a)).sum()), z)


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_the_network_and_its_curvature_are_those_of_its_connections(
    net: Architecture, rng: np.random.Generator, pictures: Array
) -> None:
    t = start(net, rng)
    chain = chain_of(net, t)
    assert [len(layer.k) for layer in chain.values() if isinstance(layer, ByConnection)] == [
        row.connections - row.neurons for row in net.count() if row.kind in ("convolution", "full connection")
    ]
    sums: dict[tuple[str, str], Array] = {}
    for picture in pictures:
        o = forward(net, t, picture[None])
        x = picture.reshape(-1)
        for n, layer in chain.items():
            x = layer.forward(x)
            np.testing.assert_allclose(o["output.sum" if n == "output" else n].reshape(-1), x, rtol=1e-10, atol=1e-12)
        for loss in losses(net):
            d = curvature_of_the_loss(net, loss, o["output.sum"][0])
            for n, layer in reversed(chain.items()):
                d, h, h_bias = layer.back(d)
                part = "coefficient" if n.startswith("s") else "weight"
                for key, value in (((loss, f"{n}.{part}"), h), ((loss, f"{n}.bias"), h_bias)):
                    sums[key] = sums.get(key, 0) + value / len(pictures)
    for loss in losses(net):
        for n, h in curvature(net, t, pictures, np.array([1, 2]), loss).items():
            explicit = sums[loss, n].reshape(h.shape)
            np.testing.assert_allclose(h, explicit, rtol=1e-5, atol=1e-7 * explicit.max(), err_msg=n)


# ---- Where nothing is dropped, the curvature is the diagonal of J'HJ, J by central differences.


def jacobian(f: Callable[[Array], Array], at: Array) -> Array:
    """∂f/∂parameter, (parameters, len(f))."""
    steps = 1e-5 * np.eye(at.size).reshape(-1, *at.shape)
    return np.array([(f(at + s) - f(at - s)) / 2e-5 for s in steps])


def test_at_f6_the_curvature_is_exact(rng: np.random.Generator, pictures: Array) -> None:
    t = start(SMALL, rng)

    def f6(weight: Array) -> Array:
        return forward(SMALL, t | {"f6.weight": weight}, pictures[:1])["f6"].reshape(-1)

    J = jacobian(f6, t["f6.weight"])
    h = curvature(SMALL, t, pictures[:1], np.array([1]), "mse")["f6.weight"]
    np.testing.assert_allclose(h.reshape(-1), 2 * (J**2).sum(1), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("net", [LENET5_LINEAR, LENET5_SOFTMAX, SMALL_TANH, SMALL_LINEAR], ids=name)
def test_at_the_output_the_curvature_is_exact(net: Architecture, rng: np.random.Generator, pictures: Array) -> None:
    t = start(net, rng)

    def output(weight: Array) -> Array:
        return forward(net, t | {"output.weight": weight}, pictures[:1])["output"][0]

    J, o = jacobian(output, t["output.weight"]), output(t["output.weight"])
    # H of the loss by the outputs: of ½Σ(o − t)², and in expectation over labels of the two cross-entropies.
    H = {"softmax": 1 / o, "logistic": 1 / (o * (1 - o))}
    for loss in losses(net):
        inner = np.ones_like(o) if loss == "mse" else H[net.output.squash]  # type: ignore[union-attr]
        h = curvature(net, t, pictures[:1], np.array([1]), loss)["output.weight"]
        np.testing.assert_allclose(h.reshape(-1), (J**2 * inner).sum(1), rtol=1e-6, atol=1e-10)
