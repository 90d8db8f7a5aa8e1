"""What do the compiled kernels say of a network? Its gradient and its curvature, in the shapes of its tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import Architecture
from lenet5.kernels import single
from lenet5.kernels.lanes import LANES
from lenet5.kernels.plan import plan_for
from lenet5.network import LeNet5
from lenet5.training.learners import LOSSES

Arrays = dict[str, NDArray[np.float32]]


def wanted(net: Architecture, labels: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    return np.eye(net.classes, dtype=np.float32)[labels]


def gradient(
    net: Architecture, tensors: Any, x: NDArray[Any], labels: Any, loss: str, j: float = 10.0, sharpness: float = 1.0
) -> tuple[float, Arrays]:
    """The mean loss over the pictures, and its derivative by every trainable tensor."""
    plan, weights = plan_for(net), LeNet5(net, tensors).parameters
    total = np.zeros_like(weights)
    maps, errors, lanes = (np.zeros(n, np.float32) for n in (plan.maps, plan.maps, 25 * LANES))
    cost, _ = single.gradient_of(
        plan.places,
        plan.curves,
        weights,
        x.astype(np.float32),
        wanted(net, labels),
        np.arange(len(x)),
        LOSSES[loss],
        j,
        sharpness,
        total,
        maps,
        errors,
        lanes,
    )
    assert not lanes.any()
    return cost / len(x), trained(plan.views(total / np.float32(len(x))))


def curvature(net: Architecture, tensors: Any, x: NDArray[Any], labels: Any, loss: str, j: float = 10.0) -> Arrays:
    """The mean h_kk of every trainable tensor."""
    plan, weights = plan_for(net), LeNet5(net, tensors).parameters
    total = np.zeros_like(weights)
    maps, seen, errors, lanes = (np.zeros(n, np.float32) for n in (*(plan.maps,) * 3, 25 * LANES))
    single.curvature_of(
        plan.places,
        plan.curves,
        weights,
        weights * weights,
        x.astype(np.float32),
        wanted(net, labels),
        np.arange(len(x)),
        LOSSES[loss],
        j,
        1.0,
        total,
        maps,
        seen,
        errors,
        lanes,
    )
    return trained(plan.views(total / np.float32(len(x))))


def trained(views: Arrays) -> Arrays:
    return {name: view for name, view in views.items() if name != "rbf.codes"}


def assert_close(found: Any, expected: Any, share: float) -> None:
    """Every tensor is within `share` of its own largest value."""
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        apart = np.abs(found[name] - tensor).max()
        assert apart <= share * np.abs(tensor).max(), f"{name} differs by {apart:g} of {np.abs(tensor).max():g}"
