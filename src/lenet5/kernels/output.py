"""The output layer: its answer, the losses of an answer, and the error where it starts (paper, II-C, III).

y_i is the squared distance of F6 to the code of class i (eq. 7); t is the wanted distribution over the classes, 1
for the right one. For the RBF output:

    MSE            E = Σ_i t_i·y_i                                            (eq. 8)
    MAP            E = Σ_i t_i·y_i + log(e^−j + Σ_i e^−y_i)                   (eq. 9, j the rubbish class's penalty)
    CROSS_ENTROPY  E = Σ_i t_i·y_i + log Σ_i e^−y_i                           (eq. 9 without the rubbish class)

where each y may be multiplied by a sharpness first (not in the paper: there it is 1);

and for a full connection with outputs o = f(a): MSE is ½Σ(o − t)², CROSS_ENTROPY −Σ t·log o for a softmax and the
sum of the units' own cross-entropies for a logistic output.

Curvature with respect to F6 (RBF): 2 for MSE, exact. For MAP and CROSS_ENTROPY it is the constant 1, as in the
authors' own code, since the exact one can be negative.
"""

from __future__ import annotations

import math

from lenet5.kernels.compiled import compiled
from lenet5.kernels.lanes import LANES, fma, load, splat, store, sub, total
from lenet5.kernels.plan import SOFTMAX
from lenet5.kernels.squash import pass_back, squash

__all__ = ["CROSS_ENTROPY", "MAP", "MSE", "distances", "full_error", "full_outputs", "rbf_curvature", "rbf_error"]

MSE, MAP, CROSS_ENTROPY = range(3)


@compiled
def distances(out, o, classes, codes, c, row, f6, at):
    """out[o : o + classes] = Σ_j (x_j − w_ij)² (eq. 7)."""
    for k in range(classes):
        value = splat(0.0)
        for i in range(0, row, LANES):
            apart = sub(load(f6, at + i), load(codes, c + k * row + i))
            value = fma(apart, apart, value)
        out[o + k] = total(value)


@compiled
def rbf_error(errors, e, y, o, classes, codes, c, row, f6, at, wanted, p, loss, j, sharpness):
    """errors[e : e + row] = ∂E/∂x of F6, from the distances y[o:] and wanted[p]. Returns E."""
    cost = 0.0
    least = j if loss == MAP else sharpness * y[o]
    for k in range(classes):
        cost += wanted[p, k] * sharpness * y[o + k]
        least = min(least, sharpness * y[o + k])
    partition = 0.0
    if loss != MSE:
        partition = math.exp(least - j) if loss == MAP else 0.0
        for k in range(classes):
            partition += math.exp(least - sharpness * y[o + k])
        cost += math.log(partition) - least
    for i in range(0, row, LANES):
        store(errors, e + i, splat(0.0))
    for k in range(classes):
        share = wanted[p, k]
        if loss != MSE:
            share -= math.exp(least - sharpness * y[o + k]) / partition
        if share != 0.0:
            twice = splat(2.0 * share * sharpness)
            for i in range(0, row, LANES):
                apart = sub(load(f6, at + i), load(codes, c + k * row + i))
                store(errors, e + i, fma(twice, apart, load(errors, e + i)))
    return cost


@compiled
def rbf_curvature(errors, e, units, loss):
    """errors[e : e + units] = ∂²E/∂x² of F6."""
    for i in range(units):
        errors[e + i] = 2.0 if loss == MSE else 1.0


@compiled
def full_outputs(out, o, sums, s, classes, kind, curve):
    """out[o : o + classes] = the squashed sums, or their softmax."""
    if kind == SOFTMAX:
        highest = sums[s]
        for k in range(classes):
            highest = max(highest, sums[s + k])
        partition = 0.0
        for k in range(classes):
            partition += math.exp(sums[s + k] - highest)
        for k in range(classes):
            out[o + k] = math.exp(sums[s + k] - highest) / partition
    else:
        for k in range(classes):
            out[o + k] = sums[s + k]
        squash(out, o, classes, curve)


@compiled
def full_error(errors, e, out, o, sums, s, classes, kind, slope, targets, wanted, p, loss, second):
    """errors[e : e + classes] = ∂E/∂a, or its Gauss-Newton curvature where `second`. Returns E."""
    cost = 0.0
    highest = sums[s]
    for k in range(classes):
        highest = max(highest, sums[s + k])
    partition = 0.0
    for k in range(classes if kind == SOFTMAX else 0):
        partition += math.exp(sums[s + k] - highest)
    for k in range(classes):
        y, a, t = out[o + k], sums[s + k], wanted[p, k]
        if loss == CROSS_ENTROPY:
            if kind == SOFTMAX:
                cost += t * (math.log(partition) + highest - a)
            else:
                cost += max(a, 0.0) - t * a + math.log1p(math.exp(-abs(a)))
            errors[e + k] = y * (1.0 - y) if second else y - t
        else:
            apart = y - (targets[0] + (targets[1] - targets[0]) * t)
            cost += 0.5 * apart * apart
            errors[e + k] = 1.0 if second else apart
    if loss == MSE:
        pass_back(errors, e, classes, out, o, slope, second)
    return cost
