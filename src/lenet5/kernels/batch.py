"""The gradient of a mini-batch: pictures innermost again, LANES of them in one vector.

A block of LANES pictures goes forward as in `bulk`, keeping C1 and C3, and its errors come back the same way:

    OUTPUT      picture by picture, with the losses of `output`
    F6, C5      matrix products; the weights' gradient is Σ over pictures of error ⊗ x
    S4, S2      unit by unit
    C3 → S2     source[y, x] += Σ weight[i, j]·error[y − i, x − j], a row of C3's sources held in registers
    C3, C1      gradient[i, j] = Σ over places and lanes, the 25 sums of a kernel held in registers

What it adds up equals `single.gradient_of`, to within float32's rounding. Pictures are 32×32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from lenet5.architecture import KERNEL
from lenet5.kernels import plan as at
from lenet5.kernels.bulk import gather, maps_of
from lenet5.kernels.compiled import compiled
from lenet5.kernels.full import add_outer, connect, connect_back
from lenet5.kernels.lanes import (
    LANES,
    Emit,
    add,
    fma,
    lanes_type,
    load,
    mul,
    splat,
    store,
    tile,
    tiles,
    total,
    transpose,
)
from lenet5.kernels.output import distances, full_error, full_outputs, rbf_error
from lenet5.kernels.squash import curve_of, pass_back, slope_of, squash

__all__ = ["block_gradient", "room"]

_C3_SIDE, _S2_SIDE = 10, 14  # of a 32×32 picture
# Held in registers at once: sums of a product, units of a row of S2, sums of a kernel's gradient, and rows and vectors
# of a matrix's gradient.
_UNITS = (16, 4, 1) if LANES == 16 else (8, 4, 1)
_SPREAD = 14 if LANES == 16 else 7
_TAPS = 25 if LANES == 16 else 13
_OUTER = (4, 5) if LANES == 16 else (2, 5)


def _product_tile(units: int) -> Callable[..., None]:
    def product(emit: Emit, out: Any, u: Any, weight: Any, w: Any, row: Any, x: Any, n: Any, transposed: Any) -> None:
        """out[v] = Σ_i weight[w + v·row + i]·x[i], or its transpose, for units v from u on; vectors of pictures."""
        ir = emit.builder
        sums = emit.cells(units)
        with ir.if_else(ir.icmp_signed("!=", transposed, emit.index(0))) as branches:
            for branch, down, right in zip(branches, (emit.index(1), row), (row, emit.index(1)), strict=True):
                with branch, emit.loop(n) as i:
                    seen = emit.load(x, ir.mul(i, emit.index(LANES)))
                    start = ir.add(ir.add(w, ir.mul(u, down)), ir.mul(i, right))
                    for k, cell in enumerate(sums):
                        value = emit.broadcast(weight, ir.add(start, ir.mul(down, emit.index(k))))
                        emit.add_to(cell, value, seen)
        for k, cell in enumerate(sums):
            emit.store(ir.load(cell), out, ir.mul(ir.add(u, emit.index(k)), emit.index(LANES)))

    return product


def _outer_tile(rows: int, vectors: int) -> Any:
    def outer(emit: Emit, gradient: Any, g: Any, g_row: Any, error: Any, e: Any, x: Any, s: Any, x_row: Any) -> None:
        """gradient[g + r·g_row :] += Σ_p error[e + r·LANES + p]·x[s + p·x_row :], rows × vectors·LANES of it."""
        ir = emit.builder
        places = [
            [ir.add(ir.add(g, ir.mul(g_row, emit.index(r))), emit.index(v * LANES)) for v in range(vectors)]
            for r in range(rows)
        ]
        sums = [[emit.load(gradient, place) for place in row] for row in places]
        for p in range(LANES):
            start = ir.add(s, ir.mul(x_row, emit.index(p)))
            seen = [emit.load(x, ir.add(start, emit.index(v * LANES))) for v in range(vectors)]
            for r in range(rows):
                share = emit.broadcast(error, ir.add(e, emit.index(r * LANES + p)))
                sums[r] = [emit.fma(share, seen[v], sums[r][v]) for v in range(vectors)]
        for row, values in zip(places, sums, strict=True):
            for place, value in zip(row, values, strict=True):
                emit.store(value, gradient, place)

    return tile(types.void, outer)


def _spread(
    emit: Emit, out: Any, o: Any, error: Any, weight: Any, w: Any, y: Any, maps: Any, kernels: Any, count: Any
) -> None:
    """A row of 14 units of S2: what all of C3 says back to it. maps[k], kernels[k]: C3's maps that see this one."""
    ir = emit.builder
    zero, last, tall = emit.index(0), emit.index(KERNEL - 1), emit.index(_C3_SIDE - 1)
    top = ir.sub(y, tall)
    first = ir.select(ir.icmp_signed(">", top, zero), top, zero)
    end = ir.select(ir.icmp_signed("<", y, last), y, last)
    for left in range(0, _S2_SIDE, _SPREAD):
        sums = emit.cells(_SPREAD)
        with emit.loop(count) as k:
            map_ = ir.mul(ir.load(emit.at(maps, k)), emit.index(_C3_SIDE * _C3_SIDE))
            taps = ir.add(w, ir.mul(ir.load(emit.at(kernels, k)), emit.index(KERNEL * KERNEL)))
            with emit.loop(ir.add(ir.sub(end, first), emit.index(1))) as offset:
                i = ir.add(first, offset)
                tap = [
                    emit.broadcast(weight, ir.add(ir.add(taps, ir.mul(i, emit.index(KERNEL))), emit.index(j)))
                    for j in range(KERNEL)
                ]
                row = ir.add(map_, ir.mul(ir.sub(y, i), emit.index(_C3_SIDE)))
                for x in range(max(0, left - KERNEL + 1), min(_C3_SIDE, left + _SPREAD)):
                    value = emit.load(error, ir.mul(ir.add(row, emit.index(x)), emit.index(LANES)))
                    for j in range(KERNEL):
                        if left <= x + j < left + _SPREAD:
                            emit.add_to(sums[x + j - left], tap[j], value)
        for x, cell in enumerate(sums):
            emit.store(ir.load(cell), out, ir.add(o, emit.index((left + x) * LANES)))


def _kernel_gradient(
    emit: Emit, gradient: Any, g: Any, error: Any, e: Any, side: Any, source: Any, s: Any, s_row: Any
) -> None:
    """gradient[g : g + 25] += Σ over side × side places, `side` even, and all lanes of error·source."""
    ir = emit.builder
    taps = [(i, j) for i in range(KERNEL) for j in range(KERNEL)]
    for start in range(0, len(taps), _TAPS):
        some = taps[start : start + _TAPS]
        cell = dict(zip(some, emit.cells(len(some)), strict=True))
        with emit.loop(side) as y, emit.loop(ir.udiv(side, emit.index(2))) as half:
            x = ir.mul(half, emit.index(2))  # two places at a time share most of what they see
            here = ir.add(ir.add(e, ir.mul(y, side)), x)
            values = [emit.load(error, ir.mul(ir.add(here, emit.index(k)), emit.index(LANES))) for k in range(2)]
            corner = ir.add(ir.add(s, ir.mul(y, s_row)), x)
            for i, column in sorted({(i, j + k) for i, j in some for k in range(2)}):
                unit = ir.add(ir.add(corner, ir.mul(s_row, emit.index(i))), emit.index(column))
                seen = emit.load(source, ir.mul(unit, emit.index(LANES)))
                for k, value in enumerate(values):
                    if (i, column - k) in cell:
                        emit.add_to(cell[i, column - k], value, seen)
        for (i, j), sum_ in cell.items():
            place = emit.at(gradient, ir.add(g, emit.index(i * KERNEL + j)))
            ir.store(ir.fadd(ir.load(place), emit.total(ir.load(sum_))), place)


def _only_where(emit: Emit, a: Any, b: Any, value: Any) -> Any:
    return emit.builder.select(emit.builder.fcmp_ordered("==", a, b), value, emit.constant(0.0))


def _largest(emit: Emit, a: Any, b: Any, c: Any, d: Any) -> Any:
    return emit.maximum(emit.maximum(a, b), emit.maximum(c, d))


_some_units = tiles(_UNITS, _product_tile)
_outer_many, _outer_one = _outer_tile(*_OUTER), _outer_tile(1, 1)
_spread_row = tile(types.void, _spread)
_add_kernel_gradient = tile(types.void, _kernel_gradient)
_where_equal = tile(lanes_type, _only_where)
_maximum = tile(lanes_type, _largest)


@compiled
def _product(out, units, weights, w, row, x, inputs, transposed):
    """out (units, LANES) = weights[w:] (units, row), or (inputs, row) transposed, times x (inputs, LANES)."""
    u = 0
    while u < units:
        u += _some_units(units - u, out, u, weights, w, row, x, inputs, transposed)


@compiled
def _outer(gradient, g, row, error, units, x):
    """gradient[g:] (units, row) += Σ over pictures of error (units, LANES) ⊗ x (LANES, row)."""
    rows, vectors = _OUTER
    for u in range(0, units, rows):
        for i in range(0, row, vectors * LANES):
            if u + rows <= units and i + vectors * LANES <= row:
                _outer_many(gradient, g + u * row + i, row, error, u * LANES, x, i, row)
            else:
                for v in range(u, min(u + rows, units)):
                    for k in range(i, min(i + vectors * LANES, row), LANES):
                        _outer_one(gradient, g + v * row + k, row, error, v * LANES, x, k, row)


@compiled
def _turn(out, row, x, units):
    """out (LANES, row) from x (units, LANES). Both have room for whole vectors."""
    for u in range(0, units, LANES):
        transpose(out, u, row, x, u * LANES, LANES)


@compiled
def _turn_back(out, x, row, units):
    """out (units, LANES) from x (LANES, row). Both have room for whole vectors."""
    for u in range(0, units, LANES):
        transpose(out, u * LANES, LANES, x, u, row)


@compiled
def _bias_and_slope(gradient, b, error, outputs, units, curves, which):
    """Errors of outputs become errors of weighted sums; gradient[b : b + units] += their totals."""
    pass_back(error, 0, units * LANES, outputs, 0, curve_of(curves, at.SLOPES + which), False)
    for u in range(units):
        gradient[b + u] += total(load(error, u * LANES))


@compiled
def _add_bias(values, units, weights, b):
    for u in range(units):
        store(values, u * LANES, add(load(values, u * LANES), splat(weights[b + u])))


@compiled
def _unpool(error, outputs, below, maps, side, gradient, weights, c, d, b, curves, upper, lower, share, maximum):
    """From errors of S2 or S4 (maps, side, side) to errors of the weighted sums of C1 or C3, put over its outputs.

    Adds the gradients of the coefficients [c:], of the biases [d:], and of the biases [b:] of the layer below.
    """
    above, under = curve_of(curves, at.SLOPES + upper), curve_of(curves, at.SLOPES + lower)
    for m in range(maps):
        of_coefficient, of_bias, of_below = splat(0.0), splat(0.0), splat(0.0)
        factor = splat(share if maximum else share * weights[c + m])
        for y in range(side):
            for x in range(side):
                place = ((m * side + y) * side + x) * LANES
                value = load(error, place)
                if above[0] != 0.0:
                    value = mul(value, slope_of(load(outputs, place), above, False))
                top = ((m * 2 * side + 2 * y) * 2 * side + 2 * x) * LANES
                low = top + 2 * side * LANES
                p, q, r, s = load(below, top), load(below, top + LANES), load(below, low), load(below, low + LANES)
                largest = _maximum(p, q, r, s)
                of_bias = add(of_bias, value)
                of_coefficient = fma(value, add(add(p, q), add(r, s)), of_coefficient)
                left = mul(value, factor)
                for k in range(4):
                    corner = top + (k % 2) * LANES if k < 2 else low + (k % 2) * LANES
                    seen, part = load(below, corner), left
                    if maximum:
                        # The first of the largest takes all.
                        part = _where_equal(seen, largest, left)
                        left = _where_equal(part, splat(0.0), left)
                    part = mul(part, slope_of(seen, under, False))
                    store(below, corner, part)
                    of_below = add(of_below, part)
        if not maximum:
            gradient[c + m] += share * total(of_coefficient)
            gradient[d + m] += total(of_bias)
        gradient[b + m] += total(of_below)


@compiled
def _output(p, curves, weights, gradient, f6, by_f6, answers, sums, errors, wanted, start, loss, j, sharpness):
    """The answers to each picture, and the errors of F6's outputs by_f6 (LANES, row). Returns (Σ E, wrong)."""
    row, classes, cost, wrong = p[at.OUT_ROW], p[at.OUT_UNITS], 0.0, 0
    value, slope = curve_of(curves, at.CURVE_OUT), curve_of(curves, at.SLOPES + at.CURVE_OUT)
    targets = curves[at.SHARES, 2], curves[at.SHARES, 3]
    for lane in range(LANES):
        n, here = start + lane, lane * row
        if p[at.OUT_KIND] == at.RBF:
            distances(answers, 0, classes, weights, p[at.CODES], row, f6, here)
            cost += rbf_error(
                by_f6, here, answers, 0, classes, weights, p[at.CODES], row, f6, here, wanted, n, loss, j, sharpness
            )
        else:
            connect(sums, 0, classes, weights, p[at.OUT_WEIGHT], row, weights, p[at.OUT_BIAS], f6, here)
            full_outputs(answers, 0, sums, 0, classes, p[at.OUT_KIND], value)
            cost += full_error(
                errors, 0, answers, 0, sums, 0, classes, p[at.OUT_KIND], slope, targets, wanted, n, loss, False
            )
            connect_back(by_f6, here, weights, p[at.OUT_WEIGHT], row, errors, 0, classes)
            add_outer(gradient, p[at.OUT_WEIGHT], row, errors, 0, classes, f6, here)
            for k in range(classes):
                gradient[p[at.OUT_BIAS] + k] += errors[k]
        sign = 1.0 if p[at.OUT_KIND] == at.RBF else -1.0
        best = right = 0
        for k in range(classes):
            best = k if sign * answers[k] < sign * answers[best] else best
            right = k if wanted[n, k] > wanted[n, right] else right
        wrong += best != right
    return cost, wrong


@compiled
def block_gradient(p, curves, weights, pictures, wanted, start, loss, j, sharpness, gradient, rooms, seen_by):
    """gradient += Σ ∂E/∂w over pictures start .. start + LANES − 1 (float32 (N, 32, 32), the paper's scale).

    Returns (Σ E, how many were answered wrongly). `rooms`, `seen_by`: see `room`.
    """
    block, c1, s2, c3, s4, c5, f6, by_s2, by_s4, by_c5, by_f6, s4_t, c5_t, f6_t, by_f6_t, answers, sums, errors = rooms
    sources, maps, kernels = seen_by
    gather(block, pictures, start, p, np.float32(0), np.float32(1), 0)
    s2_side, s4_side, inputs = p[at.S2_H], p[at.S4_H], p[at.C5_INPUTS]
    maps_of(
        s2, 0, s2_side, s2_side * s2_side, LANES, s2_side, s2_side, block, p[at.INPUT_W], p[at.INPUT_H] * p[at.INPUT_W],
        weights, p[at.C1_WEIGHT], p[at.C1_BIAS], p[at.S2_COEFFICIENT], p[at.S2_BIAS], p[at.C1_MAPS], p,
        p[at.C1_PAIRS], p[at.C1_KERNELS], sources,
        curve_of(curves, at.CURVE_C1),
        curves[at.SHARES, 0], p[at.S2_MAXIMUM], curve_of(curves, at.CURVE_S2), c1,
    )  # fmt: skip
    maps_of(
        s4, 0, s4_side, s4_side * s4_side, LANES, s4_side, s4_side, s2, s2_side, s2_side * s2_side,
        weights, p[at.C3_WEIGHT], p[at.C3_BIAS], p[at.S4_COEFFICIENT], p[at.S4_BIAS], p[at.C3_MAPS], p,
        p[at.C3_PAIRS], p[at.C3_KERNELS], sources,
        curve_of(curves, at.CURVE_C3),
        curves[at.SHARES, 1], p[at.S4_MAXIMUM], curve_of(curves, at.CURVE_S4), c3,
    )  # fmt: skip
    _product(c5, p[at.C5_MAPS], weights, p[at.C5_WEIGHT], p[at.C5_ROW], s4, inputs, False)
    _add_bias(c5, p[at.C5_MAPS], weights, p[at.C5_BIAS])
    squash(c5, 0, p[at.C5_MAPS] * LANES, curve_of(curves, at.CURVE_C5))
    _product(f6, p[at.F6_UNITS], weights, p[at.F6_WEIGHT], p[at.F6_ROW], c5, p[at.C5_MAPS], False)
    _add_bias(f6, p[at.F6_UNITS], weights, p[at.F6_BIAS])
    squash(f6, 0, p[at.F6_UNITS] * LANES, curve_of(curves, at.CURVE_F6))
    _turn(f6_t, p[at.OUT_ROW], f6, p[at.F6_UNITS])
    cost, wrong = _output(
        p, curves, weights, gradient, f6_t, by_f6_t, answers, sums, errors, wanted, start, loss, j, sharpness
    )
    _turn_back(by_f6, by_f6_t, p[at.OUT_ROW], p[at.F6_UNITS])
    _bias_and_slope(gradient, p[at.F6_BIAS], by_f6, f6, p[at.F6_UNITS], curves, at.CURVE_F6)
    _turn(c5_t, p[at.F6_ROW], c5, p[at.C5_MAPS])
    _outer(gradient, p[at.F6_WEIGHT], p[at.F6_ROW], by_f6, p[at.F6_UNITS], c5_t)
    _product(by_c5, p[at.C5_MAPS], weights, p[at.F6_WEIGHT], p[at.F6_ROW], by_f6, p[at.F6_UNITS], True)
    _bias_and_slope(gradient, p[at.C5_BIAS], by_c5, c5, p[at.C5_MAPS], curves, at.CURVE_C5)
    _turn(s4_t, p[at.C5_ROW], s4, inputs)
    _outer(gradient, p[at.C5_WEIGHT], p[at.C5_ROW], by_c5, p[at.C5_MAPS], s4_t)
    _product(by_s4, inputs, weights, p[at.C5_WEIGHT], p[at.C5_ROW], by_c5, p[at.C5_MAPS], True)
    _unpool(
        by_s4, s4, c3, p[at.C3_MAPS], s4_side, gradient, weights, p[at.S4_COEFFICIENT], p[at.S4_BIAS], p[at.C3_BIAS],
        curves, at.CURVE_S4, at.CURVE_C3, curves[at.SHARES, 1], p[at.S4_MAXIMUM],
    )  # fmt: skip
    _convolution_errors(p, weights, c3, by_s2, maps, kernels)
    _convolution_gradients(p, gradient, p[at.C3_WEIGHT], p[at.C3_PAIRS], p[at.C3_KERNELS], c3, 2 * s4_side, s2, s2_side)
    _unpool(
        by_s2, s2, c1, p[at.C1_MAPS], s2_side, gradient, weights, p[at.S2_COEFFICIENT], p[at.S2_BIAS], p[at.C1_BIAS],
        curves, at.CURVE_S2, at.CURVE_C1, curves[at.SHARES, 0], p[at.S2_MAXIMUM],
    )  # fmt: skip
    _convolution_gradients(
        p, gradient, p[at.C1_WEIGHT], p[at.C1_PAIRS], p[at.C1_KERNELS], c1, 2 * s2_side, block, p[at.INPUT_W]
    )
    return cost, wrong


@compiled
def _convolution_errors(p, weights, error, out, maps, kernels):
    """Errors of S2's outputs from errors of C3's weighted sums."""
    for source in range(p[at.C1_MAPS]):
        count = 0
        for k in range(p[at.C3_KERNELS]):
            if p[p[at.C3_PAIRS] + 2 * k + 1] == source:
                maps[count], kernels[count] = p[p[at.C3_PAIRS] + 2 * k], k
                count += 1
        for y in range(_S2_SIDE):
            place = (source * _S2_SIDE + y) * _S2_SIDE * LANES
            _spread_row(out, place, error, weights, p[at.C3_WEIGHT], y, maps, kernels, count)


@compiled
def _convolution_gradients(p, gradient, g, pairs, kernels, error, side, source, s_side):
    """The gradient of each kernel of C1 or C3, from errors (maps, side, side) and sources (.., s_side, s_side)."""
    for k in range(kernels):
        m, n = p[pairs + 2 * k], p[pairs + 2 * k + 1]
        _add_kernel_gradient(gradient, g + 25 * k, error, m * side * side, side, source, n * s_side * s_side, s_side)


def room(plan: at.Plan) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """The arrays that `block_gradient` works in, for one thread: floats, and places."""
    p = plan.places
    s2, s4, inputs = p[at.S2_H] * p[at.S2_W], p[at.S4_H] * p[at.S4_W], p[at.C5_INPUTS]
    lanes = [
        p[at.INPUT_H] * p[at.INPUT_W], p[at.C1_MAPS] * 4 * s2, p[at.C1_MAPS] * s2, p[at.C3_MAPS] * 4 * s4, inputs,
        p[at.C5_MAPS], p[at.F6_UNITS], p[at.C1_MAPS] * s2, inputs, p[at.C5_MAPS], p[at.F6_UNITS],
        p[at.C5_ROW], p[at.F6_ROW], p[at.OUT_ROW], p[at.OUT_ROW],
    ]  # fmt: skip
    floats = [at.zeros(int(size) * LANES + 16 * LANES) for size in lanes]
    floats += [at.zeros(int(p[at.OUT_UNITS]) + 16) for _ in range(3)]
    places = [np.zeros(int(max(p[at.C1_KERNELS], p[at.C3_KERNELS])), np.int64) for _ in range(3)]
    return tuple(floats), tuple(places)
