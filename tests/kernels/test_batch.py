"""Is the gradient of a block of pictures the reference's?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5 import reference
from lenet5.kernels import entries
from lenet5.kernels.plan import loss_of, plan_for
from lenet5.machine.native import LANES
from lenet5.network import LeNet5
from lenet5.training.learners import LOSSES
from networks import LEARNABLE, start


@pytest.mark.parametrize(("network", "loss"), LEARNABLE)
def test_a_block_s_gradient_is_the_sum_of_its_pictures(network, loss, rng):
    tensors = start(network, rng)
    plan, net = plan_for(network), LeNet5(network, tensors)
    exact = {name: tensor.astype(np.float64) for name, tensor in net.tensors.items()}
    shown = reference.scale(rng.integers(0, 256, (2 * LANES, 28, 28), dtype=np.uint8))
    labels = rng.integers(0, network.classes, 2 * LANES)
    wanted = np.eye(network.classes, dtype=np.float32)[labels]
    pictures, second = shown.astype(np.float32), slice(LANES, 2 * LANES)

    found = np.zeros_like(net.parameters)
    how = loss_of(LOSSES[loss], 10.0, 1.0)
    whole = (plan.plans, plan.table, net.parameters)
    told, room = np.zeros(2), entries.batch_room(plan)
    entries.block_gradient(whole, how, found, room, told, pictures, wanted, LANES)

    mean, gradient = reference.gradient(network, exact, shown[second], labels[second], loss, j=10.0)
    assert told[0] == pytest.approx(LANES * mean, rel=1e-4)
    assert told[1] == (net.predict(pictures[second]) != labels[second]).sum()
    for name, by in gradient.items():
        here = plan.views(found)[name] / LANES
        np.testing.assert_allclose(here, by, atol=1e-4 * max(np.abs(by).max(), 1e-6), err_msg=name)
