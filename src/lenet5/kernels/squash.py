"""How is a unit's weighted sum squashed, and how does an error pass the squash? (paper, eq. 6 and appendix A)

Every squash of this package is f(a) = offset + amplitude·tanh(slope·a), so its derivative is a function of its
own output y alone: f'(a) = slope·(amplitude − (y − offset)²/amplitude). An amplitude of 0 stands for no squash.
The Gauss-Newton curvature takes the derivative squared (eq. 27).
"""

from __future__ import annotations

from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import LANES, add, curve, fma, load, mul, splat, store, sub

__all__ = ["pass_back", "slope_at", "squash"]


@compiled
def squash(values, start, count, amplitude, slope, offset):
    """values[start : start + count] squashed in place; `count` is rounded up to whole vectors."""
    if amplitude != 0.0:
        for i in range(start, start + count, LANES):
            store(values, i, curve(load(values, i), amplitude, slope, offset))


@compiled
def slope_at(y, amplitude, slope, offset, squared):
    """The derivative of the squash where its outputs are the lanes y; its square for the curvature."""
    if amplitude == 0.0:
        return splat(1.0)
    centred = sub(y, splat(offset))
    derivative = fma(mul(centred, centred), splat(-slope / amplitude), splat(slope * amplitude))
    if squared:
        return mul(derivative, derivative)
    return add(derivative, splat(0.0))


@compiled
def pass_back(errors, start, count, outputs, at, amplitude, slope, offset, squared):
    """errors[start:] ·= f'(a), from errors of the outputs to errors of the weighted sums."""
    if amplitude != 0.0:
        for i in range(0, count, LANES):
            derivative = slope_at(load(outputs, at + i), amplitude, slope, offset, squared)
            store(errors, start + i, mul(load(errors, start + i), derivative))
