"""The places of every tensor and every map in memory, for one architecture and one size of picture.

Kernels work on three flat float32 arrays: `parameters` (and, laid out alike, gradients, curvatures and rates),
`maps` and, laid out alike, `errors`. A plan is one int64 array that says where each thing starts; the names below
are places in that array. All tensors that are not a matrix come first, so that they can be stepped as one run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import SQUASHES, Architecture, EuclideanRBF, LayerCount
from lenet5.kernels.lanes import multiples
from lenet5.kernels.squash import curve
from lenet5.kernels.strips import TOGETHER, UNITS, VIEW, table

__all__ = ["Plan", "plan_for", "zeros"]

_FIELDS = 72
# fmt: off
(
    INPUT_H, INPUT_W, INPUT_ROW, INPUT,
    C1_MAPS, C1_H, C1_W, C1_ROW, C1, C1_STRIPS, C1_PACKED, C1_PAIRS, C1_KERNELS,
    S2_H, S2_W, S2_ROW, S2, S2_SUMS, S2_MAXIMUM,
    C3_MAPS, C3_H, C3_W, C3_ROW, C3, C3_STRIPS, C3_PACKED, C3_PAIRS, C3_KERNELS,
    S4_H, S4_W, S4, S4_SUMS, S4_MAXIMUM,
    C5_MAPS, C5_H, C5_W, C5_INPUTS, C5_ROW, C5, WINDOW,
    F6_UNITS, F6_ROW, F6,
    OUT_UNITS, OUT_ROW, OUT, OUT_SUMS, OUT_KIND,
    C1_WEIGHT, C1_BIAS, S2_COEFFICIENT, S2_BIAS, C3_WEIGHT, C3_BIAS, S4_COEFFICIENT, S4_BIAS,
    C5_BIAS, F6_BIAS, OUT_BIAS, SMALL, C5_WEIGHT, F6_WEIGHT, OUT_WEIGHT, TRAINED, CODES, PARAMETERS, MAPS,
) = range(67)
# fmt: on

# The rows of `curves`: each layer's squash as `squash.curve` has it, the shares of S2 and S4 with the output's targets,
# and from SLOPES on the slope of each layer's squash.
CURVE_C1, CURVE_S2, CURVE_C3, CURVE_S4, CURVE_C5, CURVE_F6, CURVE_OUT, SHARES, SLOPES = range(9)

RBF, SOFTMAX, SQUASHED = range(3)  # what OUT_KIND can be

# Vectors of a tile may read or write past the end of a map; nothing else lies there.
_FRONT, _BEHIND = 16, 96
_ROWS_BEHIND = 8  # and of a narrow strip, rows past the last map's last


@dataclass(frozen=True)
class Plan:
    """`places` int64 (indices as named in this module, connected pairs and strips behind), `curves` float32 (15, 4)."""

    places: NDArray[np.int64]
    curves: NDArray[np.float32]
    tensors: dict[str, tuple[int, tuple[int, ...], int]]  # name: (start, shape, length of a padded row)

    @property
    def parameters(self) -> int:
        return int(self.places[PARAMETERS])

    @property
    def maps(self) -> int:
        return int(self.places[MAPS])

    def views(self, flat: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Each tensor, in its own shape, as a view of a flat array laid out as the parameters."""
        views = {}
        for name, (start, shape, row) in self.tensors.items():
            rows, width = (shape[0], int(np.prod(shape[1:]))) if row else (1, shape[0])
            stored = flat[start : start + rows * (row or width)].reshape(rows, row or width)[:, :width]
            view = (
                stored.reshape(shape)
                if width == (row or width)
                else np.lib.stride_tricks.as_strided(
                    stored, (rows, *shape[1:]), (stored.strides[0], *np.empty(shape[1:], np.float32).strides)
                )
            )
            views[name] = view
        return views


def zeros(*shape: int) -> NDArray[np.float32]:
    """float32 zeros that start on 64 bytes: vectors then lie in one line of the cache, not across two."""
    size = math.prod(shape)
    floats = np.zeros(size + 16, np.float32)
    start = -floats.ctypes.data % 64 // 4
    return floats[start : start + size].reshape(shape)


@lru_cache(maxsize=64)
def plan_for(architecture: Architecture, height: int = 32, width: int = 32) -> Plan:
    """The plan for pictures of height × width pixels, both at least 32."""
    places = np.zeros(_FIELDS, np.int64)
    counts = {row.name: row for row in architecture.count(height, width)}
    _lay_maps(places, architecture, counts, height, width)
    tensors = _lay_tensors(places, architecture)
    behind: list[int] = []
    for layer, pairs, kernels, strips in (
        (architecture.c1, C1_PAIRS, C1_KERNELS, C1_STRIPS),
        (architecture.c3, C3_PAIRS, C3_KERNELS, C3_STRIPS),
    ):
        places[pairs], places[kernels] = _FIELDS + len(behind), len(layer.pairs)
        behind += [map_ for pair in layer.pairs for map_ in pair]
        places[strips] = _FIELDS + len(behind)
        behind += table(counts[layer.name].height, counts[layer.name].width)
    places = np.concatenate([places, np.array(behind, np.int64)])
    curves = _curves(architecture)
    places.flags.writeable = curves.flags.writeable = False
    return Plan(places, curves, tensors)


def _lay_maps(
    places: NDArray[np.int64], architecture: Architecture, counts: dict[str, LayerCount], height: int, width: int
) -> None:
    cursor = 0

    def room(size: int) -> int:
        nonlocal cursor
        start = cursor + _FRONT
        cursor = multiples(start + size + _BEHIND)
        return start

    c1, s2, c3, s4, c5 = (counts[name] for name in ("c1", "s2", "c3", "s4", "c5"))
    spots = c5.height * c5.width  # places where C5, F6 and OUTPUT look
    input_row, s2_row = multiples(width), multiples(s2.width)
    set_ = places.__setitem__
    for index, value in (
        (INPUT_H, height), (INPUT_W, width), (INPUT_ROW, input_row),
        (C1_MAPS, c1.maps), (C1_H, c1.height), (C1_W, c1.width), (C1_ROW, input_row),
        (S2_H, s2.height), (S2_W, s2.width), (S2_ROW, s2_row), (S2_MAXIMUM, not architecture.s2.trained),
        (C3_MAPS, c3.maps), (C3_H, c3.height), (C3_W, c3.width), (C3_ROW, s2_row),
        (S4_H, s4.height), (S4_W, s4.width), (S4_MAXIMUM, not architecture.s4.trained),
        (C5_MAPS, c5.maps), (C5_H, c5.height), (C5_W, c5.width), (C5_INPUTS, 25 * c3.maps),
        (C5_ROW, multiples(25 * c3.maps)),
        (F6_UNITS, architecture.f6.units), (F6_ROW, multiples(c5.maps)),
        (OUT_UNITS, architecture.classes), (OUT_ROW, multiples(architecture.f6.units)),
    ):  # fmt: skip
        set_(index, value)
    output = architecture.output
    places[OUT_KIND] = RBF if isinstance(output, EuclideanRBF) else SOFTMAX if output.squash == "softmax" else SQUASHED
    places[INPUT] = room(height * input_row)
    places[C1] = room((c1.maps * c1.height + _ROWS_BEHIND) * input_row)
    places[S2], places[S2_SUMS] = (room(s2.maps * s2.height * s2_row) for _ in range(2))
    places[C3] = room((c3.maps * c3.height + _ROWS_BEHIND) * s2_row)
    places[S4], places[S4_SUMS] = (room(s4.maps * s4.height * s4.width) for _ in range(2))
    places[WINDOW] = room(multiples(25 * c3.maps))
    places[C5] = room(spots * multiples(c5.maps))
    places[F6] = room(spots * multiples(architecture.f6.units))
    places[OUT], places[OUT_SUMS] = (room(spots * multiples(architecture.classes)) for _ in range(2))
    for packed, sources, layer in ((C1_PACKED, 1, c1), (C3_PACKED, c1.maps, c3)):
        strips = table(layer.height, layer.width)
        places[packed] = room(sources * strips[VIEW] + TOGETHER * strips[UNITS])
    places[MAPS] = cursor


def _lay_tensors(places: NDArray[np.int64], architecture: Architecture) -> dict[str, tuple[int, tuple[int, ...], int]]:
    small = {
        "c1.weight": C1_WEIGHT, "c1.bias": C1_BIAS, "s2.coefficient": S2_COEFFICIENT, "s2.bias": S2_BIAS,
        "c3.weight": C3_WEIGHT, "c3.bias": C3_BIAS, "s4.coefficient": S4_COEFFICIENT, "s4.bias": S4_BIAS,
        "c5.bias": C5_BIAS, "f6.bias": F6_BIAS, "output.bias": OUT_BIAS,
    }  # fmt: skip
    matrices = {"c5.weight": C5_WEIGHT, "f6.weight": F6_WEIGHT, "output.weight": OUT_WEIGHT, "rbf.codes": CODES}
    shapes = architecture.shapes()
    tensors: dict[str, tuple[int, tuple[int, ...], int]] = {}
    cursor = 0
    for name, index in small.items():
        places[index] = cursor
        if name in shapes:
            # A kernel (pairs, 5, 5) and a vector alike lie without gaps.
            tensors[name] = (cursor, shapes[name], 25 if len(shapes[name]) == 3 else 0)
            cursor = multiples(cursor + int(np.prod(shapes[name])))
    places[SMALL] = cursor
    for name, index in matrices.items():
        if name == "rbf.codes":
            places[TRAINED] = cursor
        places[index] = cursor
        if name in shapes:
            row = multiples(int(np.prod(shapes[name][1:])))
            tensors[name] = (cursor, shapes[name], row)
            cursor += shapes[name][0] * row
    places[PARAMETERS] = cursor + _BEHIND
    return {name: tensors[name] for name in shapes}


def _curves(architecture: Architecture) -> NDArray[np.float32]:
    squashes = [SQUASHES.get(getattr(layer, "squash", "none"), SQUASHES["none"]) for layer in architecture.layers]
    shares = architecture.s2.share, architecture.s4.share
    rows = [curve(f, f.value) for f in squashes] + [(*shares, *squashes[-1].targets)]
    return np.array([*rows, *(curve(f, f.slope) for f in squashes)], np.float32)
