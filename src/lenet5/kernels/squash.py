"""The squashing functions as code for vectors, forward and back (eq. 6, appendix A), made from `architecture.SQUASHES`.

A squash is a chain of steps, and so is its slope, as a function of the squash's own output. Chains of the same
operations are of one shape, and share their code; a curve is the number of a shape and the numbers of its steps. Shape
0 is no squash. The Gauss-Newton curvature takes the slope squared (eq. 27).
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from lenet5.architecture import SQUASHES
from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import FLOAT, LANES, Emit, lanes_type, load, mul, splat, store, tile
from lenet5.layers import Chain, Squash

__all__ = ["CURVE", "bend", "curve", "curve_of", "pass_back", "slope_of", "squash"]

NUMBERS = 3  # that a chain has, at most
CURVE = np.dtype((np.float32, 1 + NUMBERS))


def _operations(chain: Chain) -> tuple[str, ...]:
    return tuple(operation for operation, _ in chain)


_SHAPES = tuple(dict.fromkeys((_operations(f.value), _operations(f.slope)) for f in SQUASHES.values()))
assert _SHAPES[0] == ((), ("constant",))


def curve(f: Squash, chain: Chain) -> tuple[float, ...]:
    """A squash's value or slope as kernels take it: its shape, and the numbers of its steps."""
    numbers = [c for operation, c in chain if operation not in ("tanh", "square")]
    shape = _SHAPES.index((_operations(f.value), _operations(f.slope)))
    return (float(shape), *numbers, *[0.0] * (NUMBERS - len(numbers)))


def _curve_of(emit: Emit, curve: Any) -> Any:
    found = ir.Constant(ir.ArrayType(FLOAT, 1 + NUMBERS), ir.Undefined)
    for k in range(1 + NUMBERS):
        found = emit.builder.insert_value(found, emit.builder.load(emit.at(curve, emit.index(k))), k)
    return found


def _walk(emit: Emit, operations: tuple[str, ...], numbers: list[Any], x: Any) -> Any:
    """x after a chain of steps; a product and the sum behind it are fused."""
    b, numbers = emit.builder, list(numbers)
    for k, operation in enumerate(operations):
        match operation:
            case "times" if operations[k + 1 : k + 2] == ("plus",):
                x = emit.fma(numbers.pop(0), x, numbers.pop(0))
            case "times":
                x = b.fmul(numbers.pop(0), x)
            case "plus" if operations[k - 1 : k] != ("times",):
                x = b.fadd(x, numbers.pop(0))
            case "tanh":
                x = emit.tanh(x)
            case "square":
                x = b.fmul(x, x)
            case "maximum":
                x = emit.maximum(x, numbers.pop(0))
            case "above":
                x = b.select(b.fcmp_ordered(">", x, numbers.pop(0)), emit.constant(1.0), emit.constant(0.0))
            case "constant":
                x = numbers.pop(0)
    return x


def _bend(emit: Emit, cells: list[Any], curve: Any, which: int) -> None:
    b, (shape, *scalars) = emit.builder, curve
    numbers = [emit.splat(scalar) for scalar in scalars]
    for number, chains in enumerate(_SHAPES):
        if chains[which]:
            with b.if_then(b.fcmp_ordered("==", shape, ir.Constant(FLOAT, float(number)))):
                for cell in cells:
                    b.store(_walk(emit, chains[which], numbers, b.load(cell)), cell)


def bend(emit: Emit, cells: list[Any], curve: Any) -> None:
    """Every cell, squashed by a curve: the number of its shape, and its numbers."""
    _bend(emit, cells, curve, 0)


def _one(which: int) -> Any:
    def bent(emit: Emit, x: Any, curve: Any) -> Any:
        cells = emit.cells(1, x)
        _bend(emit, cells, curve, which)
        return emit.builder.load(cells[0])

    return tile(lanes_type, bent)


curve_of = tile(types.UniTuple(types.float32, 1 + NUMBERS), _curve_of)  # curve_of(layer.value), held in registers
_squashed, _slope = _one(0), _one(1)


@compiled
def squash(values, start, count, curve):
    """values[start : start + count] squashed in place; `count` is rounded up to whole vectors."""
    if curve[0] != 0.0:
        for i in range(start, start + count, LANES):
            store(values, i, _squashed(load(values, i), curve))


@compiled
def slope_of(y, slope, squared):
    """The slope of the squash where its outputs are the lanes y; its square for the curvature."""
    if slope[0] == 0.0:
        return splat(1.0)
    derivative = _slope(y, slope)
    if squared:
        return mul(derivative, derivative)
    return derivative


@compiled
def pass_back(errors, start, count, outputs, at, slope, squared):
    """errors[start:] ·= f'(a), from errors of the outputs to errors of the weighted sums."""
    if slope[0] != 0.0:
        for i in range(0, count, LANES):
            store(errors, start + i, mul(load(errors, start + i), slope_of(load(outputs, at + i), slope, squared)))
