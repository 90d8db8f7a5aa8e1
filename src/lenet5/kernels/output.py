"""The output layer: its answer, the losses of an answer, and the error where it starts (paper, II-C, III).

y_i is the squared distance of F6 to the code of class i (eq. 7); t is the wanted distribution over the classes, 1
for the right one. For the RBF output:

    MSE            E = Σ_i t_i·y_i                                            (eq. 8)
    MAP            E = Σ_i t_i·y_i + log(e^−j + Σ_i e^−y_i)                   (eq. 9, j the rubbish class's penalty)
    CROSS_ENTROPY  E = Σ_i t_i·y_i + log Σ_i e^−y_i                           (eq. 9 without the rubbish class)

where each y may be multiplied by a sharpness first (not in the paper: there it is 1);

and for a full connection with outputs o = f(a): MSE is ½Σ(o − t)², CROSS_ENTROPY −Σ t·log o for a softmax and the
sum of the units' own cross-entropies for a logistic output. In NumPy: `reference.LOSSES`.

Curvature with respect to F6 (RBF): 2 for MSE, exact. For MAP and CROSS_ENTROPY it is the constant 1, as in the
authors' own code, since the exact one can be negative.

All arrays here begin with their first unit; F6's, and its errors', are padded to whole vectors. `loss` is a plan.LOSS.
"""

from __future__ import annotations

import math

from lenet5.kernels.plan import CROSS_ENTROPY, MAP, MSE, RBF, SOFTMAX
from lenet5.kernels.squash import curve_of, pass_back, squash
from lenet5.machine.compiled import compiled, inlined
from lenet5.machine.lanes import LANES, fma, load, splat, store, sub, total


@compiled
def distances(y, layer, weights, f6):
    """y_i = Σ_j (x_j − w_ij)² (eq. 7). In NumPy: `reference.measure`."""
    for k in range(layer.units):
        value = splat(0.0)
        for i in range(0, layer.row, LANES):
            apart = sub(load(f6, i), load(weights, layer.weight + k * layer.row + i))
            value = fma(apart, apart, value)
        y[k] = total(value)


@compiled
def rbf_error(errors, y, layer, weights, f6, wanted, loss):
    """errors = ∂E/∂x_j of F6 = Σ_i ∂E/∂y_i·2(x_j − w_ij). Returns E.

    In NumPy: `reference.distance`, `reference.map_criterion`, `reference.measure_back`.
    """
    cost, sharpness, j = 0.0, loss.sharpness, loss.j
    least = j if loss.kind == MAP else sharpness * y[0]
    for k in range(layer.units):
        cost += wanted[k] * sharpness * y[k]
        least = min(least, sharpness * y[k])
    partition = 0.0
    if loss.kind != MSE:
        partition = math.exp(least - j) if loss.kind == MAP else 0.0
        for k in range(layer.units):
            partition += math.exp(least - sharpness * y[k])
        cost += math.log(partition) - least
    for i in range(0, layer.row, LANES):
        store(errors, i, splat(0.0))
    for k in range(layer.units):
        share = wanted[k]
        if loss.kind != MSE:
            share -= math.exp(least - sharpness * y[k]) / partition
        if share != 0.0:
            twice = splat(2.0 * share * sharpness)
            for i in range(0, layer.row, LANES):
                apart = sub(load(f6, i), load(weights, layer.weight + k * layer.row + i))
                store(errors, i, fma(twice, apart, load(errors, i)))
    return cost


@inlined
def rbf_curvature(errors, layer, loss):
    """errors = ∂²E/∂x_j² of F6."""
    for i in range(layer.inputs):
        errors[i] = 2.0 if loss.kind == MSE else 1.0


@inlined
def _softmax(sums, layer):
    """The largest a_i, and Σ_i e^(a_i − the largest): what a softmax needs, and no power overflows."""
    highest = sums[0]
    for k in range(layer.units):
        highest = max(highest, sums[k])
    partition = 0.0
    for k in range(layer.units if layer.kind == SOFTMAX else 0):
        partition += math.exp(sums[k] - highest)
    return highest, partition


@compiled
def full_outputs(out, sums, layer):
    """o_i = f(a_i), or their softmax."""
    highest, partition = _softmax(sums, layer)
    for k in range(layer.units):
        out[k] = math.exp(sums[k] - highest) / partition if layer.kind == SOFTMAX else sums[k]
    squash(out, 0, layer.units, curve_of(layer.value))


@compiled
def full_error(errors, out, sums, layer, wanted, loss, second):
    """errors = ∂E/∂a_i, or its Gauss-Newton curvature where `second`. Returns E.

    In NumPy: `reference.squared_error`, `reference.softmax_cross_entropy`, `reference.logistic_cross_entropy`.
    """
    cost, (highest, partition) = 0.0, _softmax(sums, layer)
    for k in range(layer.units):
        y, a, t = out[k], sums[k], wanted[k]
        if loss.kind == CROSS_ENTROPY:
            if layer.kind == SOFTMAX:
                cost += t * (math.log(partition) + highest - a)
            else:
                cost += max(a, 0.0) - t * a + math.log1p(math.exp(-abs(a)))
            errors[k] = y * (1.0 - y) if second else y - t
        else:
            apart = y - (layer.wrong + (layer.right - layer.wrong) * t)
            cost += 0.5 * apart * apart
            errors[k] = 1.0 if second else apart
    if loss.kind == MSE:
        pass_back(errors, 0, layer.units, out, 0, curve_of(layer.slope), second)
    return cost


@inlined
def is_wrong(answers, layer, wanted):
    """Whether the class with the best answer is not the one most wanted."""
    sign = 1.0 if layer.kind == RBF else -1.0
    best = right = 0
    for k in range(layer.units):
        if sign * answers[k] < sign * answers[best]:
            best = k
        if wanted[k] > wanted[right]:
            right = k
    return best != right
