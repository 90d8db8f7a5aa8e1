"""C5, F6 and a full OUTPUT, forward and back (paper, eq. 5).

Each unit sees all units below: a_j = Σ_i weight[j, i]·x_i + bias_j. A row of weights is padded with zeros to whole
vectors, and so are x and its errors. C5 is a convolution whose kernels are as large as its 16 maps of 5×5.

    backward   error below_i = Σ_j weight[j, i]·error_j
    weights    ∂E/∂weight[j, i] = error_j·x_i, ∂E/∂bias_j = error_j

The Gauss-Newton curvature is the same with weights and x squared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import LANES, Emit, fma, load, splat, store, tile

__all__ = ["add_outer", "connect", "connect_back", "step_back"]

_UNITS = 8  # units whose sums are held in registers at once
_VECTORS = 8 if LANES == 16 else 4  # vectors of errors that are held in registers at once
_STEPPED = 2  # and where the weights are stepped as well: more would read too many rows of weights side by side


def _dot_tile(units: int) -> Any:
    def dot(emit: Emit, out: Any, o: Any, weight: Any, w: Any, w_row: Any, x: Any, at: Any, count: Any) -> None:
        """out[o : o + units] += the products of `units` rows of weights with x[at : at + count]."""
        b = emit.builder
        sums = emit.cells(units)
        rows = [b.add(w, b.mul(w_row, emit.index(unit))) for unit in range(units)]
        with emit.loop(b.udiv(count, emit.index(LANES))) as k:
            i = b.mul(k, emit.index(LANES))
            seen = emit.load(x, b.add(at, i))
            for cell, row in zip(sums, rows, strict=True):
                emit.add_to(cell, emit.load(weight, b.add(row, i)), seen)
        for unit, cell in enumerate(sums):
            pointer = emit.at(out, b.add(o, emit.index(unit)))
            b.store(b.fadd(b.load(pointer), emit.total(b.load(cell))), pointer)

    return tile(types.void, dot)


def _errors_below(
    emit: Emit, vectors: int, out: Any, o: Any, weight: Any, w: Any, w_row: Any, error: Any, e: Any, units: Any,
    seen_weight: Callable[..., None],
) -> None:  # fmt: skip
    """out[o : o + vectors·LANES] = Σ_j error[e + j]·weight[w + j·w_row :].

    `seen_weight(k, place, value, share)` is told of each vector of weights, k to the right, and of its unit's error.
    """
    b = emit.builder
    sums = emit.cells(vectors)
    with emit.loop(units) as j:
        share = emit.broadcast(error, b.add(e, j))
        row = b.add(w, b.mul(w_row, j))
        for k, cell in enumerate(sums):
            place = b.add(row, emit.index(k * LANES))
            value = emit.load(weight, place)
            emit.add_to(cell, value, share)
            seen_weight(k, place, value, share)
    for k, cell in enumerate(sums):
        emit.store(b.load(cell), out, b.add(o, emit.index(k * LANES)))


def _back_tile(vectors: int) -> Any:
    def back(emit: Emit, out: Any, o: Any, weight: Any, w: Any, w_row: Any, error: Any, e: Any, units: Any) -> None:
        """The errors below alone."""
        _errors_below(emit, vectors, out, o, weight, w, w_row, error, e, units, lambda *_: None)

    return tile(types.void, back)


def _step_tile(vectors: int) -> Any:
    def step(
        emit: Emit, out: Any, o: Any, weight: Any, w: Any, w_row: Any, rate: Any, error: Any, e: Any, units: Any,
        x: Any, at: Any,
    ) -> None:  # fmt: skip
        """The errors below, and each weight stepped once it has been read."""
        b = emit.builder
        seen = [emit.load(x, b.add(at, emit.index(k * LANES))) for k in range(vectors)]

        def move(k: int, place: Any, value: Any, share: Any) -> None:
            moved = b.fmul(emit.load(rate, place), b.fmul(share, seen[k]))
            emit.store(b.fsub(value, moved), weight, place)

        _errors_below(emit, vectors, out, o, weight, w, w_row, error, e, units, move)

    return tile(types.void, step)


_dot_many, _dot_one = _dot_tile(_UNITS), _dot_tile(1)
_back_many, _back_one = _back_tile(_VECTORS), _back_tile(1)
_step_many, _step_one = _step_tile(_STEPPED), _step_tile(1)


@compiled
def connect(out, o, units, weight, w, w_row, bias, b, x, at):
    """out[o : o + units] = weight[w:] (units, w_row) · x[at : at + w_row] + bias[b:]."""
    for j in range(units):
        out[o + j] = bias[b + j]
    j = 0
    while units - j >= _UNITS:
        _dot_many(out, o + j, weight, w + j * w_row, w_row, x, at, w_row)
        j += _UNITS
    while j < units:
        _dot_one(out, o + j, weight, w + j * w_row, w_row, x, at, w_row)
        j += 1


@compiled
def connect_back(out, o, weight, w, w_row, error, e, units):
    """out[o : o + w_row] = the errors of the units below."""
    i = 0
    while w_row - i >= _VECTORS * LANES:
        _back_many(out, o + i, weight, w + i, w_row, error, e, units)
        i += _VECTORS * LANES
    while i < w_row:
        _back_one(out, o + i, weight, w + i, w_row, error, e, units)
        i += LANES


@compiled
def add_outer(gradient, w, w_row, error, e, units, x, at):
    """gradient[w:] (units, w_row) += error[e:] ⊗ x[at:]."""
    for j in range(units):
        share = splat(error[e + j])
        for i in range(0, w_row, LANES):
            place = w + j * w_row + i
            store(gradient, place, fma(share, load(x, at + i), load(gradient, place)))


@compiled
def step_back(out, o, weight, w, w_row, rate, error, e, units, x, at):
    """out[o : o + w_row] = the errors of the units below, and weight[w:] −= rate[w:]·(error[e:] ⊗ x[at:]) (eq. 18).

    Both in one pass: each weight is read once, before its step, and the gradient is never stored.
    """
    i = 0
    while w_row - i >= _STEPPED * LANES:
        _step_many(out, o + i, weight, w + i, w_row, rate, error, e, units, x, at + i)
        i += _STEPPED * LANES
    while i < w_row:
        _step_one(out, o + i, weight, w + i, w_row, rate, error, e, units, x, at + i)
        i += LANES
