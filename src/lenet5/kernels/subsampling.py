"""S2 and S4, forward and back (paper, II-A, II-B): a unit is f(coefficient·s + bias), or the largest of the four below.

s is the sum of the four, or their average, with a share of 1 or ¼.

The Gauss-Newton curvature is the gradient's own code with coefficient, share, s and f' squared (eqs. 25 and 27):
`weights` and `seen` hold squares then, and `squared` is true.
"""

from __future__ import annotations

from typing import Any

from numba import types

from lenet5.kernels.squash import curve_of, slope_of, squash
from lenet5.machine.compiled import compiled
from lenet5.machine.lanes import LANES, Emit, add, first, fma, lanes_type, load, mul, splat, store, tile, total

_EVEN = list(range(0, 2 * LANES, 2))
_ODD = list(range(1, 2 * LANES, 2))
_LOW = [lane // 2 + LANES * (lane % 2) for lane in range(LANES)]
_HIGH = [lane // 2 + LANES // 2 + LANES * (lane % 2) for lane in range(LANES)]


def _quads(emit: Emit, source: Any, s: Any, s_row: Any) -> list[Any]:
    """The four corners of LANES squares of 2×2 units, in row order."""
    corners = []
    for row in (s, s + s_row):
        left, right = emit.load(source, row), emit.load(source, row + LANES)
        corners += [emit.pick(left, right, _EVEN), emit.pick(left, right, _ODD)]
    return corners


def _sums(emit: Emit, source: Any, s: Any, s_row: Any) -> Any:
    a, b, c, d = _quads(emit, source, s, s_row)
    return emit.builder.fadd(emit.builder.fadd(a, b), emit.builder.fadd(c, d))


def _maxima(emit: Emit, source: Any, s: Any, s_row: Any) -> Any:
    a, b, c, d = _quads(emit, source, s, s_row)
    return emit.maximum(emit.maximum(a, b), emit.maximum(c, d))


def _store_quads(emit: Emit, corners: list[Any], out: Any, o: Any, o_row: Any, second: Any) -> None:
    for k, row in enumerate((o, o + o_row)):
        left, right = corners[2 * k], corners[2 * k + 1]
        emit.store(emit.pick(left, right, _LOW), out, row)
        with emit.builder.if_then(second.compare("!=", 0)):
            emit.store(emit.pick(left, right, _HIGH), out, row + LANES)


def _to_all(emit: Emit, error: Any, out: Any, o: Any, o_row: Any, second: Any) -> None:
    """The error to each of the four units below; the right half only where `second` is not 0."""
    _store_quads(emit, [error] * 4, out, o, o_row, second)


def _to_largest(emit: Emit, error: Any, source: Any, out: Any, o: Any, row: Any, second: Any) -> None:
    """The error to the first of the four units below that is the largest, zero to the others."""
    b, zero = emit.builder, emit.constant(0.0)
    corners = _quads(emit, source, o, row)
    largest = emit.maximum(emit.maximum(corners[0], corners[1]), emit.maximum(corners[2], corners[3]))
    shares, left = [], error
    for corner in corners:
        here = b.fcmp_ordered("==", corner, largest)
        shares.append(b.select(here, left, zero))
        left = b.select(here, zero, left)
    _store_quads(emit, shares, out, o, row, second)


_quad_sums = tile(lanes_type, _sums)
_quad_maxima = tile(lanes_type, _maxima)
_spread_to_all = tile(types.void, _to_all)
_spread_to_largest = tile(types.void, _to_largest)


@compiled
def subsample(maps, layer, below, weights):
    """o = f(coefficient·s + bias), s = share·(sum of four) (II-B); or o = the largest of four.

    s is kept too, at `layer.sums`. In NumPy: `reference.subsample`.
    """
    rows, columns, row, below_row = layer.height, layer.width, layer.row, below.row
    for m in range(layer.maps):
        coefficient, bias = splat(weights[layer.weight + m]), splat(weights[layer.bias + m])
        share = splat(layer.share)
        # Rows are stored in rising order, so that the rubbish behind one is overwritten by the next.
        for y in range(rows):
            for x in range(0, columns, LANES):
                unit = m * layer.size + y * row + x
                four = below.start + m * below.size + 2 * y * below_row + 2 * x
                if layer.maximum:
                    store(maps, layer.start + unit, _quad_maxima(maps, four, below_row))
                else:
                    value = mul(_quad_sums(maps, four, below_row), share)
                    store(maps, layer.sums + unit, value)
                    store(maps, layer.start + unit, fma(value, coefficient, bias))
    squash(maps, layer.start, layer.maps * layer.size, curve_of(layer.value))


@compiled
def subsample_gradient(gradient, errors, seen, layer):
    """∂E/∂coefficient = Σ error·s and ∂E/∂bias = Σ error, of every map. In NumPy: `reference.subsample_back`."""
    if layer.maximum:
        return
    for m in range(layer.maps):
        of_coefficient, of_bias = splat(0.0), splat(0.0)
        for y in range(layer.height):
            for x in range(0, layer.width, LANES):
                unit = m * layer.size + y * layer.row + x
                value = first(load(errors, layer.start + unit), layer.width - x)
                of_coefficient = fma(value, load(seen, layer.sums + unit), of_coefficient)
                of_bias = add(of_bias, value)
        gradient[layer.weight + m] += total(of_coefficient)
        gradient[layer.bias + m] += total(of_bias)


@compiled
def subsample_back(errors, maps, layer, below, weights, gradient, squared):
    """Error of each unit's sum below = f'(below)·coefficient·share·error; the first largest of four takes all.

    ∂E/∂bias of the layer below is the sum of its errors. In NumPy: `reference.subsample_back`.
    """
    slope = curve_of(below.slope)
    for m in range(layer.maps):
        factor = layer.share * layer.share if squared else layer.share
        if not layer.maximum:
            factor *= weights[layer.weight + m]
        start, row, of_bias = below.start + m * below.size, below.row, splat(0.0)
        for y in range(layer.height):
            for x in range(0, layer.width, LANES):
                error = load(errors, layer.start + m * layer.size + y * layer.row + x)
                value = mul(first(error, layer.width - x), splat(factor))
                four, second = start + 2 * y * row + 2 * x, 2 * x + LANES < row
                if layer.maximum:
                    _spread_to_largest(value, maps, errors, four, row, second)
                else:
                    _spread_to_all(value, errors, four, row, second)
            for unit in (start + 2 * y * row, start + (2 * y + 1) * row):
                for x in range(unit, unit + below.width, LANES):
                    value = mul(load(errors, x), slope_of(load(maps, x), slope, squared))
                    store(errors, x, value)
                    of_bias = add(of_bias, value)
        gradient[below.bias + m] += total(of_bias)
