"""How long does each kernel take by itself? Run with  pytest benchmarks --benchmark-enable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lenet5.architecture import LENET5
from lenet5.kernels import entries
from lenet5.kernels.plan import CROSS_ENTROPY, MAP, loss_of, plan_for, zeros
from lenet5.machine.peak import peak
from lenet5.network import LeNet5
from lenet5.scale import to_scale
from lenet5.training.initial import initial
from lenet5.training.learners import MATRICES

PLAN = plan_for(LENET5)
RNG = np.random.default_rng(1998)
NETWORK = LeNet5(LENET5, initial(LENET5, RNG))
DIGITS = RNG.integers(0, 256, (entries.PICTURES, 28, 28), dtype=np.uint8)
SHOWN = RNG.uniform(-0.1, 1.175, (entries.PICTURES, 32, 32)).astype(np.float32)
WANTED = np.eye(10, dtype=np.float32)[RNG.integers(0, 10, entries.PICTURES)]
_, *SCALE = to_scale(DIGITS, square=True)


WHOLE = PLAN.plans, PLAN.table, NETWORK.parameters
PARAMETERS, TRAINED = int(PLAN["parameters"]), int(PLAN["trained"])


def test_forward_of_one_picture(benchmark: Any) -> None:
    outputs, maps = np.empty((1, 10), np.float32), entries.maps_room(PLAN)
    benchmark(entries.forward_many.bound(*WHOLE, *SCALE, outputs, maps), DIGITS[:1])


def test_predict_one_picture(benchmark: Any) -> None:
    benchmark(NETWORK.predict, DIGITS[:1])


def test_forward_of_many_pictures(benchmark: Any) -> None:
    outputs = np.empty((len(DIGITS), 10), np.float32)
    benchmark(entries.bulk.bound(*WHOLE, entries.bulk_room(PLAN)), DIGITS, *SCALE, outputs)


def test_online_step(benchmark: Any) -> None:
    """One picture; the steps are so small that the weights stay where they are."""
    rates = zeros(PARAMETERS)
    rates[:TRAINED] = 1e-12
    network = (PLAN.plans, PLAN.table, NETWORK.parameters.copy())
    how, small = loss_of(MAP, 10.0, 1.0), zeros(PARAMETERS)
    step = entries.online.bound(network, rates, how, small, entries.single_room(PLAN), np.zeros(2))
    benchmark(step, SHOWN[:1], WANTED[:1])


def test_gradient_of_a_block(benchmark: Any) -> None:
    """LANES pictures."""
    how, gradient = loss_of(CROSS_ENTROPY, 10.0, 1.0), zeros(PARAMETERS)
    step = entries.block_gradient.bound(WHOLE, how, gradient, entries.batch_room(PLAN), np.zeros(2))
    benchmark(step, SHOWN, WANTED, 0)


def test_curvature_of_one_picture(benchmark: Any) -> None:
    squares, curvature, how = NETWORK.parameters**2, zeros(PARAMETERS), loss_of(MAP, 10.0, 1.0)
    rows = np.zeros(1, np.int64)
    benchmark(entries.curvature_of, WHOLE, squares, SHOWN, WANTED, rows, how, curvature, entries.single_room(PLAN))


def test_mean_of_a_mini_batch(benchmark: Any) -> None:
    benchmark(entries.mean.bound(zeros(4, PARAMETERS), TRAINED), 64)


def test_adam(benchmark: Any) -> None:
    weights, gradient, *moments = NETWORK.parameters.copy(), *(zeros(PARAMETERS) for _ in range(3))
    benchmark(entries.adam.bound(weights, gradient, tuple(moments), (0, TRAINED)), 1e-12, 0.0, 1)


@pytest.mark.parametrize("name", MATRICES)
def test_muon(name: str, benchmark: Any) -> None:
    start, shape, row = PLAN.tensors[name]
    rows, columns = shape[0], int(np.prod(shape[1:]))
    momentum = RNG.normal(size=PARAMETERS).astype(np.float32)
    matrix, room = (start, rows, columns, row), entries.muon_room(rows, columns)
    benchmark(entries.muon.bound(NETWORK.parameters.copy(), zeros(PARAMETERS), momentum, matrix, room), 1e-12, 0.0)


@pytest.mark.parametrize("threads", [1, 2])
def test_peak(threads: int, benchmark: Any) -> None:
    """PRODUCTS multiply-adds on each thread: what everything else is a share of."""
    benchmark(peak(threads))
