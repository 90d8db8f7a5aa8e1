"""How are C1 and C3 computed, and how does an error flow back through them? (paper, II-A, II-B)

A map is a run of rows; a tile is a column of vectors, one for each of up to ROWS[0] rows, LANES columns wide, kept
in registers while the 25 products of a kernel are added:

    forward    map[y, x]         += Σ_ij weight[i, j] · source[y + i, x + j], from the bias to the squash
    backward   source[y, x]      += Σ_ij weight[i, j] · error[y − i, x − j]
    weights    gradient[i, j]    += Σ_yx error[y, x] · source[y + i, x + j]

The Gauss-Newton curvature (paper, eqs. 25 and 27) is the same three sums with every weight, every source and every
derivative squared; callers hand in the squares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from lenet5.architecture import KERNEL
from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import FLOAT, LANES, Emit, tile, tiles

# Rows of a map that a tile holds in registers: 28 and 10, the heights of C1 and C3, are made of the first two.
_FORWARD = (14, 10, 1) if LANES == 16 else (7, 10, 1)
_GRADIENT = (14, 10, 1) if LANES == 16 else (7, 5, 1)

__all__ = ["add_gradient", "add_spread", "convolve", "sum_gradient"]


def _forward_tile(rows: int) -> Callable[..., None]:
    def forward(
        emit: Emit, out: Any, o: Any, o_row: Any, source: Any, s: Any, s_row: Any, s_size: Any, weight: Any, w: Any,
        b: Any, p: Any, pairs: Any, first: Any, count: Any, amplitude: Any, slope: Any, offset: Any,
    ) -> None:  # fmt: skip
        """rows × LANES units of a map: the bias, the kernels first .. first + count − 1, the squash.

        p[pairs + 2·k + 1] is the source of kernel k.
        """
        ir = emit.builder
        cells = emit.cells(rows, emit.broadcast(weight, b))
        with emit.loop(count) as k:
            kernel = ir.add(first, k)
            place = ir.add(pairs, ir.add(ir.mul(kernel, emit.index(2)), emit.index(1)))
            corner = ir.add(s, ir.mul(ir.load(emit.at(p, place)), s_size))
            taps = ir.add(w, ir.mul(kernel, emit.index(KERNEL * KERNEL)))
            _add_kernel(emit, cells, source, corner, s_row, weight, taps)
        curve = [emit.splat(value) for value in (amplitude, slope, offset)]
        with ir.if_then(ir.fcmp_unordered("!=", amplitude, FLOAT(0.0))):
            for cell in cells:
                ir.store(emit.squash(ir.load(cell), *curve), cell)
        for y, cell in enumerate(cells):
            emit.store(ir.load(cell), out, ir.add(o, ir.mul(o_row, emit.index(y))))

    return forward


def _add_kernel(emit: Emit, cells: list[Any], source: Any, s: Any, s_row: Any, weight: Any, w: Any) -> None:
    """The 25 products of one kernel onto rows of sums."""
    b = emit.builder
    sums = [b.load(cell) for cell in cells]
    for j in range(KERNEL):
        taps = [emit.broadcast(weight, b.add(w, emit.index(i * KERNEL + j))) for i in range(KERNEL)]
        for r in range(len(cells) + KERNEL - 1):
            x = emit.load(source, b.add(s, b.add(b.mul(s_row, emit.index(r)), emit.index(j))))
            for i in range(KERNEL):
                if 0 <= r - i < len(cells):
                    sums[r - i] = emit.fma(taps[i], x, sums[r - i])
    for cell, value in zip(cells, sums, strict=True):
        b.store(value, cell)


def _backward_tile(rows: int) -> Callable[..., None]:
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

    return backward


def _weights_tile(rows: int) -> Callable[..., None]:
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

    return weights


def _totals(emit: Emit, gradient: Any, g: Any, sums: Any) -> None:
    """gradient[g : g + 25] += the totals of the lanes of sums (25·LANES), LANES of them at a time."""
    b = emit.builder
    taps = KERNEL * KERNEL
    for start in range(0, taps, LANES):
        places = [emit.index((start + k) * LANES) for k in range(min(LANES, taps - start))]
        if len(places) == LANES:
            parts = emit.transpose([emit.load(sums, place) for place in places])
            while len(parts) > 1:
                parts = [b.fadd(x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)]
            place = b.add(g, emit.index(start))
            emit.store(b.fadd(emit.load(gradient, place), parts[0]), gradient, place)
        else:
            for k, place in enumerate(places):
                pointer = emit.at(gradient, b.add(g, emit.index(start + k)))
                b.store(b.fadd(b.load(pointer), emit.total(emit.load(sums, place))), pointer)
        for place in places:
            emit.store(emit.constant(0.0), sums, place)


_forward = tiles(_FORWARD, _forward_tile)
_backward = tiles(_GRADIENT, _backward_tile)
_weights = tiles(_GRADIENT, _weights_tile)
_add_totals = tile(types.void, _totals)


@compiled
def convolve(out, o, o_row, height, width, maps, source, s, s_row, s_size, weight, w, b, p, pairs, kernels, squash_):
    """out[o:] (maps, height, width; rows o_row apart) = a convolutional layer over source[s:], maps s_size apart.

    p[pairs:] holds (map, source) of each kernel, in the order of the maps.
    """
    amplitude, slope, offset = squash_
    first = 0
    for m in range(maps):
        count = 0
        while first + count < kernels and p[pairs + 2 * (first + count)] == m:
            count += 1
        for x in range(0, width, LANES):
            y = 0
            while y < height:
                here, there = o + (m * height + y) * o_row + x, s + y * s_row + x
                y += _forward(
                    height - y, out, here, o_row, source, there, s_row, s_size, weight, w, b + m, p, pairs, first,
                    count, amplitude, slope, offset,
                )  # fmt: skip
        first += count


@compiled
def add_spread(out, o, o_row, height, width, error, e, e_row, weight, w):
    """out[o:] (height + 4, width + 4) += error[e:] (height, width) spread by the kernel weight[w:].

    The error must be zero in the four columns before and after its width, and so must a row's end.
    """
    for x in range(0, width + KERNEL - 1, LANES):
        y = 0
        while y < height:
            y += _backward(height - y, out, o + y * o_row + x, o_row, error, e + y * e_row + x, e_row, weight, w)


@compiled
def add_gradient(sums, error, e, e_row, height, width, source, s, s_row):
    """sums (25·LANES) += error[e:] (height, width) times what each unit saw of source[s:]."""
    for x in range(0, width, LANES):
        y = 0
        while y < height:
            y += _weights(height - y, sums, error, e + y * e_row + x, e_row, source, s + y * s_row + x, s_row)


@compiled
def sum_gradient(gradient, g, sums):
    """gradient[g : g + 25] += the totals of the lanes of sums (25·LANES), which are cleared."""
    _add_totals(gradient, g, sums)
