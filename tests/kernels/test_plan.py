"""Does everything have a place of its own in memory, with room around it for whole vectors?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lenet5.architecture import Architecture
from lenet5.kernels import plan as at
from lenet5.kernels.plan import Plan, plan_for
from lenet5.kernels.strips import TOGETHER, UNITS, VIEW
from networks import NETWORKS, name


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_a_view_has_the_tensor_s_shape_and_no_float_serves_two(net: Architecture) -> None:
    plan = plan_for(net)
    flat = np.zeros(plan.parameters, np.float32)
    views = plan.views(flat)
    assert {n: v.shape for n, v in views.items()} == net.shapes()
    for view in views.values():
        view += 1
    assert flat.max() == 1
    assert flat.sum() == sum(np.prod(shape) for shape in net.shapes().values())


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_trained_parameters_come_before_the_fixed_codes(net: Architecture) -> None:
    plan = plan_for(net)
    marked = plan.views(np.arange(plan.parameters, dtype=np.float32))
    trained = plan.places[at.TRAINED]
    for tensor, view in marked.items():
        assert (view >= trained).all() if tensor == "rbf.codes" else (view < trained).all()


def maps(plan: Plan) -> Iterator[tuple[int, int]]:
    """Start and length of every map and row of units."""
    p = plan.places
    yield p[at.INPUT], p[at.INPUT_H] * p[at.INPUT_ROW]
    yield p[at.C1], p[at.C1_MAPS] * p[at.C1_H] * p[at.C1_ROW]
    for start in (at.S2, at.S2_SUMS):
        yield p[start], p[at.C1_MAPS] * p[at.S2_H] * p[at.S2_ROW]
    yield p[at.C3], p[at.C3_MAPS] * p[at.C3_H] * p[at.C3_ROW]
    for start in (at.S4, at.S4_SUMS):
        yield p[start], p[at.C3_MAPS] * p[at.S4_H] * p[at.S4_W]
    yield p[at.WINDOW], p[at.C5_INPUTS]
    spots = p[at.C5_H] * p[at.C5_W]
    yield p[at.C5], spots * p[at.F6_ROW]
    yield p[at.F6], spots * p[at.OUT_ROW]
    for start in (at.OUT, at.OUT_SUMS):
        yield p[start], spots * p[at.OUT_UNITS]
    for start, sources, strips in ((at.C1_PACKED, 1, at.C1_STRIPS), (at.C3_PACKED, p[at.C1_MAPS], at.C3_STRIPS)):
        yield p[start], sources * p[p[strips] + VIEW] + TOGETHER * p[p[strips] + UNITS]


@pytest.mark.parametrize("size", [(32, 32), (32, 97), (61, 40)], ids=str)
@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_maps_lie_apart(net: Architecture, size: tuple[int, int]) -> None:
    plan = plan_for(net, *size)
    end = 0
    for start, length in maps(plan):
        assert start >= end + 16
        end = start + length
    assert end + 64 <= plan.maps


def test_a_plan_cannot_be_changed() -> None:
    plan = plan_for(NETWORKS[0])
    with pytest.raises(ValueError, match="read-only"):
        plan.places[0] = 1
