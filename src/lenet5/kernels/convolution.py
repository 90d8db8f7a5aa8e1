"""How are C1 and C3 computed, and how does an error flow back through them? (paper, II-A, II-B)

A map is a run of rows; a tile is a column of vectors, one for each of up to ROWS[0] rows, LANES columns wide, kept
in registers while the 25 products of a kernel are added:

    forward    map[y, x]         += Σ_ij weight[i, j] · source[y + i, x + j]
    backward   source[y, x]      += Σ_ij weight[i, j] · error[y − i, x − j]
    weights    gradient[i, j]    += Σ_yx error[y, x] · source[y + i, x + j]

The Gauss-Newton curvature (paper, eqs. 25 and 27) is the same three sums with every weight, every source and every
derivative squared; callers hand in the squares.
"""

from __future__ import annotations

from typing import Any

from numba import types

from lenet5.architecture import KERNEL
from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import LANES, ROWS, Emit, load, splat, store, tile, total

__all__ = ["add_correlation", "add_gradient", "add_spread", "sum_gradient"]


def _forward_tile(rows: int) -> Any:
    def forward(emit: Emit, out: Any, o: Any, o_row: Any, source: Any, s: Any, s_row: Any, weight: Any, w: Any) -> None:
        """rows × LANES units of a map += one kernel over one source."""
        b = emit.builder
        places = [b.add(o, b.mul(o_row, emit.index(y))) for y in range(rows)]
        sums = [emit.load(out, place) for place in places]
        for j in range(KERNEL):
            taps = [emit.broadcast(weight, b.add(w, emit.index(i * KERNEL + j))) for i in range(KERNEL)]
            for r in range(rows + KERNEL - 1):
                x = emit.load(source, b.add(s, b.add(b.mul(s_row, emit.index(r)), emit.index(j))))
                for i in range(KERNEL):
                    if 0 <= r - i < rows:
                        sums[r - i] = emit.fma(taps[i], x, sums[r - i])
        for place, value in zip(places, sums, strict=True):
            emit.store(value, out, place)

    return tile(types.void, forward)


def _backward_tile(rows: int) -> Any:
    def backward(emit: Emit, out: Any, o: Any, o_row: Any, error: Any, e: Any, e_row: Any, weight: Any, w: Any) -> None:
        """rows + 4 rows × LANES units of a source += one kernel's share of `rows` rows of error."""
        b = emit.builder
        places = [b.add(o, b.mul(o_row, emit.index(y))) for y in range(rows + KERNEL - 1)]
        sums = [emit.load(out, place) for place in places]
        for j in range(KERNEL):
            taps = [emit.broadcast(weight, b.add(w, emit.index(i * KERNEL + j))) for i in range(KERNEL)]
            for r in range(rows):
                d = emit.load(error, b.add(e, b.sub(b.mul(e_row, emit.index(r)), emit.index(j))))
                for i in range(KERNEL):
                    sums[r + i] = emit.fma(taps[i], d, sums[r + i])
        for place, value in zip(places, sums, strict=True):
            emit.store(value, out, place)

    return tile(types.void, backward)


def _weights_tile(rows: int) -> Any:
    def weights(emit: Emit, sums: Any, error: Any, e: Any, e_row: Any, source: Any, s: Any, s_row: Any) -> None:
        """sums (25, LANES) += the products of rows × LANES units of error with what they saw; lanes not yet added."""
        b = emit.builder
        errors = [emit.load(error, b.add(e, b.mul(e_row, emit.index(r)))) for r in range(rows)]
        for columns in ((0, 1), (2, 3), (4,)):  # ten sums at a time stay in registers
            places = {(i, j): emit.index((i * KERNEL + j) * LANES) for i in range(KERNEL) for j in columns}
            parts = {key: emit.load(sums, place) for key, place in places.items()}
            for r in range(rows + KERNEL - 1):
                for j in columns:
                    x = emit.load(source, b.add(s, b.add(b.mul(s_row, emit.index(r)), emit.index(j))))
                    for i in range(KERNEL):
                        if 0 <= r - i < rows:
                            parts[i, j] = emit.fma(errors[r - i], x, parts[i, j])
            for key, place in places.items():
                emit.store(parts[key], sums, place)

    return tile(types.void, weights)


_tall, _middle, _one = ROWS
_forward_tall, _forward_middle, _forward_one = (_forward_tile(rows) for rows in ROWS)
_backward_tall, _backward_middle, _backward_one = (_backward_tile(rows) for rows in ROWS)
_weights_tall, _weights_middle, _weights_one = (_weights_tile(rows) for rows in ROWS)


@compiled
def add_correlation(out, o, o_row, height, width, source, s, s_row, weight, w):
    """out[o:] (height, width; rows o_row apart) += the 5×5 kernel weight[w:] over source[s:]."""
    for x in range(0, width, LANES):
        y = 0
        while height - y >= _tall:
            _forward_tall(out, o + y * o_row + x, o_row, source, s + y * s_row + x, s_row, weight, w)
            y += _tall
        while height - y >= _middle:
            _forward_middle(out, o + y * o_row + x, o_row, source, s + y * s_row + x, s_row, weight, w)
            y += _middle
        while y < height:
            _forward_one(out, o + y * o_row + x, o_row, source, s + y * s_row + x, s_row, weight, w)
            y += 1


@compiled
def add_spread(out, o, o_row, height, width, error, e, e_row, weight, w):
    """out[o:] (height + 4, width + 4) += error[e:] (height, width) spread by the kernel weight[w:].

    The error must be zero in the four columns before and after its width, and so must a row's end.
    """
    for x in range(0, width + KERNEL - 1, LANES):
        y = 0
        while height - y >= _tall:
            _backward_tall(out, o + y * o_row + x, o_row, error, e + y * e_row + x, e_row, weight, w)
            y += _tall
        while height - y >= _middle:
            _backward_middle(out, o + y * o_row + x, o_row, error, e + y * e_row + x, e_row, weight, w)
            y += _middle
        while y < height:
            _backward_one(out, o + y * o_row + x, o_row, error, e + y * e_row + x, e_row, weight, w)
            y += 1


@compiled
def add_gradient(sums, error, e, e_row, height, width, source, s, s_row):
    """sums (25·LANES) += error[e:] (height, width) times what each unit saw of source[s:]."""
    for x in range(0, width, LANES):
        y = 0
        while height - y >= _tall:
            _weights_tall(sums, error, e + y * e_row + x, e_row, source, s + y * s_row + x, s_row)
            y += _tall
        while height - y >= _middle:
            _weights_middle(sums, error, e + y * e_row + x, e_row, source, s + y * s_row + x, s_row)
            y += _middle
        while y < height:
            _weights_one(sums, error, e + y * e_row + x, e_row, source, s + y * s_row + x, s_row)
            y += 1


@compiled
def sum_gradient(gradient, g, sums):
    """gradient[g : g + 25] += the totals of the lanes of sums (25·LANES), which are cleared."""
    for k in range(KERNEL * KERNEL):
        gradient[g + k] += total(load(sums, k * LANES))
        store(sums, k * LANES, splat(0.0))
