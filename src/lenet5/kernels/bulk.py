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

import numpy as np
from numba import types

from lenet5.architecture import KERNEL
from lenet5.kernels import plan as at
from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import LANES, VECTOR, Emit, pixels_at, splat, store, tile, tiles
from lenet5.kernels.squash import bend, curve_of, squash

__all__ = ["GROUP", "PICTURES", "bulk", "gather", "maps_of", "room"]

GROUP = 4 if LANES == 16 else 2  # blocks whose C5, F6 and OUTPUT are computed together
PICTURES = GROUP * LANES
WIDE = PICTURES  # floats in one row of the second part

# Registers hold a tile's sums: pooled columns of a convolution (14 of S2 are 5 + 5 + 4 or 7 + 7), units of a product.
_POOLED = (7, 5, 1) if LANES == 16 else (5, 4, 1)
_UNITS = (6, 4, 1)
_RUN = 20  # products that are summed by themselves before they join the others


def _tile(pooled: int) -> Callable[..., None]:
    def convolve(
        emit: Emit, out: Any, o: Any, step: Any, source: Any, s: Any, s_row: Any, s_size: Any,
        weight: Any, w: Any, b: Any, c: Any, d: Any, places: Any, first: Any, count: Any,
        curve: Any, share: Any, maximum: Any, pool: Any, kept: Any, q: Any, q_row: Any,
    ) -> None:  # fmt: skip
        """`pooled` units of a row of S2 or S4: both rows of C1 or C3 below them, squashed, subsampled, squashed.

        Strides are in units, not floats. Kernels first .. first + count − 1 belong to this map; places[first + k]
        is the source of the k-th of them. Where q is not negative, kept[q·LANES :] gets the squashed rows.
        """
        ir = emit.builder
        pairs = []
        for y in range(2):
            sums = emit.cells(2 * pooled, emit.broadcast(weight, b))
            with emit.loop(count) as k:
                kernel = ir.add(first, k)
                seen = ir.load(emit.at(places, kernel))
                taps = ir.add(w, ir.mul(kernel, emit.index(KERNEL * KERNEL)))
                corner = ir.add(ir.add(s, ir.mul(seen, s_size)), ir.mul(s_row, emit.index(y)))
                _add_kernel(emit, sums, source, corner, s_row, weight, taps)
            bend(emit, sums, curve)
            row = [ir.load(cell) for cell in sums]
            with ir.if_then(ir.icmp_signed(">=", q, emit.index(0))):
                for x, value in enumerate(row):
                    unit = ir.add(ir.add(q, ir.mul(q_row, emit.index(y))), emit.index(x))
                    emit.store(value, kept, ir.mul(unit, emit.index(LANES)))
            pairs.append([_join(emit, row[2 * x], row[2 * x + 1], maximum) for x in range(pooled)])
        _subsample(emit, pairs, out, o, step, weight, (c, d), share, maximum, pool)

    return convolve


def _add_kernel(emit: Emit, sums: Any, source: Any, corner: Any, s_row: Any, weight: Any, taps: Any) -> None:
    """The 25 products of one kernel onto a row of sums."""
    ir = emit.builder
    with emit.loop(emit.index(KERNEL)) as i:
        row_of_taps = ir.add(taps, ir.mul(i, emit.index(KERNEL)))
        tap = [emit.broadcast(weight, ir.add(row_of_taps, emit.index(j))) for j in range(KERNEL)]
        row = ir.add(corner, ir.mul(i, s_row))
        for x in range(len(sums) + KERNEL - 1):
            value = emit.load(source, ir.mul(ir.add(row, emit.index(x)), emit.index(LANES)))
            for j in range(KERNEL):
                if 0 <= x - j < len(sums):
                    emit.add_to(sums[x - j], tap[j], value)


def _join(emit: Emit, a: Any, b: Any, maximum: Any) -> Any:
    """The larger of two units, or their sum."""
    ir = emit.builder
    return ir.select(ir.icmp_signed("!=", maximum, emit.index(0)), emit.maximum(a, b), ir.fadd(a, b))


def _subsample(
    emit: Emit, pairs: Any, out: Any, o: Any, step: Any, weight: Any, trained: Any, share: Any, maximum: Any, pool: Any,
) -> None:  # fmt: skip
    """The units of two rows, joined two by two already, joined again, squashed and stored."""
    ir = emit.builder
    with ir.if_else(ir.icmp_signed("!=", maximum, emit.index(0))) as (largest, sum_):
        with largest:
            for k, (upper, lower) in enumerate(zip(*pairs, strict=True)):
                emit.store(emit.maximum(upper, lower), out, ir.add(o, ir.mul(step, emit.index(k))))
        with sum_:
            scale = emit.splat(ir.fmul(ir.load(emit.at(weight, trained[0])), share))
            bias = emit.broadcast(weight, trained[1])
            cells = emit.cells(len(pairs[0]))
            for cell, upper, lower in zip(cells, *pairs, strict=True):
                ir.store(emit.fma(ir.fadd(upper, lower), scale, bias), cell)
            bend(emit, cells, pool)
            for k, cell in enumerate(cells):
                emit.store(ir.load(cell), out, ir.add(o, ir.mul(step, emit.index(k))))


def _product_tile(units: int) -> Callable[..., None]:
    def product(emit: Emit, out: Any, o: Any, weight: Any, w: Any, w_row: Any, x: Any, first: Any, count: Any) -> None:
        """out[o:] (units, WIDE) += columns first .. first + count − 1 of rows of a matrix times x (.., WIDE)."""
        ir = emit.builder
        sums = [emit.cells(GROUP) for _ in range(units)]
        with emit.loop(count) as k:
            i = ir.add(first, k)
            seen = [emit.load(x, ir.add(ir.mul(i, emit.index(WIDE)), emit.index(q * LANES))) for q in range(GROUP)]
            for u in range(units):
                value = emit.broadcast(weight, ir.add(w, ir.add(i, ir.mul(w_row, emit.index(u)))))
                for q in range(GROUP):
                    emit.add_to(sums[u][q], value, seen[q])
        for u in range(units):
            for q in range(GROUP):
                place = ir.add(o, emit.index(u * WIDE + q * LANES))
                emit.store(ir.fadd(emit.load(out, place), ir.load(sums[u][q])), out, place)

    return product


def _distance(emit: Emit, out: Any, o: Any, code: Any, c: Any, x: Any, n: Any) -> None:
    """out[o:] (WIDE) = Σ_i (x[i] − code[c + i])², added up in float64: a float32 of 400 has steps of 3e-5."""
    ir = emit.builder
    sums = emit.cells(GROUP, emit.wide(emit.constant(0.0)))
    with emit.loop(n) as i:
        value = emit.broadcast(code, ir.add(c, i))
        for q, cell in enumerate(sums):
            apart = ir.fsub(emit.load(x, ir.add(ir.mul(i, emit.index(WIDE)), emit.index(q * LANES))), value)
            ir.store(ir.fadd(ir.load(cell), emit.wide(ir.fmul(apart, apart))), cell)
    for q, cell in enumerate(sums):
        emit.store(ir.fptrunc(ir.load(cell), VECTOR), out, ir.add(o, emit.index(q * LANES)))


_convolve = tiles(_POOLED, _tile)
_add_products = tiles(_UNITS, _product_tile)
_distance_to = tile(types.void, _distance)


@compiled
def maps_of(
    out,
    o,
    row,
    size,
    step,
    height,
    width,
    source,
    s_row,
    s_size,
    weights,
    w,
    b,
    c,
    d,
    maps,
    p,
    pairs,
    kernels,
    sources,
    curve_,
    share,
    maximum,
    pool,
    kept,
):
    """All maps of S2 from the input, or of S4 from S2: out[o:] with unit strides `row` and `size`, floats `step`.

    `kept`, where it has any room, gets the maps of C1 or C3.
    """
    for k in range(kernels):
        sources[k] = p[pairs + 2 * k + 1]
    first = 0
    for m in range(maps):
        count = 0
        while first + count < kernels and p[pairs + 2 * (first + count)] == m:
            count += 1
        for y in range(height):
            x = 0
            while x < width:
                here = o + (m * size + y * row + x) * step
                unit = (m * 2 * height + 2 * y) * 2 * width + 2 * x if kept.shape[0] > 0 else -1
                x += _convolve(
                    width - x, out, here, step, source, 2 * y * s_row + 2 * x, s_row, s_size, weights, w, b + m, c + m,
                    d + m, sources, first, count, curve_, share, maximum, pool, kept, unit, 2 * width,
                )  # fmt: skip
        first += count


@compiled
def _layer(out, units, weights, w, w_row, b, x, inputs, curve_):
    """out (units, WIDE) from x (inputs, WIDE): weighted sums, squashed.

    A sum of 400 loses what each product has below its own last place; sums of _RUN products lose little.
    """
    for j in range(units):
        for i in range(j * WIDE, (j + 1) * WIDE, LANES):
            store(out, i, splat(weights[b + j]))
    j = done = 0
    while j < units:
        for first in range(0, inputs, _RUN):
            row, count = w + j * w_row, min(_RUN, inputs - first)
            done = _add_products(units - j, out, j * WIDE, weights, row, w_row, x, first, count)
        j += done
    squash(out, 0, units * WIDE, curve_)


def _turn(
    emit: Emit, block: Any, o: Any, pictures: Any, place: Any, size: Any, start: Any, last: Any, low: Any, gain: Any
) -> None:
    """LANES pixels of LANES pictures, from `place` of each on, become LANES vectors of block[o:]."""
    ir = emit.builder
    paper, scale = emit.splat(low), emit.splat(gain)
    rows = []
    for lane in range(LANES):
        n = ir.add(start, emit.index(lane))
        n = ir.select(ir.icmp_signed("<", n, last), n, last)
        rows.append(pixels_at(emit, pictures, ir.add(ir.mul(n, size), place)))
    for k, row in enumerate(emit.transpose(rows)):
        emit.store(emit.fma(scale, row, paper), block, ir.add(o, emit.index(k * LANES)))


_turn_pixels = tile(types.void, _turn)


@compiled
def gather(block, pictures, start, p, low, gain, frame):
    """Pictures start .. start + LANES − 1 into block (H, W, LANES); past the last one, that one again.

    pictures: C-contiguous (N, H − 2·frame, W − 2·frame), uint8 or float32, at least LANES pixels wide.
    """
    height, width = p[at.INPUT_H], p[at.INPUT_W]
    rows, columns = height - 2 * frame, width - 2 * frame
    if frame:
        for i in range(0, height * width * LANES, LANES):
            store(block, i, splat(low))
    for y in range(rows):
        for left in range(0, columns, LANES):
            x = min(left, columns - LANES)  # the last vectors end where the row does
            place = ((y + frame) * width + frame + x) * LANES
            _turn_pixels(
                block, place, pictures, y * columns + x, rows * columns, start, pictures.shape[0] - 1, low, gain
            )


@compiled
def bulk(p, curves, weights, pictures, low, gain, frame, outputs, block, s2, s4, c5, f6, out, sources):
    """outputs (N, classes) of low + gain·pictures (N, 32 − 2·frame, 32 − 2·frame) of any type, framed by `low`.

    The outputs are RBF distances, or the weighted sums of a full output. The other arrays are `room`.
    """
    nothing = np.empty(0, np.float32)
    for start in range(0, pictures.shape[0], PICTURES):
        for q in range(min(GROUP, -(-(pictures.shape[0] - start) // LANES))):
            gather(block, pictures, start + q * LANES, p, low, gain, frame)
            maps_of(
                s2, 0, p[at.S2_W], p[at.S2_H] * p[at.S2_W], LANES, p[at.S2_H], p[at.S2_W],
                block, p[at.INPUT_W], p[at.INPUT_H] * p[at.INPUT_W],
                weights, p[at.C1_WEIGHT], p[at.C1_BIAS], p[at.S2_COEFFICIENT], p[at.S2_BIAS],
                p[at.C1_MAPS], p, p[at.C1_PAIRS], p[at.C1_KERNELS], sources,
                curve_of(curves, at.CURVE_C1),
                curves[at.SHARES, 0], p[at.S2_MAXIMUM], curve_of(curves, at.CURVE_S2), nothing,
            )  # fmt: skip
            maps_of(
                s4, q * LANES, p[at.S4_W], p[at.S4_H] * p[at.S4_W], WIDE, p[at.S4_H], p[at.S4_W],
                s2, p[at.S2_W], p[at.S2_H] * p[at.S2_W],
                weights, p[at.C3_WEIGHT], p[at.C3_BIAS], p[at.S4_COEFFICIENT], p[at.S4_BIAS],
                p[at.C3_MAPS], p, p[at.C3_PAIRS], p[at.C3_KERNELS], sources,
                curve_of(curves, at.CURVE_C3),
                curves[at.SHARES, 1], p[at.S4_MAXIMUM], curve_of(curves, at.CURVE_S4), nothing,
            )  # fmt: skip
        _layer(
            c5, p[at.C5_MAPS], weights, p[at.C5_WEIGHT], p[at.C5_ROW], p[at.C5_BIAS], s4, p[at.C5_INPUTS],
            curve_of(curves, at.CURVE_C5),
        )  # fmt: skip
        _layer(
            f6, p[at.F6_UNITS], weights, p[at.F6_WEIGHT], p[at.F6_ROW], p[at.F6_BIAS], c5, p[at.C5_MAPS],
            curve_of(curves, at.CURVE_F6),
        )  # fmt: skip
        if p[at.OUT_KIND] == at.RBF:
            for k in range(p[at.OUT_UNITS]):
                _distance_to(out, k * WIDE, weights, p[at.CODES] + k * p[at.OUT_ROW], f6, p[at.F6_UNITS])
        else:
            _layer(
                out, p[at.OUT_UNITS], weights, p[at.OUT_WEIGHT], p[at.OUT_ROW], p[at.OUT_BIAS], f6, p[at.F6_UNITS],
                (np.float32(0), np.float32(0), np.float32(0), np.float32(0)),
            )  # fmt: skip
        for n in range(min(PICTURES, pictures.shape[0] - start)):
            for k in range(p[at.OUT_UNITS]):
                outputs[start + n, k] = out[k * WIDE + n]


def room(plan: at.Plan) -> tuple[np.ndarray, ...]:
    """The arrays that `bulk` works in, for one thread."""
    p = plan.places
    sizes = [
        p[at.INPUT_H] * p[at.INPUT_W] * LANES,
        p[at.C1_MAPS] * p[at.S2_H] * p[at.S2_W] * LANES,
        p[at.C5_INPUTS] * WIDE,
        p[at.C5_MAPS] * WIDE,
        p[at.F6_UNITS] * WIDE,
        p[at.OUT_UNITS] * WIDE,
    ]
    # A tile at the end of a row may look past it.
    floats = tuple(at.zeros(int(size) + 16 * LANES) for size in sizes)
    return (*floats, np.zeros(int(max(p[at.C1_KERNELS], p[at.C3_KERNELS])), np.int64))
