"""Does everything have a place of its own in memory, with room around it for whole vectors?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lenet5.architecture import Architecture
from lenet5.kernels.plan import TOGETHER, Plan, plan_for
from networks import NETWORKS, name


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_a_view_has_the_tensor_s_shape_and_no_float_serves_two(net: Architecture) -> None:
    plan = plan_for(net)
    flat = np.zeros(plan["parameters"], np.float32)
    views = plan.views(flat)
    assert {n: v.shape for n, v in views.items()} == net.shapes()
    for view in views.values():
        view += 1
    assert flat.max() == 1
    assert flat.sum() == sum(np.prod(shape) for shape in net.shapes().values())


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_trained_parameters_come_before_the_fixed_codes(net: Architecture) -> None:
    plan = plan_for(net)
    marked = plan.views(np.arange(plan["parameters"], dtype=np.float32))
    trained = plan["trained"]
    for tensor, view in marked.items():
        assert (view >= trained).all() if tensor == "rbf.codes" else (view < trained).all()


def maps(plan: Plan) -> Iterator[tuple[int, int]]:
    """Start and length of every map and row of units."""
    places = plan["down"] * plan["across"]
    yield plan["input"]["start"], plan["input"]["size"]
    for convolution, subsampling in (("c1", "s2"), ("c3", "s4")):
        layer = plan[convolution]
        yield layer["start"], layer["maps"] * layer["height"] * layer["row"]
        layer = plan[subsampling]
        for start in ("start", "sums"):
            yield layer[start], layer["maps"] * layer["height"] * layer["row"]
    yield plan["window"], plan["c5"]["inputs"]
    for units in ("c5", "f6", "output"):
        yield plan[units]["start"], places * plan[units]["padded"]
    yield plan["output"]["sums"], places * plan["output"]["units"]
    for layer_name, sources in (("c1", 1), ("c3", plan["s2"]["maps"])):
        strips = plan[layer_name]["strips"]
        yield plan[layer_name]["packed"], sources * strips["windows"] + TOGETHER * strips["units"]


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_the_table_has_every_connection_from_above_and_from_below(net: Architecture) -> None:
    plan = plan_for(net)
    for layer, declared, sources in ((plan["c1"], net.c1, 1), (plan["c3"], net.c3, net.c1.maps)):
        first, source, user = (plan.table[layer[name] :] for name in ("first", "source", "user"))
        found = [(m, source[k]) for m in range(layer["maps"]) for k in range(first[m], first[m + 1])]
        assert found == list(declared.pairs)
        for n in range(sources):
            users = user[user[n] : user[n + 1]].reshape(-1, 2)
            assert [tuple(pair) for pair in users] == [(m, k) for k, (m, s) in enumerate(declared.pairs) if s == n]


@pytest.mark.parametrize("size", [(32, 32), (32, 97), (61, 40)], ids=str)
@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_maps_lie_apart(net: Architecture, size: tuple[int, int]) -> None:
    plan = plan_for(net, *size)
    end = 0
    for start, length in maps(plan):
        assert start >= end + 16
        end = start + length
    assert end + 64 <= plan["floats"]


def test_a_plan_cannot_be_changed() -> None:
    plan = plan_for(NETWORKS[0])
    with pytest.raises(ValueError, match="read-only"):
        plan.plans[0] = 0
