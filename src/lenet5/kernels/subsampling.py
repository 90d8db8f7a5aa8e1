"""S2 and S4, forward and back (paper, II-A, II-B).

    sum, average   y = f(coefficient·s + bias), s = share·(sum of the 2×2 units below); share is 1, or ¼ for the average
    maximum        y = the largest of the 2×2 units below

    backward       error of each unit below = error·coefficient·share; for the maximum, all to the first largest
    parameters     ∂E/∂coefficient = Σ error·s, ∂E/∂bias = Σ error

The Gauss-Newton curvature is the same with coefficient, share, s and f' squared.
"""

from __future__ import annotations

from typing import Any

from numba import types

from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import LANES, Emit, add, first, fma, lanes_type, load, mul, splat, store, tile, total
from lenet5.kernels.squash import slope_of

__all__ = ["subsample", "subsample_back", "subsample_gradient"]

_EVEN = list(range(0, 2 * LANES, 2))
_ODD = list(range(1, 2 * LANES, 2))
_LOW = [lane // 2 + LANES * (lane % 2) for lane in range(LANES)]
_HIGH = [lane // 2 + LANES // 2 + LANES * (lane % 2) for lane in range(LANES)]


def _quads(emit: Emit, source: Any, s: Any, s_row: Any) -> list[Any]:
    """The four corners of LANES squares of 2×2 units, in row order."""
    corners = []
    for row in (s, emit.builder.add(s, s_row)):
        left, right = emit.load(source, row), emit.load(source, emit.builder.add(row, emit.index(LANES)))
        corners += [emit.pick(left, right, _EVEN), emit.pick(left, right, _ODD)]
    return corners


def _sums(emit: Emit, source: Any, s: Any, s_row: Any) -> Any:
    a, b, c, d = _quads(emit, source, s, s_row)
    return emit.builder.fadd(emit.builder.fadd(a, b), emit.builder.fadd(c, d))


def _maxima(emit: Emit, source: Any, s: Any, s_row: Any) -> Any:
    a, b, c, d = _quads(emit, source, s, s_row)
    return emit.maximum(emit.maximum(a, b), emit.maximum(c, d))


def _store_quads(emit: Emit, corners: list[Any], out: Any, o: Any, o_row: Any, second: Any) -> None:
    for k, row in enumerate((o, emit.builder.add(o, o_row))):
        left, right = corners[2 * k], corners[2 * k + 1]
        emit.store(emit.pick(left, right, _LOW), out, row)
        with emit.builder.if_then(emit.builder.icmp_signed("!=", second, emit.index(0))):
            emit.store(emit.pick(left, right, _HIGH), out, emit.builder.add(row, emit.index(LANES)))


def _to_all(emit: Emit, error: Any, out: Any, o: Any, o_row: Any, second: Any) -> None:
    """The error to each of the four units below; the right half only where `second` is not 0."""
    _store_quads(emit, [error] * 4, out, o, o_row, second)


def _to_largest(
    emit: Emit, error: Any, source: Any, s: Any, s_row: Any, out: Any, o: Any, o_row: Any, second: Any
) -> None:
    """The error to the first of the four units below that is the largest, zero to the others."""
    b, zero = emit.builder, emit.constant(0.0)
    corners = _quads(emit, source, s, s_row)
    largest = emit.maximum(emit.maximum(corners[0], corners[1]), emit.maximum(corners[2], corners[3]))
    shares, left = [], error
    for corner in corners:
        here = b.fcmp_ordered("==", corner, largest)
        shares.append(b.select(here, left, zero))
        left = b.select(here, zero, left)
    _store_quads(emit, shares, out, o, o_row, second)


_quad_sums = tile(lanes_type, _sums)
_quad_maxima = tile(lanes_type, _maxima)
_spread_to_all = tile(types.void, _to_all)
_spread_to_largest = tile(types.void, _to_largest)


@compiled
def subsample(out, o, o_row, sums, height, width, source, s, s_row, share, weights, c, b, maximum):
    """out[o:] (height, width; rows o_row apart) from source[s:], not yet squashed.

    out[o + sums :] keeps s of each unit, laid out alike. Rows are stored in rising order, so that the rubbish behind
    one is overwritten by the next.
    """
    for y in range(height):
        for x in range(0, width, LANES):
            at, place = o + y * o_row + x, s + 2 * y * s_row + 2 * x
            if maximum:
                store(out, at, _quad_maxima(source, place, s_row))
            else:
                value = mul(_quad_sums(source, place, s_row), splat(share))
                store(out, at + sums, value)
                store(out, at, fma(value, splat(weights[c]), splat(weights[b])))


@compiled
def subsample_back(
    errors, e, e_row, below, error, o, o_row, height, width, source, s, s_row, factor, slope, squared, maximum
):
    """errors[e:] of the weighted sums of the layer below, `below` columns wide, from error[o:] of this layer's sums.

    `factor` is coefficient·share, or its square; `slope` is that of the layer below, whose outputs are source[s:].
    Returns the errors' total, which is ∂E/∂bias of the map below.
    """
    sum_ = splat(0.0)
    for y in range(height):
        for x in range(0, width, LANES):
            value = mul(first(load(error, o + y * o_row + x), width - x), splat(factor))
            place, second = e + 2 * y * e_row + 2 * x, 2 * x + LANES < e_row
            if maximum:
                _spread_to_largest(value, source, s + 2 * y * s_row + 2 * x, s_row, errors, place, e_row, second)
            else:
                _spread_to_all(value, errors, place, e_row, second)
        for row in (2 * y, 2 * y + 1):
            for x in range(0, below, LANES):
                at = e + row * e_row + x
                derivative = slope_of(load(source, s + row * s_row + x), slope, squared)
                value = mul(load(errors, at), derivative)
                store(errors, at, value)
                sum_ = add(sum_, value)
    return total(sum_)


@compiled
def subsample_gradient(error, seen, o, sums, o_row, height, width):
    """(∂E/∂coefficient, ∂E/∂bias) of one map: Σ error·s and Σ error, s being seen[o + sums :]."""
    of_coefficient, of_bias = splat(0.0), splat(0.0)
    for y in range(height):
        for x in range(0, width, LANES):
            at = o + y * o_row + x
            value = first(load(error, at), width - x)
            of_coefficient = fma(value, load(seen, at + sums), of_coefficient)
            of_bias = add(of_bias, value)
    return total(of_coefficient), total(of_bias)
