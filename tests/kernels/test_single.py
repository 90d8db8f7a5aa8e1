"""Do the compiled kernels compute what the reference computes: forward, gradient, curvature, one online pass?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.derived import assert_close, curvature, gradient, network, wanted
from lenet5 import reference
from lenet5.architecture import LENET5, Architecture
from lenet5.kernels import entries
from lenet5.kernels.plan import loss_of, plan_for
from lenet5.network import LeNet5
from lenet5.training.learners import LOSSES
from networks import LEARNABLE, NETWORKS, SMALL, name, start

Pictures = NDArray[np.float64]
LABELS = np.array([2, 0])


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_every_layer_is_the_reference_s(net: Architecture, rng: np.random.Generator, pictures: Pictures) -> None:
    t = start(net, rng)
    expected = reference.forward(net, t, pictures)
    found = LeNet5(net, t).activations(pictures.astype(np.float32))
    flat = {key: value.reshape(found[key].shape) for key, value in expected.items() if key in found}
    assert_close(found, flat, 1e-5)


@pytest.mark.parametrize(("net", "loss"), LEARNABLE, ids=name)
def test_the_gradient_is_the_reference_s(
    net: Architecture, loss: str, rng: np.random.Generator, pictures: Pictures
) -> None:
    t = start(net, rng)
    cost, expected = reference.gradient(net, t, pictures, LABELS, loss)
    found_cost, found = gradient(net, t, pictures, LABELS, loss)
    assert found_cost == pytest.approx(cost, rel=1e-5)
    assert_close(found, expected, 1e-4)


@pytest.mark.parametrize(("net", "loss"), LEARNABLE, ids=name)
def test_the_curvature_is_the_reference_s(
    net: Architecture, loss: str, rng: np.random.Generator, pictures: Pictures
) -> None:
    t = start(net, rng)
    expected = reference.curvature(net, t, pictures, LABELS, loss)
    assert_close(curvature(net, t, pictures, LABELS, loss), expected, 1e-4)


def test_a_rubbish_class_that_is_near_is_felt(rng: np.random.Generator, pictures: Pictures) -> None:
    t = start(LENET5, rng)
    j = float(reference.forward(LENET5, t, pictures)["output"].min())
    _, near = gradient(LENET5, t, pictures, LABELS, "map", j=j)
    _, expected = reference.gradient(LENET5, t, pictures, LABELS, "map", j=j)
    _, far = reference.gradient(LENET5, t, pictures, LABELS, "map", j=2 * j)
    assert_close(near, expected, 1e-4)
    with pytest.raises(AssertionError):
        assert_close(near, far, 1e-2)


@pytest.mark.parametrize("loss", ["map", "cross_entropy"])
def test_sharpness_is_a_scale_of_the_penalties(loss: str, rng: np.random.Generator, pictures: Pictures) -> None:
    """The loss with a sharpness s, by central differences along the gradient."""
    t, step = start(SMALL, rng), 1e-2
    cost, g = gradient(SMALL, t, pictures, LABELS, loss, sharpness=0.3)
    y = 0.3 * reference.forward(SMALL, t, pictures)["output"]
    here = np.take_along_axis(y, LABELS[:, None], 1)[:, 0]
    rubbish = np.exp(-10.0) if loss == "map" else 0.0
    assert cost == pytest.approx(np.mean(here + np.log(rubbish + np.exp(-y).sum(1))), rel=1e-5)
    size = np.sqrt(sum(float((v.astype(np.float64) ** 2).sum()) for v in g.values()))
    ahead, behind = (
        gradient(
            SMALL, {n: v + s * step / size * g.get(n, 0) for n, v in t.items()}, pictures, LABELS, loss, sharpness=0.3
        )[0]
        for s in (1, -1)
    )
    assert (ahead - behind) / (2 * step) == pytest.approx(size, rel=5e-3)


@pytest.mark.parametrize(("net", "loss"), [(SMALL, "map"), (NETWORKS[3], "cross_entropy")], ids=name)
def test_online_steps_after_each_picture(
    net: Architecture, loss: str, rng: np.random.Generator, pictures: Pictures
) -> None:
    """w −= ε·∂E/∂w, and the second picture sees the weights that the first has left (eq. 18)."""
    t: dict[str, Any] = start(net, rng)
    plan, net_ = plan_for(net), LeNet5(net, t)
    rates, small = (np.zeros(plan["parameters"], np.float32) for _ in range(2))
    rates[: plan["trained"]] = rng.uniform(1e-4, 1e-3, plan["trained"])
    how = loss_of(LOSSES[loss], 10.0, 1.0)
    shown, t_wanted = pictures.astype(np.float32), wanted(net, LABELS)
    whole = network(plan, net_.parameters)
    told = np.zeros(2)
    entries.online(whole, rates, how, small, entries.single_room(plan), told, shown, t_wanted)
    expected_cost, expected_wrong = 0.0, 0
    epsilon = plan.views(rates)
    for p in range(2):
        sums = reference.forward(net, t, pictures[p : p + 1])["output.sum"]
        penalties = reference.penalties(net, sums)
        expected_wrong += int(penalties.argmin() != LABELS[p])
        e, g = reference.gradient(net, t, pictures[p : p + 1], LABELS[p : p + 1], loss)
        expected_cost += e
        t = {n: v - epsilon[n] * g[n] if n in g else v for n, v in t.items()}
    assert told[0] == pytest.approx(expected_cost, rel=1e-4)
    assert told[1] == expected_wrong
    assert_close(net_.tensors, t, 1e-5)
    assert not small.any()
