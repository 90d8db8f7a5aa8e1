"""C5, F6 and a full OUTPUT, forward and back (paper, eq. 5).

Each unit sees all units below. A row of weights is padded with zeros to whole vectors, and so are x and its errors. C5
is a convolution whose kernels are as large as its 16 maps of 5×5. In NumPy: `reference.weigh` and
`reference.weigh_back`; for C5 `reference.convolve` and `reference.convolve_back`.

The Gauss-Newton curvature is the gradient's own code with weights and x squared (eqs. 25 and 27).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from lenet5.machine.compiled import compiled
from lenet5.machine.lanes import LANES, Emit, fma, load, splat, store, tile

_UNITS = 8  # units whose sums are held in registers at once
_VECTORS = 8 if LANES == 16 else 4  # vectors of errors that are held in registers at once
_STEPPED = 2  # and where the weights are stepped as well: more would read too many rows of weights side by side


def _dot_tile(units: int) -> Any:
    def dot(emit: Emit, out: Any, o: Any, weights: Any, w: Any, row: Any, x: Any, at: Any) -> None:
        """out[o : o + units] += the products of `units` rows of weights with x[at : at + row]."""
        b, sums = emit.builder, emit.cells(units)
        with emit.loop(row // LANES) as k:
            seen = emit.load(x, at + k * LANES)
            for unit, cell in enumerate(sums):
                emit.add_to(cell, emit.load(weights, w + row * unit + k * LANES), seen)
        for unit, cell in enumerate(sums):
            pointer = emit.at(out, o + unit)
            b.store(b.fadd(b.load(pointer), emit.total(b.load(cell))), pointer)

    return tile(types.void, dot)


def _errors_below(
    emit: Emit, vectors: int, out: Any, weights: Any, matrix: Any, errors: Any, at: Any, each: Callable[..., None]
) -> None:
    """out[o : o + vectors·LANES] = Σ_j errors[e + j]·weights[w + j·row :], o and e the first numbers of `at`.

    matrix: w, row, and how many j there are. `each(k, place, value, share)` is told of each vector of weights, k to the
    right, and of its unit's error.
    """
    w, row, units = matrix
    sums = emit.cells(vectors)
    with emit.loop(units) as j:
        share = emit.broadcast(errors, at[1] + j)
        for k, cell in enumerate(sums):
            place = w + row * j + k * LANES
            value = emit.load(weights, place)
            emit.add_to(cell, value, share)
            each(k, place, value, share)
    for k, cell in enumerate(sums):
        emit.store(emit.builder.load(cell), out, at[0] + k * LANES)


def _back_tile(vectors: int) -> Any:
    def back(emit: Emit, out: Any, weights: Any, matrix: Any, errors: Any, at: Any) -> None:
        """The errors below alone."""
        _errors_below(emit, vectors, out, weights, matrix, errors, at, lambda *_: None)

    return tile(types.void, back)


def _step_tile(vectors: int) -> Any:
    def step(emit: Emit, errors: Any, weights: Any, matrix: Any, rates: Any, x: Any, at: Any) -> None:
        """The errors below, and each weight stepped once it has been read; x from the third number of `at` on."""
        b = emit.builder
        seen = [emit.load(x, at[2] + k * LANES) for k in range(vectors)]

        def move(k: int, place: Any, value: Any, share: Any) -> None:
            moved = b.fmul(emit.load(rates, place), b.fmul(share, seen[k]))
            emit.store(b.fsub(value, moved), weights, place)

        _errors_below(emit, vectors, errors, weights, matrix, errors, at, move)

    return tile(types.void, step)


_dot_many, _dot_one = _dot_tile(_UNITS), _dot_tile(1)
_back_many, _back_one = _back_tile(_VECTORS), _back_tile(1)
_step_many, _step_one = _step_tile(_STEPPED), _step_tile(1)


@compiled
def connect(out, o, layer, weights, x, at):
    """a_j = bias_j + Σ_i w_ji·x_i, into out[o:] from x[at:]."""
    for j in range(layer.units):
        out[o + j] = weights[layer.bias + j]
    j = 0
    while layer.units - j >= _UNITS:
        _dot_many(out, o + j, weights, layer.weight + j * layer.row, layer.row, x, at)
        j += _UNITS
    while j < layer.units:
        _dot_one(out, o + j, weights, layer.weight + j * layer.row, layer.row, x, at)
        j += 1


@compiled
def connect_back(out, o, layer, weights, errors, e):
    """∂E/∂x_i = Σ_j w_ji·∂E/∂a_j, into out[o:] from errors[e:]."""
    i = 0
    while layer.row - i >= _VECTORS * LANES:
        _back_many(out, weights, (layer.weight + i, layer.row, layer.units), errors, (o + i, e))
        i += _VECTORS * LANES
    while i < layer.row:
        _back_one(out, weights, (layer.weight + i, layer.row, layer.units), errors, (o + i, e))
        i += LANES


@compiled
def add_outer(gradient, layer, errors, e, x, at):
    """∂E/∂w_ji += ∂E/∂a_j·x_i, from errors[e:] and x[at:]."""
    for j in range(layer.units):
        share = splat(errors[e + j])
        for i in range(0, layer.row, LANES):
            place = layer.weight + j * layer.row + i
            store(gradient, place, fma(share, load(x, at + i), load(gradient, place)))


@compiled
def step_back(errors, o, layer, weights, rates, e, x, at):
    """`connect_back` into errors[o:] from errors[e:], and w_ji −= ε_ji·∂E/∂a_j·x_i (eq. 18).

    Both in one pass: each weight is read once, before its step, and the gradient is never stored.
    """
    i = 0
    while layer.row - i >= _STEPPED * LANES:
        _step_many(errors, weights, (layer.weight + i, layer.row, layer.units), rates, x, (o + i, e, at + i))
        i += _STEPPED * LANES
    while i < layer.row:
        _step_one(errors, weights, (layer.weight + i, layer.row, layer.units), rates, x, (o + i, e, at + i))
        i += LANES
