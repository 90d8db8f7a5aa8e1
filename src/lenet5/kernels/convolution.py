"""C1 and C3, forward and back (paper, II-A, II-B).

A map is a run of rows; a tile is a column of vectors, one for each of up to ROWS[0] rows, LANES columns wide, kept
in registers while the 25 products of a kernel are added:

    forward    map[y, x]         += Σ_ij weight[i, j] · source[y + i, x + j], from the bias to the squash
    backward   source[y, x]      += Σ_ij weight[i, j] · error[y − i, x − j]
    weights    gradient[i, j]    += Σ_yx error[y, x] · source[y + i, x + j]

The Gauss-Newton curvature (paper, eqs. 25 and 27) is the same three sums with every weight, every source and every
derivative squared; callers hand in the squares.

Columns that fill no vector are packed into whole ones (`strips`) for the forward sums and for the weights'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from lenet5.architecture import KERNEL
from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import INDEX, LANES, Emit, tile, tiles
from lenet5.kernels.squash import bend
from lenet5.kernels.strips import NARROW, PACKED_ROW, STRIPS, TOGETHER, UNITS, VIEW, gather, pack, scatter

# Rows of a map that a tile holds in registers: 28 and 10, the heights of C1 and C3, are made of the first two.
_FORWARD = (14, 10, 1) if LANES == 16 else (8, 10, 1)
_BACKWARD = (14, 10, 1) if LANES == 16 else (7, 5, 1)
_WEIGHTS = (14, 10, 1) if LANES == 16 else (7, 10, 1)
_PACKED = (7, 3, 1)  # of a narrow strip

__all__ = ["add_gradient", "add_spread", "convolve", "gather_units", "sum_gradient"]


def _forward_tile(rows: int, step: int = 1, maps: int = 1) -> Callable[..., None]:
    """Rows of one map, or the same rows of several; `step` floats lie between the columns of the source."""

    def forward(
        emit: Emit, out: Any, o: Any, o_row: Any, o_size: Any, source: Any, s: Any, s_row: Any, s_size: Any,
        weight: Any, w: Any, b: Any, p: Any, pairs: Any, first: Any, count: Any, curve: Any,
    ) -> None:  # fmt: skip
        """rows × LANES units of a map: the bias, the kernels first .. first + count − 1, the squash.

        p[pairs + 2·k + 1] is the source of kernel k. The next map has the next bias and the next `count` kernels, and
        lies o_size further; where o_size is 0 it is the same map once more.
        """
        ir = emit.builder
        another = ir.zext(ir.icmp_signed("!=", o_size, emit.index(0)), INDEX)
        biases = [emit.broadcast(weight, ir.add(b, ir.mul(another, emit.index(m)))) for m in range(maps)]
        cells = [emit.cells(rows, bias) for bias in biases]
        with emit.loop(count) as k:
            corners, taps = [], []
            for m in range(maps):
                kernel = ir.add(ir.add(first, k), ir.mul(ir.mul(another, emit.index(m)), count))
                place = ir.add(pairs, ir.add(ir.mul(kernel, emit.index(2)), emit.index(1)))
                corners.append(ir.add(s, ir.mul(ir.load(emit.at(p, place)), s_size)))
                taps.append(ir.add(w, ir.mul(kernel, emit.index(KERNEL * KERNEL))))
            sums = [[ir.load(cell) for cell in of_map] for of_map in cells]
            for j in range(KERNEL):
                for m in range(maps):
                    _add_column(emit, sums[m], source, corners[m], s_row, emit.index(j * step), weight, taps[m], j)
            for of_map, values in zip(cells, sums, strict=True):
                for cell, value in zip(of_map, values, strict=True):
                    ir.store(value, cell)
        bend(emit, [cell for of_map in cells for cell in of_map], curve)
        for m, of_map in enumerate(cells):
            for y, cell in enumerate(of_map):
                place = ir.add(ir.add(o, ir.mul(o_size, emit.index(m))), ir.mul(o_row, emit.index(y)))
                emit.store(ir.load(cell), out, place)

    return forward


def _add_column(
    emit: Emit, sums: list[Any], source: Any, s: Any, s_row: Any, x: Any, weight: Any, w: Any, j: int
) -> None:  # fmt: skip
    """The products of column j of a kernel onto rows of sums."""
    b = emit.builder
    taps = [emit.broadcast(weight, b.add(w, emit.index(i * KERNEL + j))) for i in range(KERNEL)]
    for r in range(len(sums) + KERNEL - 1):
        seen = emit.load(source, b.add(s, b.add(b.mul(s_row, emit.index(r)), x)))
        for i in range(KERNEL):
            if 0 <= r - i < len(sums):
                sums[r - i] = emit.fma(taps[i], seen, sums[r - i])


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


def _weights_tile(rows: int, step: int = 1) -> Callable[..., None]:
    def weights(emit: Emit, sums: Any, error: Any, e: Any, e_row: Any, source: Any, s: Any, s_row: Any) -> None:
        """sums (25, LANES) += the products of rows × LANES units of error with what they saw; lanes not yet added."""
        b = emit.builder
        errors = [emit.load(error, b.add(e, b.mul(e_row, emit.index(r)))) for r in range(rows)]
        at_once = 1 if LANES < 16 and rows > 7 else 2  # columns whose sums stay in registers beside the errors
        for columns in (range(j, min(j + at_once, KERNEL)) for j in range(0, KERNEL, at_once)):
            places = {(i, j): emit.index((i * KERNEL + j) * LANES) for i in range(KERNEL) for j in columns}
            parts = {key: emit.load(sums, place) for key, place in places.items()}
            for r in range(rows + KERNEL - 1):
                for j in columns:
                    x = emit.load(source, b.add(s, b.add(b.mul(s_row, emit.index(r)), emit.index(j * step))))
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
_forward_packed = tile(types.void, _forward_tile(_PACKED[0], LANES))
_forward_together = tiles((3, 2, 1), lambda rows: _forward_tile(rows, LANES, TOGETHER))
_backward = tiles(_BACKWARD, _backward_tile)
_weights = tiles(_WEIGHTS, _weights_tile)
_weights_packed = tiles(_PACKED, lambda rows: _weights_tile(rows, LANES))
_add_totals = tile(types.void, _totals)


@compiled
def convolve(
    out, o, o_row, height, maps, source, s, s_row, s_size, sources, strips, packed, weight, w, b, p, pairs, kernels,
    squash_,
):  # fmt: skip
    """out[o:] (maps, height, …; rows o_row apart) = a convolutional layer over source[s:], maps s_size apart.

    p[pairs:] holds (map, source) of each kernel, in the order of the maps, and p[strips:] is the `strips.table` of
    the maps. source[packed:] is room for the packed views of all `sources`, which stay for the gradient, and for the
    packed units of three maps.
    """
    _convolve_whole(
        out, o, o_row, height, maps, source, s, s_row, s_size, p[strips], weight, w, b, p, pairs, kernels, squash_
    )
    for at in range(strips + NARROW, strips + NARROW + 5 * p[strips + STRIPS], 5):
        x, columns, rows, seen = p[at], p[at + 1], p[at + 2], packed + p[at + 3]
        for n in range(sources):
            pack(source, seen + n * p[strips + VIEW], rows, columns, source, s + n * s_size + x, s_row)
        _convolve_narrow(
            out, o + x, o_row, height, maps, columns, rows, source, seen, p[strips + VIEW],
            packed + sources * p[strips + VIEW], p[strips + UNITS], weight, w, b, p, pairs, kernels, squash_,
        )  # fmt: skip


@compiled
def _convolve_whole(
    out, o, o_row, height, maps, source, s, s_row, s_size, width, weight, w, b, p, pairs, kernels, squash_
):
    """The first `width` columns of every map, in whole vectors where they lie."""
    first = 0
    for m in range(maps):
        count = _kernels_of(p, pairs, kernels, first)
        here = o + m * height * o_row
        for x in range(0, width, LANES):
            y = 0
            while y < height:
                y += _forward(
                    height - y, out, here + y * o_row + x, o_row, 0, source, s + y * s_row + x, s_row, s_size,
                    weight, w, b + m, p, pairs, first, count, squash_,
                )  # fmt: skip
        first += count


@compiled
def _convolve_narrow(
    out, o, o_row, height, maps, columns, rows, source, seen, view, units, size, weight, w, b, p, pairs, kernels,
    squash_,
):  # fmt: skip
    """A narrow strip of every map: from the packed views source[seen:] to packed units, and those to out[o:].

    Maps with as many kernels as the next two are computed three at a time where their rows are few.
    """
    m = first = 0
    while m < maps:
        count = _kernels_of(p, pairs, kernels, first)
        together = 1
        while together < TOGETHER and _kernels_of(p, pairs, kernels, first + together * count) == count:
            together += 1
        if together < TOGETHER:
            together = 1
        y = 0
        while rows - y >= _PACKED[0]:
            for i in range(together):
                _forward_packed(
                    source, units + i * size + y * LANES, LANES, 0, source, seen + y * PACKED_ROW, PACKED_ROW,
                    view, weight, w, b + m + i, p, pairs, first + i * count, count, squash_,
                )  # fmt: skip
            y += _PACKED[0]
        while y < rows:
            y += _forward_together(
                rows - y, source, units + y * LANES, LANES, size if together == TOGETHER else 0,
                source, seen + y * PACKED_ROW, PACKED_ROW, view, weight, w, b + m, p, pairs, first, count,
                squash_,
            )  # fmt: skip
        for i in range(together):
            scatter(out, o + (m + i) * height * o_row, o_row, rows, columns, source, units + i * size)
        m, first = m + together, first + together * count


@compiled
def _kernels_of(p, pairs, kernels, first):
    """How many kernels the map of kernel `first` has; they lie one behind the other. 0 behind the last."""
    count = 0
    while first + count < kernels and p[pairs + 2 * (first + count)] == p[pairs + 2 * first]:
        count += 1
    return count


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
def gather_units(error, e, e_row, height, p, strips, units):
    """error[units:] = the packed units of a map's narrow strips, error[e:] (height, …)."""
    for at in range(strips + NARROW, strips + NARROW + 5 * p[strips + STRIPS], 5):
        gather(error, units + p[at + 4], height, p[at + 2], p[at + 1], error, e + p[at], e_row)


@compiled
def add_gradient(sums, error, e, e_row, height, units, source, s, s_row, packed, p, strips):
    """sums (25·LANES) += error[e:] (height, …; its packed units error[units:]) times what each unit saw of source[s:].

    The packed view of the source is source[packed:], as `convolve` left it.
    """
    for x in range(0, p[strips], LANES):
        y = 0
        while y < height:
            here, there = e + y * e_row + x, s + y * s_row + x
            y += _weights(height - y, sums, error, here, e_row, source, there, s_row)
    for at in range(strips + NARROW, strips + NARROW + 5 * p[strips + STRIPS], 5):
        rows, y = p[at + 2], 0
        while y < rows:
            here, there = units + p[at + 4] + y * LANES, packed + p[at + 3] + y * PACKED_ROW
            y += _weights_packed(rows - y, sums, error, here, LANES, source, there, PACKED_ROW)


@compiled
def sum_gradient(gradient, g, sums):
    """gradient[g : g + 25] += the totals of the lanes of sums (25·LANES), which are cleared."""
    _add_totals(gradient, g, sums)
