"""What do the compiled kernels say of a network? Its gradient and its curvature, in the shapes of its tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import Architecture
from lenet5.kernels import entries
from lenet5.kernels.plan import Plan, loss_of, plan_for
from lenet5.network import LeNet5
from lenet5.training.learners import LOSSES

Arrays = dict[str, NDArray[np.float32]]


def record(kind: np.dtype[Any], **fields: Any) -> Any:
    """A layer as a kernel takes it; fields that are not named are 0."""
    made = np.zeros((), kind)
    for name, value in fields.items():
        made[name] = value
    return made[()]


def network(plan: Plan, weights: NDArray[np.float32]) -> tuple[Any, ...]:
    return plan.plans, plan.table, weights


def wanted(net: Architecture, labels: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    return np.eye(net.classes, dtype=np.float32)[labels]


def gradient(
    net: Architecture, tensors: Any, x: NDArray[Any], labels: Any, loss: str, j: float = 10.0, sharpness: float = 1.0
) -> tuple[float, Arrays]:
    """The mean loss over the pictures, and its derivative by every trainable tensor."""
    plan, weights = plan_for(net), LeNet5(net, tensors).parameters
    total, rooms = np.zeros_like(weights), entries.single_room(plan)
    how = loss_of(LOSSES[loss], j, sharpness)
    t, rows = wanted(net, labels), np.arange(len(x))
    told = np.zeros(2)
    entries.gradient_of(network(plan, weights), how, total, rooms, told, x.astype(np.float32), t, rows)
    assert not rooms[3].any()
    return told[0] / len(x), trained(plan.views(total / np.float32(len(x))))


def curvature(net: Architecture, tensors: Any, x: NDArray[Any], labels: Any, loss: str, j: float = 10.0) -> Arrays:
    """The mean h_kk of every trainable tensor."""
    plan, weights = plan_for(net), LeNet5(net, tensors).parameters
    total, squares = np.zeros_like(weights), weights * weights
    how, t, rows = loss_of(LOSSES[loss], j, 1.0), wanted(net, labels), np.arange(len(x))
    shown, rooms = x.astype(np.float32), entries.single_room(plan)
    entries.curvature_of(network(plan, weights), squares, shown, t, rows, how, total, rooms)
    return trained(plan.views(total / np.float32(len(x))))


def trained(views: Arrays) -> Arrays:
    return {name: view for name, view in views.items() if name != "rbf.codes"}


def assert_close(found: Any, expected: Any, share: float) -> None:
    """Every tensor is within `share` of its own largest value."""
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        apart = np.abs(found[name] - tensor).max()
        assert apart <= share * np.abs(tensor).max(), f"{name} differs by {apart:g} of {np.abs(tensor).max():g}"
