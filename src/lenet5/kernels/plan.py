"""The network as compiled code sees it: every layer's sizes, and where its maps and parameters lie in memory.

Kernels work on flat float32 arrays: the parameters (and, laid out alike, gradients, curvatures and rates), and the
maps (and, laid out alike, errors). A plan is a record with a record for each layer. It is handed over as an array of
one, which numba takes as quickly as any array, and opened inside: `p = plans[0]`, then `p.c1.start`.

All tensors that are not a matrix come first, so that they can be stepped as one run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from lenet5.architecture import KERNEL, SQUASHES, Architecture, Convolution, EuclideanRBF, LayerCount, Subsampling
from lenet5.layers import Chain, Squash
from lenet5.machine.native import LANES


def _record(*fields: Any) -> np.dtype[Any]:
    """A record of int64 fields, named in words, and of others, given with their types."""
    named = [(name, np.int64) for field in fields if isinstance(field, str) for name in field.split()]
    return np.dtype([*named, *(field for field in fields if not isinstance(field, str))], align=True)


PACKED_ROW = KERNEL * LANES  # floats of a row of a packed strip: a vector for each column of a kernel
TOGETHER = 3  # maps that are computed at a time where a strip has so few rows that a sum would wait for itself
WIDTHS = [1 << k for k in range(1, LANES.bit_length() - 1)]  # of narrow strips: 2, 4 … LANES/2

# A narrow strip: its first column, its columns, Q, and where it begins in a view and in a map's units.
_STRIP = _record("x columns rows windows units")
# The strips of a map: the columns that whole vectors take, the floats of a packed view of one source, the floats of a
# map's packed units, and its narrow strips.
STRIPS = _record("whole windows units count", ("narrow", _STRIP, (4,)))

NUMBERS = 3  # that a chain has, at most
CURVE = np.dtype((np.float32, 1 + NUMBERS))


def _operations(chain: Chain) -> tuple[str, ...]:
    return tuple(operation for operation, _ in chain)


# Squashes of the same operations are of one shape, and share their code.
SHAPES = tuple(dict.fromkeys((_operations(f.value), _operations(f.slope)) for f in SQUASHES.values()))
assert SHAPES[0] == ((), ("constant",))


def curve(f: Squash, chain: Chain) -> tuple[float, ...]:
    """A squash's value or slope as kernels take it: its shape, and the numbers of its steps."""
    numbers = [c for operation, c in chain if operation not in ("tanh", "square")]
    shape = SHAPES.index((_operations(f.value), _operations(f.slope)))
    return (float(shape), *numbers, *[0.0] * (NUMBERS - len(numbers)))


# A layer of maps: the input, C1, S2, C3 or S4.
#   start          of its maps; a map is `size` floats, `height` rows of `row`, of which the first `width` are its units
#   sums           S: of the sums of four units, laid out as the maps
#   weight, bias   of its parameters: kernels of 25 weights (C), or coefficients (S)
#   first          C: in the table, the first kernel of each map, and of one map more
#   source         C: in the table, each kernel's source, a map of the layer below
#   together       C: in the table, how many maps from each map on are computed at a time, where they have few rows
#   user           C: in the table, where each source's users begin, then (map, kernel) of each user
#   packed         C: of the packed views of the layer below, and behind them of packed units
#   share          S: what the sum of four is multiplied by
#   maximum        S: whether a unit is the largest of four
MAPS = _record(
    "maps height width row size start sums weight bias kernels first source together user packed maximum",
    ("share", np.float32),
    ("value", CURVE),
    ("slope", CURVE),
    ("strips", STRIPS),
)
# A layer of units: C5, F6 or OUTPUT.
#   start            of its units; a place's are followed by zeros, `padded` in all
#   weight, bias     of its parameters: for each unit a row of `inputs` weights, padded with zeros to `row`
#   sums             OUTPUT: of its weighted sums
#   kind             OUTPUT: RBF, SOFTMAX or SQUASHED; the weights of an RBF are its codes
#   wrong, right     OUTPUT: what the squared error asks of a unit of another class, and of the right class
UNITS = _record(
    "units padded inputs row start sums weight bias kind",
    ("wrong", np.float32),
    ("right", np.float32),
    ("value", CURVE),
    ("slope", CURVE),
)
# The network. C5, F6 and OUTPUT look at `down` × `across` places of S4 (section VII); `window` is where they see one.
# `small` floats of parameters are no matrix, `trained` are not fixed, and `parameters` and `floats` of maps are all.
PLAN = _record(
    "down across window small trained parameters floats",
    *((name, MAPS) for name in ("input", "c1", "s2", "c3", "s4")),
    *((name, UNITS) for name in ("c5", "f6", "output")),
)
LOSS = _record("kind", ("j", np.float64), ("sharpness", np.float64))

RBF, SOFTMAX, SQUASHED = range(3)  # what `kind` of an output can be
MSE, MAP, CROSS_ENTROPY = range(3)  # and that of a loss

# Vectors of a tile may read or write past the end of a map; nothing else lies there.
_FRONT, _BEHIND = 16, 96
_ROWS_BEHIND = 8  # and of a narrow strip, rows past the last map's last


@dataclass(frozen=True)
class Plan:
    """`plans`: PLAN (1,), and `table`: int64, the connections of C1 and C3, as kernels take them."""

    plans: NDArray[Any]
    table: NDArray[np.int64]
    tensors: dict[str, tuple[int, tuple[int, ...], int]]  # name: (start, shape, length of a padded row)

    def __getitem__(self, name: str) -> Any:
        """A field of the plan: a layer's record, or a number."""
        return self.plans[0][name]

    def views(self, flat: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Each tensor, in its own shape, as a view of a flat array laid out as the parameters."""
        views = {}
        for name, (start, shape, row) in self.tensors.items():
            inside = np.empty(shape[1:], np.float32).strides
            views[name] = as_strided(flat[start:], shape, (4 * (row or 1), *inside))
        return views


def multiples(size: int, of: int = 16) -> int:
    """The smallest multiple of `of` that is not under `size`; 16 serves every width of vector."""
    return -(-size // of) * of


def zeros(*shape: int) -> NDArray[np.float32]:
    """float32 zeros that start on 64 bytes: vectors then lie in one line of the cache, not across two."""
    size = math.prod(shape)
    floats = np.zeros(size + 16, np.float32)
    start = -floats.ctypes.data % 64 // 4
    return floats[start : start + size].reshape(shape)


def loss_of(kind: int, j: float, sharpness: float) -> NDArray[Any]:
    """A loss as kernels take it: LOSS (1,). j: of eq. 9; sharpness: multiplies an RBF's penalties."""
    return np.array([(kind, j, sharpness)], LOSS)


@lru_cache(maxsize=64)
def plan_for(architecture: Architecture, height: int = 32, width: int = 32) -> Plan:
    """The plan for pictures of height × width pixels, both at least 32."""
    plans = np.zeros(1, PLAN)
    p = plans[0]
    counts = {row.name: row for row in architecture.count(height, width)}
    _size(p, architecture, counts, height, width)
    table: list[int] = []
    for name, below in (("c1", "input"), ("c3", "s2")):
        _connect(p[name], getattr(architecture, name), int(p[below]["maps"]), table)
    _lay_maps(p)
    tensors = _lay_tensors(p, architecture)
    connections = np.array(table, np.int64)
    plans.flags.writeable = connections.flags.writeable = False
    return Plan(plans, connections, tensors)


def _set(record: Any, **fields: Any) -> None:
    for name, value in fields.items():
        record[name] = value


def _size(p: Any, architecture: Architecture, counts: dict[str, LayerCount], height: int, width: int) -> None:
    """How large every layer is, and how it squashes."""
    input_row, s2_row = multiples(width), multiples(counts["s2"].width)
    _set(p["input"], maps=1, height=height, width=width, row=input_row)
    for name, row in (("c1", input_row), ("s2", s2_row), ("c3", s2_row), ("s4", counts["s4"].width)):
        _set(p[name], maps=counts[name].maps, height=counts[name].height, width=counts[name].width, row=row)
    for name in ("input", "c1", "s2", "c3", "s4"):
        p[name]["size"] = p[name]["height"] * p[name]["row"]
    _set(p, down=counts["c5"].height, across=counts["c5"].width)
    units = counts["c5"].maps, architecture.f6.units, architecture.classes
    inputs = 25 * counts["c3"].maps, *units[:2]
    for name, count, below in zip(("c5", "f6", "output"), units, inputs, strict=True):
        padded = count if name == "output" else multiples(count)
        _set(p[name], units=count, padded=padded, inputs=below, row=multiples(below))
    for layer in architecture.layers:
        squash = SQUASHES.get(getattr(layer, "squash", "none"), SQUASHES["none"])
        _set(p[layer.name], value=curve(squash, squash.value), slope=curve(squash, squash.slope))
        if isinstance(layer, Convolution) and layer.name != "c5":
            p[layer.name]["strips"] = strips_of(counts[layer.name].height, counts[layer.name].width)
        elif isinstance(layer, Subsampling):
            _set(p[layer.name], share=layer.share, maximum=not layer.trained)
        elif isinstance(layer, EuclideanRBF):
            p["output"]["kind"] = RBF
        elif layer.name == "output":
            kind = SOFTMAX if layer.squash == "softmax" else SQUASHED
            _set(p["output"], kind=kind, wrong=squash.targets[0], right=squash.targets[1])


def strips_of(height: int, width: int) -> NDArray[Any]:
    """How maps of height × width are cut into strips: a record, STRIPS ().

    As many strips of LANES columns as fit, then narrower ones, each a power of two. A strip of LANES columns is read
    where it lies. A narrower one, of c columns and H rows, is cut across into LANES/c parts of Q = ⌈H·c/LANES⌉ rows,
    and the parts lie side by side in vectors:

        lane l·c + x of vector q  =  row q + l·Q, column x of the strip

    so that C3's 10×10 units are 10 + 3 vectors of 8 instead of 20. What a strip sees through a kernel is packed alike:
    Q + 4 rows of five vectors, one for each column of the kernel; unit (q, x) sees at tap (i, j) what lies at row
    q + i, vector j, in the same lane.
    """
    narrow: list[tuple[int, ...]] = []
    x = windows = units = 0
    while width - x > 3 * LANES // 4:
        x += LANES
    whole = x
    while x < width:
        columns = max(2, 1 << (width - x).bit_length() - 1)  # the last of them may be no unit's
        rows = -(-height * columns // LANES)
        narrow.append((x, columns, rows, windows, units))
        windows, units, x = windows + (rows + KERNEL - 1) * PACKED_ROW, units + rows * LANES, x + columns
    strips = np.zeros((), STRIPS)
    strips["whole"], strips["windows"], strips["units"], strips["count"] = whole, windows, units, len(narrow)
    strips["narrow"][: len(narrow)] = narrow
    return strips


def _connect(record: Any, layer: Convolution, sources: int, table: list[int]) -> None:
    """The layer's connections at the end of the table."""

    def put(numbers: Iterable[int]) -> int:
        start = len(table)
        table.extend(numbers)
        return start

    map_of = [map_ for map_, _ in layer.pairs]
    firsts = [*map(map_of.index, range(layer.maps)), len(map_of)]
    counts = [map_of.count(map_) for map_ in range(layer.maps)]
    alike = [counts[map_ : map_ + TOGETHER] == TOGETHER * [counts[map_]] for map_ in range(layer.maps)]
    users = [[k for k, (_, source) in enumerate(layer.pairs) if source == below] for below in range(sources)]
    begins = [sources + 1 + 2 * sum(map(len, users[:below])) for below in range(sources + 1)]
    _set(
        record,
        kernels=len(map_of),
        first=put(firsts),
        source=put(source for _, source in layer.pairs),
        together=put(TOGETHER if so else 1 for so in alike),
        user=put([*begins, *(number for kernels in users for k in kernels for number in (map_of[k], k))]),
    )


def _lay_maps(p: Any) -> None:
    """Where the maps of every layer lie."""
    cursor = 0

    def room(size: int) -> int:
        nonlocal cursor
        start = cursor + _FRONT
        cursor = multiples(start + int(size) + _BEHIND)
        return start

    places = p["down"] * p["across"]
    p["input"]["start"] = room(p["input"]["size"])
    for convolution, subsampling in (("c1", "s2"), ("c3", "s4")):
        c, s = p[convolution], p[subsampling]
        c["start"] = room((c["maps"] * c["height"] + _ROWS_BEHIND) * c["row"])
        s["start"], s["sums"] = (room(s["maps"] * s["size"]) for _ in range(2))
    p["window"] = room(p["c5"]["row"])
    for name in ("c5", "f6", "output"):
        p[name]["start"] = room(places * multiples(int(p[name]["units"])))
    p["output"]["sums"] = room(places * multiples(int(p["output"]["units"])))
    for name, below in (("c1", "input"), ("c3", "s2")):
        strips = p[name]["strips"]
        p[name]["packed"] = room(p[below]["maps"] * strips["windows"] + TOGETHER * strips["units"])
    p["floats"] = cursor


def _lay_tensors(p: Any, architecture: Architecture) -> dict[str, tuple[int, tuple[int, ...], int]]:
    """Where every tensor lies among the parameters: also given as (start, shape, length of a padded row)."""
    shapes = architecture.shapes()
    vectors = "c1.weight c1.bias s2.coefficient s2.bias c3.weight c3.bias s4.coefficient s4.bias"
    tensors: dict[str, tuple[int, tuple[int, ...], int]] = {}
    cursor = 0
    for name in [*vectors.split(), "c5.bias", "f6.bias", "output.bias"]:
        layer, part = name.split(".")
        p[layer]["bias" if part == "bias" else "weight"] = cursor
        if name in shapes:
            # A kernel (pairs, 5, 5) and a vector alike lie without gaps.
            tensors[name] = (cursor, shapes[name], 25 if len(shapes[name]) == 3 else 0)
            cursor = multiples(cursor + int(np.prod(shapes[name])))
    p["small"] = cursor
    for name in ("c5.weight", "f6.weight", "output.weight", "rbf.codes"):
        if name == "rbf.codes":
            p["trained"] = cursor
        if name in shapes:
            p["output" if name == "rbf.codes" else name.split(".")[0]]["weight"] = cursor
            row = multiples(int(np.prod(shapes[name][1:])))
            tensors[name] = (cursor, shapes[name], row)
            cursor += shapes[name][0] * row
    p["parameters"] = cursor + _BEHIND
    return {name: tensors[name] for name in shapes}
