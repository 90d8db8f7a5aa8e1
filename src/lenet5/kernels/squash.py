"""The squashing functions as code for vectors, forward and back (eq. 6, appendix A), made from `architecture.SQUASHES`.

A squash is a chain of steps, and so is its slope, as a function of the squash's own output. Chains of the same
operations are of one shape, and share their code; a curve is the number of a shape and the numbers of its steps. Shape
0 is no squash. The Gauss-Newton curvature takes the slope squared (eq. 27).
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from lenet5.kernels.plan import NUMBERS, SHAPES
from lenet5.machine.compiled import compiled
from lenet5.machine.lanes import FLOAT, LANES, Emit, Index, lanes_type, load, mul, store, tile


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


def bend(emit: Emit, values: Any, start: Index, step: Index | int, count: Index | int, curve: Any) -> None:
    """LANES values each at start, start + step … of an array, `count` times, squashed in place: o = f(a) (eq. 6).

    curve: the number of its shape, and its numbers.
    """
    shape, *scalars = curve
    numbers = [emit.splat(scalar) for scalar in scalars]
    for number, (value, _) in enumerate(SHAPES):
        if value:
            same = emit.builder.fcmp_ordered("==", shape, ir.Constant(FLOAT, float(number)))
            with emit.builder.if_then(same), emit.loop(count) as k:
                place = start + k * step
                emit.store(_walk(emit, value, numbers, emit.load(values, place)), values, place)


def _slope(emit: Emit, y: Any, curve: Any, squared: Index) -> Any:
    b, (shape, *scalars) = emit.builder, curve
    numbers, cell = [emit.splat(scalar) for scalar in scalars], emit.cells(1, emit.constant(1.0))[0]
    for number, (_, slope) in enumerate(SHAPES[1:], 1):
        with b.if_then(b.fcmp_ordered("==", shape, ir.Constant(FLOAT, float(number)))):
            b.store(_walk(emit, slope, numbers, y), cell)
    derivative = b.load(cell)
    return b.select(squared.compare("!=", 0), b.fmul(derivative, derivative), derivative)


def _squash(emit: Emit, values: Any, start: Index, count: Index, curve: Any) -> None:
    bend(emit, values, start, LANES, (count + (LANES - 1)) // LANES, curve)


curve_of = tile(types.UniTuple(types.float32, 1 + NUMBERS), _curve_of)  # curve_of(layer.value), held in registers
slope_of = tile(lanes_type, _slope)  # slope_of(y, curve, squared): f'(a) where o = f(a) are the lanes y, or its square
# squash(values, start, count, curve): values[start : start + count] squashed in place, rounded up to whole vectors
squash = tile(types.void, _squash)
# squash_rows(values, start, step, count, curve): a column of vectors, as in `bend`
squash_rows = tile(types.void, bend)


@compiled
def pass_back(errors, start, count, outputs, at, slope, squared):
    """∂E/∂a = f'(a)·∂E/∂o: errors[start : start + count] of outputs[at:] become errors of weighted sums."""
    if slope[0] != 0.0:
        for i in range(0, count, LANES):
            store(errors, start + i, mul(load(errors, start + i), slope_of(load(outputs, at + i), slope, squared)))
