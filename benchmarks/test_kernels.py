"""How long does each kernel take by itself? Run with  pytest benchmarks --benchmark-enable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lenet5.architecture import LENET5
from lenet5.kernels import batch, bulk, single, update
from lenet5.kernels.lanes import LANES
from lenet5.kernels.output import CROSS_ENTROPY, MAP
from lenet5.kernels.peak import peak
from lenet5.kernels.plan import TRAINED, plan_for, zeros
from lenet5.network import LeNet5
from lenet5.scale import to_scale
from lenet5.training.initial import initial
from lenet5.training.learners import MATRICES

PLAN = plan_for(LENET5)
RNG = np.random.default_rng(1998)
NETWORK = LeNet5(LENET5, initial(LENET5, RNG))
DIGITS = RNG.integers(0, 256, (bulk.PICTURES, 28, 28), dtype=np.uint8)
SHOWN = RNG.uniform(-0.1, 1.175, (bulk.PICTURES, 32, 32)).astype(np.float32)
WANTED = np.eye(10, dtype=np.float32)[RNG.integers(0, 10, bulk.PICTURES)]
_, *SCALE = to_scale(DIGITS, square=True)


def maps() -> Any:
    return zeros(PLAN.maps)


def test_forward_of_one_picture(benchmark: Any) -> None:
    outputs = np.empty((1, 10), np.float32)
    benchmark(single.forward_many, PLAN.places, PLAN.curves, NETWORK.parameters, DIGITS[:1], *SCALE, outputs, maps())


def test_predict_one_picture(benchmark: Any) -> None:
    benchmark(NETWORK.predict, DIGITS[:1])


def test_forward_of_many_pictures(benchmark: Any) -> None:
    outputs = np.empty((len(DIGITS), 10), np.float32)
    benchmark(bulk.bulk, PLAN.places, PLAN.curves, NETWORK.parameters, DIGITS, *SCALE, outputs, *bulk.room(PLAN))


def test_gather(benchmark: Any) -> None:
    block = zeros(32 * 32 * LANES)
    benchmark(bulk.gather, block, DIGITS, 0, PLAN.places, *SCALE)


def test_online_step(benchmark: Any) -> None:
    """One picture; the steps are so small that the weights stay where they are."""
    rates = zeros(PLAN.parameters)
    rates[: PLAN.places[TRAINED]] = 1e-12
    weights = NETWORK.parameters.copy()
    benchmark(
        single.online,
        PLAN.places,
        PLAN.curves,
        weights,
        rates,
        SHOWN[:1],
        WANTED[:1],
        MAP,
        10.0,
        1.0,
        maps(),
        maps(),
        zeros(PLAN.parameters),
        zeros(25 * LANES),
    )


def test_gradient_of_a_block(benchmark: Any) -> None:
    """LANES pictures."""
    benchmark(
        batch.block_gradient,
        PLAN.places,
        PLAN.curves,
        NETWORK.parameters,
        SHOWN,
        WANTED,
        0,
        CROSS_ENTROPY,
        10.0,
        1.0,
        zeros(PLAN.parameters),
        *batch.room(PLAN),
    )


def test_curvature_of_one_picture(benchmark: Any) -> None:
    squares = NETWORK.parameters**2
    benchmark(
        single.curvature_of,
        PLAN.places,
        PLAN.curves,
        NETWORK.parameters,
        squares,
        SHOWN,
        WANTED,
        np.zeros(1, np.int64),
        MAP,
        10.0,
        1.0,
        zeros(PLAN.parameters),
        maps(),
        maps(),
        maps(),
        zeros(25 * LANES),
    )


def test_mean_of_a_mini_batch(benchmark: Any) -> None:
    benchmark(update.mean, zeros(4, PLAN.parameters), 64, int(PLAN.places[TRAINED]))


def test_adam(benchmark: Any) -> None:
    weights, gradient, first, second = NETWORK.parameters.copy(), *(zeros(PLAN.parameters) for _ in range(3))
    trained = int(PLAN.places[TRAINED])
    benchmark(update.adam, weights, gradient, first, second, 0, trained, 1e-12, 0.0, 1, 0.9, 0.999)


@pytest.mark.parametrize("name", MATRICES)
def test_muon(name: str, benchmark: Any) -> None:
    start, shape, row = PLAN.tensors[name]
    rows, columns = shape[0], int(np.prod(shape[1:]))
    momentum = RNG.normal(size=PLAN.parameters).astype(np.float32)
    benchmark(
        update.muon,
        NETWORK.parameters.copy(),
        zeros(PLAN.parameters),
        momentum,
        start,
        rows,
        columns,
        row,
        1e-12,
        0.0,
        1.0,
        *update.room(rows, columns),
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_peak(threads: int, benchmark: Any) -> None:
    """PRODUCTS multiply-adds on each thread: what everything else is a share of."""
    benchmark(peak(threads))
