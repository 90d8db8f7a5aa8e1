"""The step of the weights after a mini-batch, by Adam or by Muon (not in the paper).

The gradients of a batch's shards are added in their order, so that the mean is the same for any number of threads.

Muon (Jordan 2024) steps a matrix as a whole: where the momentum M = U·S·Vᵀ says in which directions the matrix should
move, and how far in each, the step U·Vᵀ goes equally far in all of them, so that the many weak directions are learned
besides the few strong ones. U·Vᵀ comes about without finding U, S or V (Newton and Schulz): X ← (a·I + b·A + c·A²)·X
with A = X·Xᵀ, five times from X = M/|M|, brings every singular value of X near 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lenet5.machine.compiled import compiled
from lenet5.machine.lanes import LANES, Emit, tiles

BETA_1, BETA_2 = 0.9, 0.999  # Adam's memory of the gradient and of its square
MEMORY = 0.95  # Muon's, of the gradient
POLYNOMIAL, TIMES = (3.4445, -4.7750, 2.0315), 5  # Jordan's: what is over 0.0015 ends between 0.68 and 1.21
_WIDE = 16  # columns of a product that are summed at a time
_SIZES = {4: (3, 2, 1), 8: (6, 4, 1), 16: (12, 4, 1)}[LANES]  # and rows


def _product_tile(rows: int) -> Callable[..., None]:
    def product(emit: Emit, out: Any, to: Any, a: Any, of_a: Any, b: Any, of_b: Any, count: Any) -> None:
        """out (rows, 16) = a (rows, count) · b (count, 16).

        to, of_a, of_b: where out, a and b start, and floats from row to row.
        """
        columns = range(0, _WIDE, LANES)
        sums = [emit.cells(len(columns)) for _ in range(rows)]
        with emit.loop(count) as k:
            values = [emit.load(b, of_b[0] + k * of_b[1] + c) for c in columns]
            for r in range(rows):
                factor = emit.broadcast(a, of_a[0] + of_a[1] * r + k)
                for cell, value in zip(sums[r], values, strict=True):
                    emit.add_to(cell, factor, value)
        for r in range(rows):
            for c, cell in zip(columns, sums[r], strict=True):
                emit.store(emit.builder.load(cell), out, to[0] + to[1] * r + c)

    return product


_product = tiles(_SIZES, _product_tile)


@compiled
def _multiply(out, a, b, rows, count, columns):
    """out (rows, columns) = a (rows, count) · b (count, columns); columns are rounded up to a multiple of 16."""
    row, a_row = out.shape[1], a.shape[1]
    for left in range(0, columns, _WIDE):
        top = 0
        while top < rows:
            to, factors = (top * row + left, row), (top * a_row, a_row)
            top += _product(rows - top, out, to, a, factors, b, (left, b.shape[1]), count)


def mean(gradients, trained, count):
    """gradients[0] (shards, parameters) becomes the mean gradient of `count` pictures; the others are cleared."""
    share = np.float32(1) / np.float32(count)
    for k in range(1, gradients.shape[0]):
        for i in range(trained):
            gradients[0, i] += gradients[k, i]
            gradients[k, i] = 0.0
    for i in range(trained):
        gradients[0, i] *= share


def adam(weights, gradient, moments, run, rate, decay, step):
    """One step of weights[start:end], (start, end) = `run`; their gradient is cleared.

    moments: running means of the gradient and of its square; step: 1 at the first call; decay: of the weights, per
    unit of rate.
    """
    one, (start, end) = np.float32(1), run
    n = np.float64(step)  # as numba's power of a whole number can fail
    tilt1, tilt2 = one / np.float32(1 - math.pow(BETA_1, n)), one / np.float32(1 - math.pow(BETA_2, n))
    b1, b2, lr, fall = np.float32(BETA_1), np.float32(BETA_2), np.float32(rate), np.float32(1 - rate * decay)
    # Slices, whose indices start from 0: LLVM makes vectors of them.
    w, by_w, m, v = weights[start:end], gradient[start:end], moments[0][start:end], moments[1][start:end]
    for i in range(len(w)):
        g = by_w[i]
        by_w[i] = 0.0
        m[i] = b1 * m[i] + (one - b1) * g
        v[i] = b2 * v[i] + (one - b2) * g * g
        w[i] = fall * w[i] - lr * (m[i] * tilt1) / (np.sqrt(v[i] * tilt2) + np.float32(1e-8))


def muon(weights, gradient, momentum, matrix, room, rate, decay):
    """One step of a matrix: where it starts, its rows and columns, floats from row to row; its gradient is cleared.

    momentum: decaying sum of gradients, and Nesterov's look ahead; the step's root mean square is about 0.2·rate
    (Liu et al. 2025), as Adam's is; decay: of the weights, per unit of rate. For `room` see `entries.muon_room`.
    """
    (start, rows, columns, row), (x, other, turned, square, fourth) = matrix, room
    one, m = np.float32(1), np.float32(MEMORY)
    tall = rows > columns
    short, long = min(rows, columns), max(rows, columns)
    length = 0.0
    for r in range(rows):
        for c in range(columns):
            i = start + r * row + c
            g = gradient[i]
            gradient[i] = 0.0
            momentum[i] = m * momentum[i] + g
            ahead = g + m * momentum[i]
            length += np.float64(ahead) * np.float64(ahead)
            if tall:
                x[c, r] = ahead
            else:
                x[r, c] = ahead
    scale = np.float32(1 / (np.sqrt(length) + 1e-7))
    for r in range(short):
        for c in range(long):
            x[r, c] *= scale
    for _ in range(TIMES):
        for r in range(short):
            for c in range(long):
                turned[c, r] = x[r, c]
        _multiply(square, x, turned, short, long, short)
        _multiply(fourth, square, square, short, short, short)
        for r in range(short):
            for c in range(short):
                square[r, c] = np.float32(POLYNOMIAL[1]) * square[r, c] + np.float32(POLYNOMIAL[2]) * fourth[r, c]
            square[r, r] += np.float32(POLYNOMIAL[0])
        _multiply(other, square, x, short, short, long)
        x, other = other, x
    lr, fall = np.float32(0.2 * np.sqrt(long) * rate), np.float32(one - rate * decay)
    for r in range(rows):
        for c in range(columns):
            i = start + r * row + c
            weights[i] = fall * weights[i] - lr * (x[c, r] if tall else x[r, c])


def follow(average, weights, share):
    """average += share·(weights − average)"""
    part = np.float32(share)
    for i in range(average.shape[0]):
        average[i] += part * (weights[i] - average[i])
