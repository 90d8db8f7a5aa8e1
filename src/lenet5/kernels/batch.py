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
from lenet5.kernels.bulk import gather, maps_of
from lenet5.kernels.full import add_outer, connect, connect_back
from lenet5.kernels.output import distances, full_error, full_outputs, is_wrong, rbf_error
from lenet5.kernels.plan import RBF
from lenet5.kernels.squash import curve_of, pass_back, slope_of, squash
from lenet5.machine.compiled import compiled, inlined
from lenet5.machine.lanes import Emit, add, fma, lanes_type, load, mul, splat, store, tile, tiles, total, transpose
from lenet5.machine.native import LANES

_C3_SIDE, _S2_SIDE = 10, 14  # of a 32×32 picture
# Held in registers at once: sums of a product, units of a row of S2, sums of a kernel's gradient, and rows and vectors
# of a matrix's gradient.
_UNITS = (16, 4, 1) if LANES == 16 else (8, 4, 1)
_SPREAD = 14 if LANES == 16 else 7
_TAPS = 25 if LANES == 16 else 13
_OUTER = (4, 5) if LANES == 16 else (2, 5)


def _product_tile(units: int, transposed: bool) -> Callable[..., None]:
    def product(emit: Emit, out: Any, u: Any, weights: Any, matrix: Any, x: Any) -> None:
        """out[v] = Σ_i w_vi·x[i], or w_iv·x[i] where `transposed`, for units v from u on; vectors of pictures.

        matrix: where it starts, floats from row to row, and how many i there are.
        """
        (w, row, inputs), one = matrix, emit.index(1)
        down, right = (one, row) if transposed else (row, one)
        sums = emit.cells(units)
        with emit.loop(inputs) as i:
            seen = emit.load(x, i * LANES)
            for k, cell in enumerate(sums):
                emit.add_to(cell, emit.broadcast(weights, w + u * down + i * right + down * k), seen)
        for k, cell in enumerate(sums):
            emit.store(emit.builder.load(cell), out, (u + k) * LANES)

    return product


def _outer_tile(rows: int, vectors: int) -> Any:
    def outer(emit: Emit, gradient: Any, g: Any, row: Any, error: Any, e: Any, x: Any, s: Any) -> None:
        """gradient[g + r·row :] += Σ_p error[e + r·LANES + p]·x[s + p·row :], rows × vectors·LANES of it."""
        places = [[g + row * r + v * LANES for v in range(vectors)] for r in range(rows)]
        sums = [[emit.load(gradient, place) for place in there] for there in places]
        for p in range(LANES):
            seen = [emit.load(x, s + row * p + v * LANES) for v in range(vectors)]
            for r in range(rows):
                share = emit.broadcast(error, e + (r * LANES + p))
                sums[r] = [emit.fma(share, seen[v], sums[r][v]) for v in range(vectors)]
        for there, values in zip(places, sums, strict=True):
            for place, value in zip(there, values, strict=True):
                emit.store(value, gradient, place)

    return tile(types.void, outer)


def _spread(emit: Emit, out: Any, error: Any, weights: Any, table: Any, layer: Any, source: Any, y: Any) -> None:
    """Row y of a map of S2: what all of C3's maps that see it say back to it."""
    begin, end = (emit.number(table, layer.user + source + k) for k in range(2))
    top = y - (_C3_SIDE - 1)
    first = emit.choose(top.compare(">", 0), top, 0)
    last = emit.choose(y.compare("<", KERNEL - 1), y, KERNEL - 1)
    for left in range(0, _S2_SIDE, _SPREAD):
        sums = emit.cells(_SPREAD)
        with emit.loop((end - begin) // 2) as k:
            user = layer.user + begin + k * 2
            error_of_map = emit.number(table, user) * (_C3_SIDE * _C3_SIDE)
            kernel = layer.weight + emit.number(table, user + 1) * (KERNEL * KERNEL)
            with emit.loop(last - first + 1) as more:
                i = first + more
                tap = [emit.broadcast(weights, kernel + i * KERNEL + j) for j in range(KERNEL)]
                row = error_of_map + (y - i) * _C3_SIDE
                for x in range(max(0, left - KERNEL + 1), min(_C3_SIDE, left + _SPREAD)):
                    value = emit.load(error, (row + x) * LANES)
                    for j in range(KERNEL):
                        if left <= x + j < left + _SPREAD:
                            emit.add_to(sums[x + j - left], tap[j], value)
        for x, cell in enumerate(sums):
            emit.store(emit.builder.load(cell), out, ((source * _S2_SIDE + y) * _S2_SIDE + (left + x)) * LANES)


def _kernel_gradient(emit: Emit, gradient: Any, g: Any, error: Any, e: Any, source: Any, s: Any, side: Any) -> None:
    """gradient[g : g + 25] += Σ over side × side places, `side` even, and all lanes of error·source."""
    taps = [(i, j) for i in range(KERNEL) for j in range(KERNEL)]
    for start in range(0, len(taps), _TAPS):
        some = taps[start : start + _TAPS]
        cell = dict(zip(some, emit.cells(len(some)), strict=True))
        with emit.loop(side) as y, emit.loop(side // 2) as half:
            x = half * 2  # two places at a time share most of what they see
            values = [emit.load(error, (e + y * side + x + k) * LANES) for k in range(2)]
            for i, column in sorted({(i, j + k) for i, j in some for k in range(2)}):
                window = s + (y + i) * (side + (KERNEL - 1)) + x
                seen = emit.load(source, (window + column) * LANES)
                for k, value in enumerate(values):
                    if (i, column - k) in cell:
                        emit.add_to(cell[i, column - k], value, seen)
        for (i, j), sum_ in cell.items():
            place = emit.at(gradient, g + (i * KERNEL + j))
            value = emit.builder.load(sum_)
            emit.builder.store(emit.builder.fadd(emit.builder.load(place), emit.total(value)), place)


def _only_where(emit: Emit, a: Any, b: Any, value: Any) -> Any:
    return emit.builder.select(emit.builder.fcmp_ordered("==", a, b), value, emit.constant(0.0))


_some_units = tiles(_UNITS, lambda units: _product_tile(units, False))
_some_inputs = tiles(_UNITS, lambda units: _product_tile(units, True))
_outer_many, _outer_one = _outer_tile(*_OUTER), _outer_tile(1, 1)
_spread_row = tile(types.void, _spread)
_add_kernel_gradient = tile(types.void, _kernel_gradient)
_where_equal = tile(lanes_type, _only_where)
_maximum = tile(lanes_type, lambda emit, a, b: emit.maximum(a, b))


@compiled
def _product(out, layer, weights, x):
    """a_v = Σ_i w_vi·x_i (eq. 5), out (units, LANES) from x (inputs, LANES)."""
    u = 0
    while u < layer.units:
        u += _some_units(layer.units - u, out, u, weights, (layer.weight, layer.row, layer.inputs), x)


@compiled
def _product_back(out, layer, weights, error):
    """∂E/∂x_i = Σ_v w_vi·∂E/∂a_v, out (inputs, LANES) from error (units, LANES)."""
    i = 0
    while i < layer.inputs:
        i += _some_inputs(layer.inputs - i, out, i, weights, (layer.weight, layer.row, layer.units), error)


@compiled
def _outer(gradient, layer, error, x):
    """∂E/∂w_vi += Σ over pictures of ∂E/∂a_v·x_i, error (units, LANES) and x (LANES, row)."""
    (rows, vectors), row = _OUTER, layer.row
    for u in range(0, layer.units, rows):
        for i in range(0, row, vectors * LANES):
            if u + rows <= layer.units and i + vectors * LANES <= row:
                _outer_many(gradient, layer.weight + u * row + i, row, error, u * LANES, x, i)
            else:
                for v in range(u, min(u + rows, layer.units)):
                    for k in range(i, min(i + vectors * LANES, row), LANES):
                        _outer_one(gradient, layer.weight + v * row + k, row, error, v * LANES, x, k)


@compiled
def _turn(out, row, x, units):
    """out (LANES, row) from x (units, LANES). Both have room for whole vectors."""
    for u in range(0, units, LANES):
        transpose(out, u, row, x, u * LANES, LANES)


@inlined
def _turn_back(out, x, row, units):
    """out (units, LANES) from x (LANES, row). Both have room for whole vectors."""
    for u in range(0, units, LANES):
        transpose(out, u * LANES, LANES, x, u, row)


@inlined
def _full(out, layer, weights, x):
    """o = f(a), out (units, LANES) from x (inputs, LANES)."""
    _product(out, layer, weights, x)
    for u in range(layer.units):
        store(out, u * LANES, add(load(out, u * LANES), splat(weights[layer.bias + u])))
    squash(out, 0, layer.units * LANES, curve_of(layer.value))


@inlined
def _full_back(error, outputs, layer, gradient, x):
    """Errors of outputs become errors of weighted sums, and give the gradient of biases and weights; x (LANES, row)."""
    pass_back(error, 0, layer.units * LANES, outputs, 0, curve_of(layer.slope), False)
    for u in range(layer.units):
        gradient[layer.bias + u] += total(load(error, u * LANES))
    _outer(gradient, layer, error, x)


@compiled
def _subsample_back(error, outputs, below, s, c, weights, gradient):
    """From errors of S2 or S4 (maps, side, side) to errors of the weighted sums of C1 or C3, put over its outputs.

    Adds the gradients of coefficients and biases, and of the biases of the layer below. One picture: `subsampling`.
    """
    above, under, side = curve_of(s.slope), curve_of(c.slope), s.height
    for m in range(s.maps):
        of_coefficient, of_bias, of_below = splat(0.0), splat(0.0), splat(0.0)
        factor = splat(s.share if s.maximum else s.share * weights[s.weight + m])
        for y in range(side):
            for x in range(side):
                place = ((m * side + y) * side + x) * LANES
                value = load(error, place)
                if above[0] != 0.0:
                    value = mul(value, slope_of(load(outputs, place), above, False))
                top = ((m * 2 * side + 2 * y) * 2 * side + 2 * x) * LANES
                low = top + 2 * side * LANES
                p, q, r, t = load(below, top), load(below, top + LANES), load(below, low), load(below, low + LANES)
                largest = _maximum(_maximum(p, q), _maximum(r, t))
                of_bias = add(of_bias, value)
                of_coefficient = fma(value, add(add(p, q), add(r, t)), of_coefficient)
                left = mul(value, factor)
                for k in range(4):
                    corner = top + (k % 2) * LANES if k < 2 else low + (k % 2) * LANES
                    seen, part = load(below, corner), left
                    if s.maximum:
                        # The first of the largest takes all.
                        part = _where_equal(seen, largest, left)
                        left = _where_equal(part, splat(0.0), left)
                    part = mul(part, slope_of(seen, under, False))
                    store(below, corner, part)
                    of_below = add(of_below, part)
        if not s.maximum:
            gradient[s.weight + m] += s.share * total(of_coefficient)
            gradient[s.bias + m] += total(of_bias)
        gradient[c.bias + m] += total(of_below)


@inlined
def _output(layer, weights, f6, by_f6, scratch, wanted, loss, gradient):
    """The answers to each picture, and the errors of F6's outputs by_f6 (LANES, row). Returns (Σ E, wrong)."""
    cost, wrong, (answers, sums, errors) = 0.0, 0, scratch
    for lane in range(LANES):
        here, back, aim = f6[lane * layer.row :], by_f6[lane * layer.row :], wanted[lane]
        if layer.kind == RBF:
            distances(answers, layer, weights, here)
            cost += rbf_error(back, answers, layer, weights, here, aim, loss)
        else:
            connect(sums, 0, layer, weights, here, 0)
            full_outputs(answers, sums, layer)
            cost += full_error(errors, answers, sums, layer, aim, loss, False)
            connect_back(back, 0, layer, weights, errors, 0)
            add_outer(gradient, layer, errors, 0, here, 0)
            for k in range(layer.units):
                gradient[layer.bias + k] += errors[k]
        wrong += is_wrong(answers, layer, aim)
    return cost, wrong


def block_gradient(network, losses, gradient, room, told, pictures, wanted, start):
    """gradient += Σ ∂E/∂w over pictures start .. start + LANES − 1 (float32 (N, 32, 32), the paper's scale).

    told += (Σ E, how many were answered wrongly). network: (Plan.plans, Plan.table, parameters). losses: a plan.LOSS
    (1,), as `plan.loss_of` makes it. For `room` see `entries.batch_room`.
    """
    plans, table, weights = network
    p, (seen, back, turned, scratch) = plans[0], room
    block, c1, s2, c3, s4, c5, f6 = seen
    by_s2, by_s4, by_c5, by_f6 = back
    s4_t, c5_t, f6_t, by_f6_t = turned
    gather(block, pictures, start, p.input, np.float32(0), np.float32(1))
    maps_of((s2, block, c1), p.s2, p.c1, weights, table, 0, LANES)
    maps_of((s4, s2, c3), p.s4, p.c3, weights, table, 0, LANES)
    _full(c5, p.c5, weights, s4)
    _full(f6, p.f6, weights, c5)
    _turn(f6_t, p.output.row, f6, p.f6.units)
    cost, wrong = _output(p.output, weights, f6_t, by_f6_t, scratch, wanted[start:], losses[0], gradient)
    _turn_back(by_f6, by_f6_t, p.output.row, p.f6.units)
    _turn(c5_t, p.f6.row, c5, p.c5.units)
    _full_back(by_f6, f6, p.f6, gradient, c5_t)
    _product_back(by_c5, p.f6, weights, by_f6)
    _turn(s4_t, p.c5.row, s4, p.c5.inputs)
    _full_back(by_c5, c5, p.c5, gradient, s4_t)
    _product_back(by_s4, p.c5, weights, by_c5)
    _subsample_back(by_s4, s4, c3, p.s4, p.c3, weights, gradient)
    for n in range(p.s2.maps):
        for y in range(_S2_SIDE):
            _spread_row(by_s2, c3, weights, table, p.c3, n, y)
    _convolution_gradient(gradient, c3, s2, p.c3, table)
    _subsample_back(by_s2, s2, c1, p.s2, p.c1, weights, gradient)
    _convolution_gradient(gradient, c1, block, p.c1, table)
    told[0] += cost
    told[1] += wrong


@compiled
def _convolution_gradient(gradient, error, source, layer, table):
    """∂E/∂w of each kernel of C1 or C3, from errors (maps, side, side) and sources (maps, side + 4, side + 4)."""
    side = layer.height
    for m in range(layer.maps):
        for k in range(table[layer.first + m], table[layer.first + m + 1]):
            s = table[layer.source + k] * (side + KERNEL - 1) * (side + KERNEL - 1)
            _add_kernel_gradient(gradient, layer.weight + 25 * k, error, m * side * side, source, s, side)
