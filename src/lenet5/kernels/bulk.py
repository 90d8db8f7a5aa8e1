"""Many pictures through the network: pictures innermost, LANES of them in one vector.

A vector holds the same unit of LANES pictures, so that no lane is ever wasted and no vector is shifted. A tile of a
convolution computes two rows of a map, squashes and subsamples them at once, and never stores C1 or C3:

    first   a block of LANES pictures -> S2 of each, then S4 of each      (unit, LANES)
    then    GROUP blocks together     -> C5, F6, OUTPUT: matrix products  (unit, GROUP·LANES)

Maps are those of `single`, to within float32's rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from lenet5.architecture import KERNEL
from lenet5.kernels.entries import GROUP, PICTURES, WIDE
from lenet5.kernels.plan import RBF
from lenet5.kernels.squash import bend, curve_of, squash
from lenet5.machine.compiled import compiled, inlined
from lenet5.machine.lanes import LANES, VECTOR, Emit, Index, pixels_at, splat, store, tile, tiles

# Registers hold a tile's sums: pooled columns of a convolution (14 of S2 are 5 + 5 + 4 or 7 + 7), units of a product.
_POOLED = (7, 5, 1) if LANES == 16 else (5, 4, 1)
_UNITS = (6, 4, 1)
_RUN = 20  # products that are summed by themselves before they join the others


def _tile(pooled: int) -> Callable[..., None]:
    def convolve(
        emit: Emit, arrays: Any, weights: Any, table: Any, layers: Any, to: Any, at: Any, kernels: Any
    ) -> None:
        """`pooled` units of a row of S2 or S4: both rows of C1 or C3 below them, squashed, subsampled, squashed.

        arrays: the units, the maps that C1 or C3 sees, and where that layer's own units are kept.
        layers: S2 and C1, or S4 and C3. to: where the units go, and floats from one to the next.
        at: where the windows start, units to the next row, units to the next map; where C1's or C3's units are kept, or
        a number below 0, and units to the next row. kernels: the map, its first kernel, and how many.
        """
        ir, (out, source, kept), (s, c), (o, step) = emit.builder, arrays, layers, to
        (corner, row, size, unit, unit_row), (m, first, count) = at, kernels
        pairs, row_of_units = [], emit.local(2 * pooled)
        for y in range(2):
            sums = emit.cells(2 * pooled, emit.broadcast(weights, c.bias + m))
            with emit.loop(count) as k:
                kernel = first + k
                window = corner + emit.number(table, c.source + kernel) * size + row * y
                _add_kernel(emit, sums, source, window, row, weights, c.weight + kernel * (KERNEL * KERNEL))
            for x, cell in enumerate(sums):
                emit.store(ir.load(cell), row_of_units, x * LANES)
            bend(emit, row_of_units, emit.index(0), LANES, 2 * pooled, c.value)
            units = [emit.load(row_of_units, x * LANES) for x in range(2 * pooled)]
            with ir.if_then(unit.compare(">=", 0)):
                for x, value in enumerate(units):
                    emit.store(value, kept, (unit + unit_row * y + x) * LANES)
            pairs.append([_join(emit, units[2 * x], units[2 * x + 1], s.maximum) for x in range(pooled)])
        with ir.if_else(s.maximum.compare("!=", 0)) as (largest, sum_):
            with largest:
                for x, (upper, lower) in enumerate(zip(*pairs, strict=True)):
                    emit.store(emit.maximum(upper, lower), out, o + step * x)
            with sum_:
                scale = emit.splat(ir.fmul(ir.load(emit.at(weights, s.weight + m)), s.share))
                base = emit.broadcast(weights, s.bias + m)
                for x, (upper, lower) in enumerate(zip(*pairs, strict=True)):
                    emit.store(emit.fma(ir.fadd(upper, lower), scale, base), out, o + step * x)
                bend(emit, out, o, step, pooled, s.value)

    return convolve


def _add_kernel(emit: Emit, sums: Any, source: Any, corner: Index, row: Index, weights: Any, taps: Index) -> None:
    """The 25 products of one kernel onto a row of sums."""
    with emit.loop(KERNEL) as i:
        tap = [emit.broadcast(weights, taps + i * KERNEL + j) for j in range(KERNEL)]
        for x in range(len(sums) + KERNEL - 1):
            value = emit.load(source, (corner + i * row + x) * LANES)
            for j in range(KERNEL):
                if 0 <= x - j < len(sums):
                    emit.add_to(sums[x - j], tap[j], value)


def _join(emit: Emit, a: Any, b: Any, maximum: Index) -> Any:
    """The larger of two units, or their sum."""
    return emit.builder.select(maximum.compare("!=", 0), emit.maximum(a, b), emit.builder.fadd(a, b))


def _product_tile(units: int) -> Callable[..., None]:
    def product(emit: Emit, out: Any, o: Any, weights: Any, matrix: Any, x: Any, some: Any) -> None:
        """out[o:] (units, WIDE) += some columns of rows of a matrix times x (.., WIDE).

        matrix: where its first row starts, and floats to the next. some: the first column, and how many.
        """
        ir, (w, row), (first, count) = emit.builder, matrix, some
        sums = [emit.cells(GROUP) for _ in range(units)]
        with emit.loop(count) as k:
            i = first + k
            seen = [emit.load(x, i * WIDE + q * LANES) for q in range(GROUP)]
            for u in range(units):
                value = emit.broadcast(weights, w + row * u + i)
                for q in range(GROUP):
                    emit.add_to(sums[u][q], value, seen[q])
        for u in range(units):
            for q in range(GROUP):
                place = o + (u * WIDE + q * LANES)
                emit.store(ir.fadd(emit.load(out, place), ir.load(sums[u][q])), out, place)

    return product


def _distance(emit: Emit, out: Any, o: Any, code: Any, c: Any, x: Any, n: Any) -> None:
    """out[o:] (WIDE) = Σ_i (x[i] − code[c + i])², added up in float64: a float32 of 400 has steps of 3e-5."""
    ir = emit.builder
    sums = emit.cells(GROUP, emit.wide(emit.constant(0.0)))
    with emit.loop(n) as i:
        value = emit.broadcast(code, c + i)
        for q, cell in enumerate(sums):
            apart = ir.fsub(emit.load(x, i * WIDE + q * LANES), value)
            ir.store(ir.fadd(ir.load(cell), emit.wide(ir.fmul(apart, apart))), cell)
    for q, cell in enumerate(sums):
        emit.store(ir.fptrunc(ir.load(cell), VECTOR), out, o + q * LANES)


_convolve = tiles(_POOLED, _tile)
_add_products = tiles(_UNITS, _product_tile)
_distance_to = tile(types.void, _distance)


@compiled
def maps_of(arrays, s, c, weights, table, to, step):
    """All maps of S2 from the input, or of S4 from S2: f(coefficient·s + bias) over f(Σ kernel·window + bias) (II-B).

    arrays: the units of S2 or S4, from `to` on and `step` floats apart; the maps that C1 or C3 sees; and room for C1's
    or C3's own units, which are kept where there is any. Maps lie without gaps.
    """
    row, size = c.width + KERNEL - 1, (c.height + KERNEL - 1) * (c.width + KERNEL - 1)
    for m in range(s.maps):
        first = table[c.first + m]
        kernels = m, first, table[c.first + m + 1] - first
        for y in range(s.height):
            x = 0
            while x < s.width:
                here = to + ((m * s.height + y) * s.width + x) * step
                unit = (m * c.height + 2 * y) * c.width + 2 * x if len(arrays[2]) > 0 else -1
                at = 2 * y * row + 2 * x, row, size, unit, c.width
                x += _convolve(s.width - x, arrays, weights, table, (s, c), (here, step), at, kernels)


@compiled
def _weigh(out, layer, weights, x):
    """a_j = bias_j + Σ_i w_ji·x_i (eq. 5), out (units, WIDE) from x (inputs, WIDE).

    A sum of 400 loses what each product has below its own last place; sums of _RUN products lose little.
    """
    for j in range(layer.units):
        for i in range(j * WIDE, (j + 1) * WIDE, LANES):
            store(out, i, splat(weights[layer.bias + j]))
    j = done = 0
    while j < layer.units:
        for first in range(0, layer.inputs, _RUN):
            matrix, some = (layer.weight + j * layer.row, layer.row), (first, min(_RUN, layer.inputs - first))
            done = _add_products(layer.units - j, out, j * WIDE, weights, matrix, x, some)
        j += done


def _turn(emit: Emit, block: Any, o: Any, pictures: Any, place: Any, which: Any, scale: Any) -> None:
    """LANES pixels of LANES pictures, from `place` of each on, become LANES vectors of block[o:].

    which: the first picture, the last there is, and how many pixels each has.
    """
    (start, last, size), (low, gain) = which, scale
    paper, factor = emit.splat(low), emit.splat(gain)
    rows = []
    for lane in range(LANES):
        n = start + lane
        rows.append(pixels_at(emit, pictures, emit.choose(n.compare("<", last), n, last) * size + place))
    for k, row in enumerate(emit.transpose(rows)):
        emit.store(emit.fma(factor, row, paper), block, o + k * LANES)


_turn_pixels = tile(types.void, _turn)


@inlined
def gather(block, pictures, start, input_, low, gain):
    """Pictures start .. start + LANES − 1 into block (H, W, LANES); past the last one, that one again.

    pictures: C-contiguous (N, H, W), uint8 or float32, at least LANES pixels wide, in a frame of `low` where the input
    is larger.
    """
    count, rows, columns = pictures.shape
    frame = (input_.height - rows) // 2
    if frame:
        for i in range(0, input_.height * input_.width * LANES, LANES):
            store(block, i, splat(low))
    for y in range(rows):
        for left in range(0, columns, LANES):
            x = min(left, columns - LANES)  # the last vectors end where the row does
            place = ((y + frame) * input_.width + frame + x) * LANES
            which = start, count - 1, rows * columns
            _turn_pixels(block, place, pictures, y * columns + x, which, (low, gain))


def bulk(plans, table, weights, room, pictures, low, gain, outputs):
    """outputs (N, classes) of low + gain·pictures (N, H, W) of uint8 or float32, framed by `low` to 32×32.

    The outputs are RBF distances, or the weighted sums of a full output. For `room` see `entries.bulk_room`.
    """
    p, (block, s2, s4, c5, f6, out) = plans[0], room
    nothing = block[:0]
    for start in range(0, pictures.shape[0], PICTURES):
        for q in range(min(GROUP, -(-(pictures.shape[0] - start) // LANES))):
            gather(block, pictures, start + q * LANES, p.input, low, gain)
            maps_of((s2, block, nothing), p.s2, p.c1, weights, table, 0, LANES)
            maps_of((s4, s2, nothing), p.s4, p.c3, weights, table, q * LANES, WIDE)
        _weigh(c5, p.c5, weights, s4)
        squash(c5, 0, p.c5.units * WIDE, curve_of(p.c5.value))
        _weigh(f6, p.f6, weights, c5)
        squash(f6, 0, p.f6.units * WIDE, curve_of(p.f6.value))
        if p.output.kind == RBF:
            for k in range(p.output.units):
                _distance_to(out, k * WIDE, weights, p.output.weight + k * p.output.row, f6, p.f6.units)
        else:
            _weigh(out, p.output, weights, f6)
        for n in range(min(PICTURES, pictures.shape[0] - start)):
            for k in range(p.output.units):
                outputs[start + n, k] = out[k * WIDE + n]
